//! The command line: help, settings, exit codes, plain messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, process::Output};

use common::{small_region, talon, told};
use serde_json::json;
use talon_testkit::RegionBuilder;

const PERSON: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    run_with(folder, args, &[])
}

fn run_with(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let output: Output = talon(folder).args(args).envs(environment.iter().copied()).output().unwrap();
    told(&output)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_command_has_help_with_an_example() {
    let folder = folder();
    for command in [
        "serve",
        "import",
        "export",
        "backup",
        "restore",
        "generate",
        "token",
        "client add",
        "client list",
        "keys list",
        "keys rotate",
        "keys drop",
        "person export",
        "person erase",
        "person merge",
        "schedule publish",
        "messages list",
        "messages count",
        "messages preview",
        "audit verify",
        "audit person",
        "audit export",
        "audit close",
        "audit seal",
        "audit key",
        "config",
        "doctor",
    ] {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let (code, help, _) = run(folder.path(), &args);
        assert_eq!(code, 0, "{command}");
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{command}: {help}"));
        assert!(examples.contains(&format!("talon {command}")), "{command}: {help}");
    }
}

#[test]
fn a_wrong_command_line_or_setting_exits_with_2_and_says_which() {
    let folder = folder();
    fs::write(folder.path().join("bad.toml"), "[limits]\nqueu = 5\n").unwrap();
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        (&["frobnicate"], &[], "frobnicate"),
        (&["serve", "--lisen", "x"], &[], "--lisen"),
        (&["serve", "--listen", "nowhere"], &[], "listen: \"nowhere\" (command line --listen)"),
        (&["serve", "--store", "postgres://db:port/talon"], &[], "it is written as postgres://USER@HOST:5432/DATABASE"),
        (&["config", "--set", "limits.queue=0"], &[], "limits.queue"),
        (&["config", "--set", "limit.queue=1"], &[], "did you mean limits.queue?"),
        (&["config"], &[("TALON_LISTN", "x")], "did you mean TALON_LISTEN?"),
        (&["config"], &[("TALON_TOKEN_TTL", "soon")], "environment TALON_TOKEN_TTL"),
        (&["config"], &[("TALON_PLANTED_BUG", "no-slot-key")], "TALON_PLANTED_BUG"),
        (&["config", "--config", "bad.toml"], &[], "bad.toml: there is no setting limits.queu; did you mean"),
        (&["config", "--config", "absent.toml"], &[], "absent.toml"),
        (&["token", "--person", "Иванов"], &[], "a guid is needed"),
    ];
    for (args, environment, expected) in cases {
        let (code, _, errors) = run_with(folder.path(), args, environment);
        assert_eq!(code, 2, "{args:?}: {errors}");
        assert!(errors.contains(expected), "{args:?}: {errors}");
    }
    assert!(!folder.path().join("talon.db").exists(), "nothing was made");
}

#[test]
fn keys_without_issuer_and_audience_say_which_variables_to_set() {
    let folder = folder();
    for environment in [&[][..], &[("TALON_TOKENS_ISSUER", "https://portal.test")][..]] {
        let (code, _, errors) = run_with(folder.path(), &["serve", "--keys", "portal.json"], environment);
        assert_eq!(code, 2);
        assert!(errors.contains("TALON_TOKENS_ISSUER") && errors.contains("TALON_TOKENS_AUDIENCE"), "{errors}");
    }
}

#[test]
fn the_command_line_wins_over_the_environment_over_the_file_over_the_default() {
    let folder = folder();
    fs::write(folder.path().join("talon.toml"), "listen = \"127.0.0.1:2\"\n[limits]\nqueue = 77\n").unwrap();
    let line = |output: &str, key: &str| output.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let file = ("TALON_CONFIG", "talon.toml");
    let (_, output, _) = run(folder.path(), &["config"]);
    assert!(line(&output, "listen = \"127.0.0.1:8080\"").contains("# default"));
    let (_, output, _) = run_with(folder.path(), &["config"], &[file]);
    assert!(line(&output, "listen = \"127.0.0.1:2\"").contains("# file talon.toml"));
    assert!(line(&output, "limits.queue = \"77\"").contains("# file talon.toml"));
    let (_, output, _) = run_with(folder.path(), &["config"], &[file, ("TALON_LISTEN", "127.0.0.1:3")]);
    assert!(line(&output, "listen = \"127.0.0.1:3\"").contains("# environment TALON_LISTEN"));
    let args = ["config", "--listen", "127.0.0.1:4"];
    let (_, output, _) = run_with(folder.path(), &args, &[file, ("TALON_LISTEN", "127.0.0.1:3")]);
    assert!(line(&output, "listen = \"127.0.0.1:4\"").contains("# command line --listen"));
}

