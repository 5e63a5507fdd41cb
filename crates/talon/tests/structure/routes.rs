//! AZ-5: a path is answered because a list says so, with who may call it.

use std::{collections::BTreeSet, fs};

use crate::{files::sources, graph::root};

/// Where a router is given paths: the façade gives it those of its list, which has a policy for each; the others say
/// nothing of the installation but whether it works, and how much it does, to nobody in particular.
const GIVEN: [(&str, &str); 4] = [
    ("crates/iemk/src/lib.rs", "&path"),
    ("crates/talon/src/health.rs", "\"/health/live\""),
    ("crates/talon/src/health.rs", "\"/health/ready\""),
    ("crates/talon/src/observe/metrics.rs", "\"/metrics\""),
];

#[test]
fn a_path_is_answered_by_a_list_of_routes_and_by_nothing_else() {
    let mut found = BTreeSet::new();
    for path in sources().iter().filter(|path| path.components().all(|part| part.as_os_str() != "tests")) {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        if !name.starts_with("crates/") || name.ends_with("/tests.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for given in [".route(", ".route_service(", ".nest(", ".nest_service("] {
            let paths = text.split(given).skip(1).filter_map(|rest| rest.split(',').next());
            found.extend(paths.map(|path| (name.to_owned(), path.trim().to_owned())));
        }
    }
    assert_eq!(found, GIVEN.map(|(name, path)| (name.to_owned(), path.to_owned())).into());
}
