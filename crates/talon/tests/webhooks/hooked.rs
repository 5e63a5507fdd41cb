//! An installation that tells a receiver.

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use talon_testkit::{Installation, Receiver};

/// Two, as while one replaces the other.
pub(crate) const SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkIHNlY3JldCBvZiB0aGUgcmVjZWl2ZXI="];

/// With a receiver `mis` of everything, on loopback.
pub(crate) fn hooked(installation: Installation, receiver: &Receiver) -> Installation {
    let folder = installation.directory();
    let (secrets, settings) = (folder.join("mis.secrets"), folder.join("talon.toml"));
    fs::write(&secrets, SECRETS.join("\n")).unwrap();
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).unwrap();
    let table = format!(
        "[[webhooks]]\nname = 'mis'\nurl = 'http://{}/talon'\nsecret_file = '{}'\n",
        receiver.address,
        secrets.display()
    );
    fs::write(&settings, table).unwrap();
    let settings = settings.display().to_string();
    installation.with_env("TALON_CONFIG", &settings).with_env("TALON_WEBHOOK_NETWORKS", "127.0.0.0/8")
}

/// `talon webhook WORD …` on an installation's store.
pub(crate) fn webhook(installation: &Installation, words: &[&str]) -> String {
    let output: Output = std::process::Command::new(env!("CARGO_BIN_EXE_talon"))
        .current_dir(installation.directory())
        .arg("webhook")
        .args(words)
        .args(["--store", &installation.store_url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
