//! AZ-2: what is somebody else's is answered like what is absent, byte for byte; both are audited, and nothing
//! changes.

use std::sync::Arc;

use talon_testkit::Client;
use tokio::task::JoinSet;

use crate::{
    ask::Ask,
    audit::Audit,
    contents::{contents, expect_unchanged},
    rows::{About, ROWS, Row},
    world::{Objects, Patient, World},
};

/// Connections at once.
const CLIENTS: usize = 16;

/// Two requests that must not be told apart.
struct Pair {
    viewer: String,
    reason: String,
    /// The requests' ids.
    foreign: String,
    absent: String,
    /// How they were.
    difference: Option<String>,
}

/// At least this many pairs.
pub(crate) async fn is_answered_like_absent(world: &World, least: usize) {
    let before = contents(&world.installation);
    let pairs = ask_all(world).await;
    println!("{} pairs of a foreign and an absent object", pairs.len());
    assert!(pairs.len() >= least, "{} pairs are too few", pairs.len());
    let different: Vec<_> = pairs.iter().filter_map(|pair| pair.difference.as_ref()).take(10).collect();
    assert!(different.is_empty(), "{different:#?}");

    let audit = Audit::of(&world.installation);
    for Pair { viewer, reason, foreign, absent, .. } in &pairs {
        let [foreign, absent] = [foreign, absent].map(|request| {
            assert_eq!(audit.count(request), 1, "{request}");
            audit.of_request(request, viewer)
        });
        assert_eq!((&foreign.outcome, &absent.outcome), (reason, reason));
        assert_eq!(foreign.action, absent.action);
    }
    expect_unchanged(&before, &world.installation);
}

/// The operations by which somebody else's object can be told from an absent one.
pub(crate) async fn tells_apart(world: &World) -> Vec<String> {
    ask_all(world).await.into_iter().filter_map(|pair| pair.difference).collect()
}

async fn ask_all(world: &World) -> Vec<Pair> {
    let viewers: Arc<Vec<Patient>> = Arc::new(world.patients.iter().chain(world.outsiders.iter()).cloned().collect());
    let mut work = JoinSet::new();
    for first in 0..CLIENTS {
        // Each by all of its addresses in turn.
        let rows: Vec<_> = ROWS.iter().map(|row| (row, row.bases())).collect();
        let (viewers, owners, mut client) = (viewers.clone(), world.patients.clone(), Client::new(world.address));
        work.spawn(async move {
            let mut pairs = Vec::new();
            for (nth, viewer) in viewers.iter().enumerate().skip(first).step_by(CLIENTS) {
                for (other, owner) in owners.iter().enumerate().filter(|(_, owner)| owner.guid != viewer.guid) {
                    for (row, bases) in &rows {
                        let base = &bases[(nth + other) % bases.len()];
                        pairs.extend(pair(&mut client, (row, base), viewer, owner, nth * 7 + other).await);
                    }
                }
            }
            pairs
        });
    }
    work.join_all().await.into_iter().flatten().collect()
}

/// Asks about an owner's object and about one that nobody has. `None` for what names no object.
async fn pair(
    client: &mut Client,
    (row, base): (&Row, &str),
    viewer: &Patient,
    owner: &Patient,
    nth: usize,
) -> Option<Pair> {
    let About::Object { refused, .. } = row.about else { return None };
    let [foreign, absent] = asks((row, base), viewer, owner, nth);
    let (told, foreign_id) = foreign.send(client).await;
    let (expected, absent_id) = absent.send(client).await;
    let reason = told.reason();
    // Whoever has nothing here may be told that first.
    let is_refused = reason == refused || viewer.objects.entry.is_empty() && (400..500).contains(&told.status);
    let is_alike = told == expected && is_refused;
    let difference = (!is_alike).then(|| format!("{} {}: {told:?}, {expected:?}", row.method, row.path));
    Some(Pair { viewer: viewer.guid.clone(), reason, foreign: foreign_id, absent: absent_id, difference })
}

/// The requests about an owner's object, and about one that nobody has.
pub(crate) fn asks((row, base): (&Row, &str), viewer: &Patient, owner: &Patient, nth: usize) -> [Ask; 2] {
    let foreign = viewer.objects.naming(&owner.objects);
    let ask = |objects: &Objects| row.ask_under(base, objects).bearer(&viewer.token);
    let absent = ask(&foreign.absent(nth));
    let foreign = ask(&foreign);
    // AZ-1: whoever else one says that one is, it is read by nobody.
    [if nth.is_multiple_of(2) { foreign.claiming(&owner.guid) } else { foreign }, absent]
}
