//! How a command ends whose database cannot be used.

use std::{
    io::Read,
    process::{Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use talon_testkit::Installation;

/// Longer than any deadline of a connection.
const PATIENCE: Duration = Duration::from_secs(25);

/// What stands in no output.
pub(crate) const SECRET: &str = "s3cret-7c1e9d";

/// Starts a server that must end by itself, with exit code 1 and nothing on standard output; gives what
/// it said.
#[track_caller]
pub(crate) fn refusal(store: &str) -> String {
    refusal_of(&crate::common::installation().with_store_url(store), "serve")
}

/// The same of any command.
#[track_caller]
pub(crate) fn refusal_of(installation: &Installation, name: &str) -> String {
    let mut command = installation.command(name);
    if name == "serve" {
        command.args(["--listen", "127.0.0.1:0", "--keys"]).arg(installation.keys_path());
    }
    let (code, output, errors) = run(&mut command);
    assert_eq!((code, &*output), (1, ""), "{errors}");
    assert!(!errors.contains(SECRET), "{errors}");
    // Warnings may stand before it; what ended the program is one line for people.
    let said = errors.lines().last().unwrap_or_default().to_owned();
    assert!(said.starts_with("talon: "), "{errors}");
    said
}

/// Runs a command to its end; one that does not end in time is killed.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (ended, end) = channel();
    let reader = thread::spawn(move || {
        let (mut output, mut errors) = (String::new(), String::new());
        stderr.read_to_string(&mut errors).unwrap();
        stdout.read_to_string(&mut output).unwrap();
        // Nobody listens any more when it took too long.
        let _ = ended.send(());
        (output, errors)
    });
    let in_time = end.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        child.kill().unwrap();
    }
    let (output, errors) = reader.join().unwrap();
    assert!(in_time, "it did not end in {PATIENCE:?}: {output}{errors}");
    (child.wait().unwrap().code().unwrap_or(-1), output, errors)
}