#[test]
fn what_config_prints_is_a_settings_file_of_the_same_values() {
    let folder = folder();
    let issuers =
        "[[issuers]]\nname = \"desk\"\naudience = \"talon\"\nchannels = [\"Registry\"]\njwks = \"desk.json\"\n";
    fs::write(folder.path().join("first.toml"), format!("base_path = \"/portal\"\n{issuers}")).unwrap();
    let (code, first, errors) = run(folder.path(), &["config", "--config", "first.toml"]);
    assert_eq!(code, 0, "{errors}");
    fs::write(folder.path().join("second.toml"), &first).unwrap();
    let (code, second, errors) = run(folder.path(), &["config", "--config", "second.toml"]);
    assert_eq!(code, 0, "{errors}");
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" # ").next().unwrap().trim_end().to_owned()).collect()
    };
    assert_eq!(values(&first), values(&second));
    assert!(first.contains("channels = [\"Registry\"]"), "{first}");
}

#[test]
fn a_private_key_that_others_may_read_is_refused() {
    let folder = folder();
    let (code, token, errors) = run(folder.path(), &["token", "--person", PERSON]);
    assert_eq!((code, token.trim().split('.').count()), (0, 3), "{errors}");
    let key = folder.path().join("talon.db.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let commands: &[(&[&str], i32)] =
        &[(&["token", "--person", PERSON], 2), (&["serve", "--listen", "127.0.0.1:0"], 2), (&["doctor"], 1)];
    for (args, expected) in commands {
        let (code, output, errors) = run(folder.path(), args);
        assert_eq!(code, *expected, "{args:?}: {errors}");
        assert!(format!("{output}{errors}").contains("chmod 600"), "{args:?}: {output}{errors}");
    }
}

#[test]
fn a_missing_store_is_made_by_import_and_missed_by_the_others() {
    let folder = folder();
    for args in [&["export"][..], &["schedule", "publish"], &["client", "add", "--name", "п", "--channel", "Internet"]]
    {
        let (code, _, errors) = run(folder.path(), args);
        assert_eq!(code, 1, "{args:?}");
        assert!(errors.contains("talon.db"), "{errors}");
    }
    assert!(!folder.path().join("talon.db").exists());
    fs::write(folder.path().join("empty.ndjson"), "").unwrap();
    assert_eq!(run(folder.path(), &["import", "empty.ndjson"]).0, 0);
    assert!(folder.path().join("talon.db").exists());
}

#[test]
fn a_store_that_is_newer_damaged_or_none_is_told_plainly() {
    let installation = common::installation();
    assert!(installation.try_import("").status.success());
    let database = rusqlite::Connection::open(installation.store()).unwrap();
    let newer =
        "INSERT INTO migration (version, name, checksum, oldest, applied_at) VALUES (9999, 'future', '', 9999, 0)";
    database.execute(newer, []).unwrap();
    drop(database);
    let expect = |word: &str| {
        for command in ["import", "serve", "export"] {
            let mut command = installation.command(command);
            if command.get_args().any(|arg| arg == "import") {
                command.arg("region.ndjson");
            }
            if command.get_args().any(|arg| arg == "serve") {
                command.args(["--listen", "127.0.0.1:0"]);
            }
            let (code, _, errors) = told(&command.output().unwrap());
            assert_eq!(code, 1, "{errors}");
            assert!(errors.contains(word) && !errors.contains("panicked"), "{errors}");
        }
    };
    expect("newer");
    fs::write(installation.store(), "this was never a database, but it is long enough to look like one".repeat(99))
        .unwrap();
    let _ = fs::remove_file(installation.directory().join("talon.db-wal"));
    expect("not a SQLite file");
}

#[test]
fn a_port_in_use_is_told_before_anything_is_made() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, errors) = run(folder.path(), &["serve", "--listen", &address]);
    assert_eq!(code, 1);
    assert!(errors.contains(&address) && errors.contains("in use"), "{errors}");
    assert!(!folder.path().join("talon.db").exists());
}

#[test]
fn faulty_lines_are_named_and_keep_the_rest_out_unless_asked() {
    let installation = common::installation();
    let (region, ..) = small_region(&installation);
    let text = format!("{}{{\"type\":\"person\",\"guid\":\"no\"}}\n", region.text());
    let faulty = text.lines().count();
    let (code, _, errors) = told(&installation.try_import(&text));
    assert_eq!(code, 1);
    assert!(errors.contains(&format!("region.ndjson:{faulty}: ")), "{errors}");
    let exported = || told(&installation.command("export").output().unwrap()).1;
    assert_eq!(exported(), "");
    let keep = installation.command("import").args(["region.ndjson", "--keep-good"]).output().unwrap();
    let (code, output, errors) = told(&keep);
    assert_eq!(code, 1, "{errors}");
    assert!(output.contains(&format!("kept: {}", faulty - 1)), "{output}");
    assert_eq!(exported().lines().count(), faulty - 1);
}

