//! Links lead somewhere, and commands are those of the program.

use std::{collections::HashMap, path::Path};

use crate::{blocks, pages, root, talon};

#[test]
fn every_link_leads_to_a_file() {
    for (path, text) in pages() {
        let folder = path.parent().unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = file.is_empty() || file.contains("://");
            assert!(elsewhere || folder.join(file).exists(), "{}: {target}", path.display());
        }
    }
}

#[test]
fn every_command_and_option_is_the_programs() {
    let mut helps = HashMap::new();
    let mut seen = 0;
    for (path, text) in pages() {
        for line in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
            let Some(words) = command(line) else { continue };
            let subcommand: Vec<&str> = words.iter().copied().take_while(|word| is_subcommand(word)).collect();
            let help = helps.entry(subcommand.join(" ")).or_insert_with(|| {
                let output = talon().args(&subcommand).arg("--help").output().unwrap();
                assert!(output.status.success(), "{}: {line}", path.display());
                String::from_utf8(output.stdout).unwrap()
            });
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(help.contains(&format!("{option} ")), "{}: {option} in {line}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} commands were found");
}

/// The words after `talon` where a line runs it: at its start or after `sudo -u talon`.
fn command(line: &str) -> Option<Vec<&str>> {
    let line = line.trim().trim_start_matches("sudo -u talon ");
    let words = line.strip_prefix("talon ")?.split_whitespace();
    Some(words.take_while(|word| !["|", "&", "<", ">"].contains(word)).collect())
}

fn is_subcommand(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_lowercase())
}

#[test]
fn every_file_of_deploy_is_spoken_of() {
    let text: String = pages().into_iter().map(|(_, text)| text).collect();
    let mut folders = vec![root().join("deploy")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root()).unwrap_or(Path::new("")).display().to_string();
                assert!(text.contains(&name), "no page speaks of {name}");
            }
        }
    }
}
