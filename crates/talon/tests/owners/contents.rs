//! What a store holds beside its audit.

use talon_testkit::{Installation, Ledger};

/// What an export says, without the audit, and what it leaves out: claims and holds.
pub(crate) fn contents(installation: &Installation) -> Vec<String> {
    let output = installation.command("export").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(r#"{"type":"audit"#)).map(ToOwned::to_owned);
    let Ledger { claims, holds, .. } = Ledger::of(installation);
    lines.chain(claims).chain(holds).collect()
}

/// Ends the test when they are others.
#[track_caller]
pub(crate) fn expect_unchanged(before: &[String], installation: &Installation) {
    let after = contents(installation);
    let gone: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(gone.is_empty() && new.is_empty(), "gone: {gone:#?}\nnew: {new:#?}");
}
