//! Files of checkpoints, read and believed as far as their signatures go.

use std::collections::HashSet;

use talon_tokens::PublicKey;

use crate::{Checkpoint, Fault, line_hash};

/// What files of checkpoints say.
#[derive(Debug, Default)]
pub struct Lines {
    /// The checkpoints that are signed, in the order of their lines.
    pub checkpoints: Vec<Checkpoint>,
    /// What is wrong with the files.
    pub faults: Vec<Fault>,
}

impl Lines {
    /// Reads files, each with its name, in the order in which they were written. A file that goes on where another ended
    /// needs that other one.
    #[must_use]
    pub fn read(files: &[(String, String)], keys: &[PublicKey]) -> Self {
        let ends: HashSet<_> = files.iter().filter_map(|(_, text)| text.lines().next_back()).map(line_hash).collect();
        let mut lines = Self::default();
        for (name, text) in files {
            let mut before = None;
            for (at, line) in text.lines().enumerate() {
                let place = format!("{name}:{}", at + 1);
                match Checkpoint::read(line, keys) {
                    Err(bad) => lines.faults.push(Fault::new(&place, bad.to_string())),
                    Ok(checkpoint) => {
                        let follows = match (at, checkpoint.before) {
                            (0, None) => true,
                            (0, Some(end)) => ends.contains(&end),
                            (_, named) => named == before,
                        };
                        if !follows {
                            let what = if at == 0 {
                                "goes on from a line that is in none of the files: lines before it are missing"
                            } else {
                                "does not follow the line above it: lines between them were removed, added or exchanged"
                            };
                            lines.faults.push(Fault::new(&place, what.to_owned()));
                        }
                        lines.checkpoints.push(checkpoint);
                    }
                }
                before = Some(line_hash(line));
            }
        }
        lines
    }
}
