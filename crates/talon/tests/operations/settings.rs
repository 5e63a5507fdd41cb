//! The settings files are ones that the program takes, and the pages show the same.

use crate::{blocks, read, talon};

#[test]
fn the_program_takes_them() {
    for (file, store) in [("deploy/talon.toml", "sqlite:"), ("deploy/talon-postgresql.toml", "postgres://")] {
        let output = talon().current_dir(crate::root()).args(["config", "--config", file]).output().unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains(&format!("store = \"{store}")), "{file}: {shown}");
    }
}

#[test]
fn the_page_shows_the_file() {
    let file = read("deploy/talon.toml");
    let without_comments: Vec<&str> = file.lines().skip_while(|line| line.starts_with('#')).collect();
    let shown = blocks(&read("docs/operations/production.md"), "toml");
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].trim(), without_comments.join("\n").trim());
}
