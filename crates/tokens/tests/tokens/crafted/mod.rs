//! Crafted tokens, each with the one answer it must get (security TK-1 to TK-3).

use std::collections::{HashMap, HashSet};

use crate::world::{NOW, WORLD};

mod claims;
mod header;
mod keys;
mod order;
mod scheme;
mod shape;

/// A header's value and the slug of its answer; `ok` is let in.
struct Case {
    name: String,
    authorization: Vec<u8>,
    answer: &'static str,
}

/// A case from a token.
fn case(name: impl Into<String>, token: impl AsRef<str>, answer: &'static str) -> Case {
    raw(name, format!("Bearer {}", token.as_ref()), answer)
}

/// A case from the whole header value.
fn raw(name: impl Into<String>, authorization: impl Into<Vec<u8>>, answer: &'static str) -> Case {
    Case { name: name.into(), authorization: authorization.into(), answer }
}

#[test]
fn every_crafted_token_gets_its_one_answer() {
    let groups = [scheme::cases(), shape::cases(), header::cases(), keys::cases(), claims::cases(), order::cases()];
    let cases: Vec<Case> = groups.into_iter().flatten().collect();

    let mut names = HashSet::new();
    let mut answers: HashMap<_, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        assert!(names.insert(&case.name), "two cases are called {:?}", case.name);
        *answers.entry(case.answer).or_default() += 1;
        // Twice: the second time a token that was let in comes from the cache.
        for time in ["first", "second"] {
            let answer = WORLD.answer(Some(&case.authorization), NOW);
            if answer != case.answer {
                wrong.push(format!("{} ({time} time): {answer}, not {}", case.name, case.answer));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let refused = cases.len() - answers["ok"];
    assert!(refused >= 200, "only {refused} crafted tokens");
    assert_eq!(answers.len(), 5, "an answer that no case expects: {answers:?}");
}

#[test]
fn no_header_is_no_bearer_token() {
    assert_eq!(WORLD.answer(None, NOW), "bearer-missing");
}
