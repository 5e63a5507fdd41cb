//! Running other people's programs.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What installs all that these tests run.
const INSTALL: &str = "apt-get install -y curl openssl python3-jwt python3-cryptography";

/// Ends the test with the command that installs a missing tool.
#[track_caller]
pub(crate) fn need(tool: &str) {
    assert!(Command::new(tool).arg("--version").output().is_ok(), "{tool} is missing: {INSTALL}");
}

/// The Python that has PyJWT: the system's own before others that are first in `PATH`.
#[track_caller]
pub(crate) fn python() -> &'static str {
    let has_it = |python: &&str| {
        let tried = Command::new(*python).args(["-c", "import jwt, cryptography"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(has_it);
    found.unwrap_or_else(|| panic!("python3 with PyJWT is missing: {INSTALL}"))
}

/// Posts a body; gives the status and the answer.
#[track_caller]
pub(crate) fn curl(url: &str, token: &str, body: &str, directory: &Path) -> (String, String) {
    let answer = directory.join("answer.json");
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--write-out", "%{http_code}", "--output"])
        .arg(&answer)
        .args(["--header", &format!("Authorization: Bearer {token}"), "--header", "Content-Type: application/json"])
        .args(["--data-binary", body, url])
        .output();
    (text(output), std::fs::read_to_string(&answer).expect("curl wrote the answer"))
}

/// What a program printed.
#[track_caller]
pub(crate) fn text(output: std::io::Result<Output>) -> String {
    String::from_utf8(bytes(output)).expect("the program printed UTF-8")
}

/// What a program printed, as bytes.
#[track_caller]
pub(crate) fn bytes(output: std::io::Result<Output>) -> Vec<u8> {
    let output = output.expect("the program can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
