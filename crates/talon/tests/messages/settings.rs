use std::{fs, os::unix::fs::PermissionsExt};

use crate::common::{talon, told};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_cannot_be_is_named_before_anything_is_served() {
    let folder = folder();
    fs::write(folder.path().join("ru.ftl"), "bring = Возьмите { $everything }\n").unwrap();
    fs::write(folder.path().join("secret"), "secret\n").unwrap();
    fs::set_permissions(folder.path().join("secret"), fs::Permissions::from_mode(0o644)).unwrap();
    let relay = "mail.smtp=smtp://relay.example.ru";
    let (from, texts) = ("mail.from=noreply@example.ru", "mail.texts=.");
    let cases: [(&[&str], &str); 8] = [
        (&["mail.smtp=relay.example.ru"], "smtps://HOST:465"),
        (&["mail.smtp=smtp-plain://relay.example.ru", from], "on this machine"),
        (&[relay], "who sends the letters"),
        (&[relay, "mail.folder=letters", from], "one of them"),
        (&["mail.folder=letters", "mail.from=nobody"], "a sender such as"),
        (&["mail.folder=letters", from, texts], "everything"),
        (&[relay, from, "mail.user=talon", "mail.password_file=secret"], "chmod 600 secret"),
        (&["mail.language=de"], "ru or en"),
    ];
    for (settings, expected) in cases {
        let mut command = talon(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        let (code, _, errors) = told(&command.output().unwrap());
        assert_eq!(code, 2, "{settings:?}: {errors}");
        assert!(errors.contains(expected), "{settings:?}: {errors}");
    }
}

#[test]
fn an_own_wording_is_seen_before_it_is_sent() {
    let folder = folder();
    fs::write(folder.path().join("en.ftl"), "subject-booked = See you at { $time }\n").unwrap();
    let preview = |settings: &[&str]| {
        let mut command = talon(folder.path());
        command.args(["messages", "preview", "letters"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        told(&command.output().unwrap())
    };
    let (code, output, errors) = preview(&["mail.language=en", "mail.texts=."]);
    assert_eq!((code, output.as_str()), (0, "7 letters in letters\n"), "{errors}");
    let letters = fs::read_dir(folder.path().join("letters")).unwrap();
    let letters: String = letters.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(letters.contains("Subject: See you at "), "{letters}");
    fs::write(folder.path().join("letter.html"), "{{ nothing }}").unwrap();
    let (code, _, errors) = preview(&["mail.texts=."]);
    assert_eq!(code, 2);
    assert!(errors.contains("mail.texts") && errors.contains("letter.html"), "{errors}");
}

#[test]
fn the_doctor_says_whether_anybody_takes_letters() {
    let folder = folder();
    let doctor = |settings: &[&str]| {
        let mut command = talon(folder.path());
        command.args(["doctor", "--listen", "127.0.0.1:0"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        told(&command.output().unwrap()).1
    };
    assert!(doctor(&[]).contains("warn messages: nobody takes them"));
    let (letters, from) = ("mail.folder=letters", "mail.from=noreply@example.ru");
    assert!(
        doctor(&[letters, from]).contains("ok   messages: each kind of letter can be made, and letters takes them")
    );
    fs::write(folder.path().join("letter.txt"), "{% if %}").unwrap();
    assert!(doctor(&[letters, from, "mail.texts=."]).contains("FAIL messages: "));
}
