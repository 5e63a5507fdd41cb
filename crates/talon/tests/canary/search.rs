//! The search for what was planted, in all its forms at once.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;

use crate::{canaries::ALL, forms::forms};

/// Bytes that are shown on either side of what was found.
const AROUND: usize = 120;

/// Finds canaries.
pub(crate) struct Search {
    automaton: AhoCorasick,
    /// What each pattern is a form of.
    names: Vec<String>,
}

impl Search {
    /// For the canaries, for secrets in all their forms, and for tokens as they are.
    pub(crate) fn new(secrets: &[String], tokens: &[String]) -> Self {
        let planted = ALL.iter().map(|text| (*text).to_owned()).chain(secrets.iter().cloned());
        let mut patterns: Vec<(Vec<u8>, String)> =
            planted.flat_map(|text| forms(&text).into_iter().map(move |form| (form, text.clone()))).collect();
        for token in tokens {
            let parts = token.split('.').filter(|part| part.len() > 16);
            patterns.extend(parts.map(|part| (part.as_bytes().to_vec(), format!("a part of token {token}"))));
        }
        let (patterns, names): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(patterns);
        Self { automaton: automaton.expect("so many patterns can be searched for"), names }
    }

    /// What was found, each with the first place where it stands.
    pub(crate) fn found(&self, text: &[u8]) -> BTreeMap<&str, String> {
        let mut found = BTreeMap::new();
        for place in self.automaton.find_overlapping_iter(text) {
            found.entry(self.names[place.pattern().as_usize()].as_str()).or_insert_with(|| {
                let around = place.start().saturating_sub(AROUND)..text.len().min(place.end() + AROUND);
                String::from_utf8_lossy(&text[around]).into_owned()
            });
        }
        found
    }

    /// Ends the test when something is found.
    #[track_caller]
    pub(crate) fn expect_nothing(&self, what: &str, text: &[u8]) {
        let found = self.found(text);
        assert!(found.is_empty(), "{what} tells {found:#?}");
    }
}