#[test]
fn an_export_imports_elsewhere_and_exports_alike() {
    let (first, second) = (common::installation(), common::installation());
    let (region, ..) = small_region(&first);
    first.import(&region);
    let export = |installation: &talon_testkit::Installation| {
        let file = installation.directory().join("export.ndjson");
        let output = installation.command("export").arg("--output").arg(&file).output().unwrap();
        assert_eq!(told(&output).0, 0);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::read_to_string(file).unwrap()
    };
    let exported = export(&first);
    assert_eq!(exported.lines().count(), region.text().lines().count());
    assert!(second.try_import(&exported).status.success());
    assert_eq!(export(&second), exported);
}

#[test]
fn an_import_publishes_its_templates_and_publishing_again_changes_nothing() {
    let installation = common::installation();
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Asia/Yekaterinburg");
    region.set("schedule_days", json!(3));
    let doctor = region.doctor(&facility, "1");
    region.line(json!({
        "type": "template", "facility": doctor.facility, "resource": doctor.guid, "from": "2020-01-01",
        "guid": "f8091a2b-3c4d-4e5f-9061-728394a5b607",
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "parts": [{"from": "08:00", "to": "10:00", "minutes": 30, "rights": ["Internet"]}],
    }));
    let (code, output, errors) = told(&installation.try_import(&region.text()));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("schedules: 16 slots added, 0 removed"), "four a day, today and three days more: {output}");
    let mut publish = talon(installation.directory());
    let store = format!("sqlite:{}", installation.store().display());
    let (code, output, errors) = told(&publish.args(["schedule", "publish", "--store", &store]).output().unwrap());
    assert_eq!((code, output.as_str()), (0, "schedules: 0 slots added, 0 removed\n"), "{errors}");
}

#[test]
fn the_same_seed_generates_the_same_file_and_it_imports() {
    let folder = folder();
    let options = ["--facilities", "1", "--days", "2", "--persons", "5", "--start", "2026-04-13", "--seed"];
    let generate = |seed: &str| {
        let args: Vec<&str> = ["generate"].into_iter().chain(options).chain([seed]).collect();
        run(folder.path(), &args)
    };
    let (code, first, errors) = generate("1");
    assert_eq!(code, 0, "{errors}");
    assert_eq!(generate("1").1, first);
    assert_ne!(generate("2").1, first);
    fs::write(folder.path().join("region.ndjson"), &first).unwrap();
    let (code, output, errors) = run(folder.path(), &["import", "region.ndjson"]);
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains(&format!("kept: {}", first.lines().count())), "{output}");
}

#[test]
fn the_doctor_finds_a_sound_installation_sound_and_a_broken_one_broken() {
    let installation = common::installation();
    assert!(installation.try_import("").status.success());
    let doctor = |args: &[&str]| {
        told(&installation.command("doctor").args(["--listen", "127.0.0.1:0"]).args(args).output().unwrap())
    };
    let (code, output, _) = doctor(&["--keys", "keys.json"]);
    assert_eq!(code, 0, "{output}");
    for check in ["store", "disk", "portal keys", "clock", "zone data", "listen"] {
        assert!(output.contains(&format!("ok   {check}: ")), "{output}");
    }
    fs::write(installation.keys_path(), "no keys").unwrap();
    let (code, output, _) = doctor(&["--keys", "keys.json"]);
    assert_eq!(code, 1);
    assert!(output.contains("FAIL portal keys: ") && output.contains("JWKS"), "{output}");
    let store = fs::File::options().write(true).open(installation.store()).unwrap();
    let a_day = std::time::Duration::from_secs(86_400);
    store.set_modified(store.metadata().unwrap().modified().unwrap() + a_day).unwrap();
    let (code, output, _) = doctor(&[]);
    assert_eq!(code, 1);
    assert!(output.contains("FAIL clock: "), "{output}");
}

#[test]
fn a_shared_secret_that_others_may_read_is_refused() {
    let folder = folder();
    let secret = folder.path().join("desk.secret");
    fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    let issuer = "[[issuers]]\nname = \"desk\"\naudience = \"talon\"\nshared_secret_file = \"desk.secret\"\n";
    fs::write(folder.path().join("talon.toml"), issuer).unwrap();
    let doctor = || run(folder.path(), &["doctor", "--config", "talon.toml", "--listen", "127.0.0.1:0"]);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    let (code, output, _) = doctor();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("chmod 600 desk.secret") && !output.contains("0123456789"), "{output}");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, output, _) = doctor();
    assert_eq!(code, 0, "{output}");
}
