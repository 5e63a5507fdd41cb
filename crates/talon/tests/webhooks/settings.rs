use std::{fs, os::unix::fs::PermissionsExt};

use crate::common::{talon, told};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A folder with a secret and a settings file of these tables.
fn folder(tables: &str, secret: &str, rights: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), secret).unwrap();
    fs::set_permissions(folder.path().join("secret"), fs::Permissions::from_mode(rights)).unwrap();
    fs::write(folder.path().join("talon.toml"), tables).unwrap();
    folder
}

fn table(more: &str) -> String {
    format!("[[webhooks]]\nname = 'mis'\nurl = 'https://mis.example.ru/talon'\nsecret_file = 'secret'\n{more}\n")
}

#[test]
fn what_cannot_be_is_named_before_anything_is_served() {
    let usual = table("");
    let cases: [(&str, &str, u32, &str); 9] = [
        (&usual.replace("https", "ftp"), SECRET, 0o600, "https://mis.example.ru/talon"),
        (&usual.replace("mis.example.ru", "a:b@mis.example.ru"), SECRET, 0o600, "without a name or a password"),
        (&usual.replace("'mis'", "'МИС'"), SECRET, 0o600, "small letters"),
        (&table("events = ['entry.booked', 'schedule.gone']"), SECRET, 0o600, "entry.booked, entry.moved"),
        (&format!("{usual}{usual}"), SECRET, 0o600, "two are named mis"),
        (&table("secret = 'x'"), SECRET, 0o600, "webhooks: "),
        (&usual, SECRET, 0o644, "chmod 600 secret"),
        (&usual, "secret", 0o600, "line 1 is no secret"),
        (&format!("[webhook]\ngive_up = '720h'\n{usual}"), SECRET, 0o600, "webhook.give_up"),
    ];
    for (tables, secret, rights, expected) in cases {
        let folder = folder(tables, secret, rights);
        let mut command = talon(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--config", "talon.toml"]);
        let (code, _, errors) = told(&command.output().unwrap());
        assert_eq!(code, 2, "{tables}: {errors}");
        assert!(errors.contains(expected), "{tables}: {errors}");
        assert!(!errors.contains(SECRET));
    }
}

#[test]
fn the_doctor_and_the_settings_say_who_is_told() {
    let folder = folder(&table("events = ['entry.booked']"), SECRET, 0o600);
    let run = |words: &[&str]| {
        let mut command = talon(folder.path());
        told(&command.args(words).args(["--config", "talon.toml", "--listen", "127.0.0.1:0"]).output().unwrap()).1
    };
    let found = run(&["doctor"]);
    assert!(found.contains("ok   webhooks: ") && found.contains("mis at https://mis.example.ru"), "{found}");
    assert!(!found.contains("example.ru/talon"), "a path may be what only the receiver is to know");
    let shown = run(&["config"]);
    assert!(shown.contains("[[webhooks]]\nname = \"mis\"") && shown.contains("events = [\"entry.booked\"]"), "{shown}");
}
