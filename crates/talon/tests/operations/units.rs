//! The systemd units: systemd understands them, and the page gives a reason for each line.

use std::{fs, process::Command};

use crate::{read, root};

const UNITS: [&str; 3] = ["talon.service", "talon-backup.service", "talon-backup.timer"];

#[test]
fn systemd_understands_them() {
    let has_systemd = Command::new("systemd-analyze").arg("--version").output().is_ok_and(|it| it.status.success());
    if !has_systemd {
        return eprintln!("the units were NOT verified: systemd-analyze is missing (apt-get install systemd)");
    }
    let folder = tempfile::tempdir().unwrap();
    for unit in UNITS {
        // The program need not be installed on the machine of the test.
        let text = read(format!("deploy/systemd/{unit}")).replace("/usr/bin/talon", env!("CARGO_BIN_EXE_talon"));
        fs::write(folder.path().join(unit), text).unwrap();
    }
    let drop_in = folder.path().join("talon.service.d");
    fs::create_dir(&drop_in).unwrap();
    fs::copy(root().join("deploy/systemd/talon.service.d/postgresql.conf"), drop_in.join("postgresql.conf")).unwrap();
    let units = UNITS.map(|unit| folder.path().join(unit));
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(units).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // It looks at the machine's other units too; what it says about those is not ours.
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("talon")).collect();
    assert!(output.status.success() && ours.is_empty(), "{told}");
}

#[test]
fn the_page_gives_a_reason_for_every_line() {
    let page = read("docs/operations/production.md");
    let unit = read("deploy/systemd/talon.service");
    let service = unit.split("[Service]").nth(1).and_then(|rest| rest.split("[Install]").next()).unwrap();
    for line in service.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, _) = line.split_once('=').unwrap();
        assert!(page.contains(&format!("`{name}")), "{name} has no reason");
    }
    assert!(page.contains("`StartLimitIntervalSec"));
}

/// What the two services may do must not drift apart by an edit of one.
#[test]
fn the_backup_is_locked_in_like_the_server() {
    let (server, backup) = (read("deploy/systemd/talon.service"), read("deploy/systemd/talon-backup.service"));
    let hardening =
        server.lines().skip_while(|line| *line != "NoNewPrivileges=yes").take_while(|line| !line.is_empty());
    for line in hardening {
        // It needs no network; and a message queue of the user's is the server's to remove.
        let differs = line.starts_with("RestrictAddressFamilies=") || line.starts_with("RemoveIPC=");
        assert!(differs || backup.lines().any(|other| other == line), "{line}");
    }
}
