//! IN-6: nothing is changed but by the methods that are there for it. Not by a GET, whatever it says that it is, and
//! not by a page of somebody else's that a patient's browser has opened.

use std::collections::BTreeSet;

use hyper::Method;
use talon_iemk::Caller;
use talon_testkit::Client;

use crate::{
    ask::Ask,
    contents::{contents, expect_unchanged},
    rows::{ROWS, Row},
    world::World,
};

/// Every method that a path might take.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Where a page lies that is not ours.
const ELSEWHERE: &str = "https://elsewhere.example";

pub(crate) async fn change_nothing_but_their_own(world: &World) {
    let before = contents(&world.installation);
    let mut client = Client::new(world.address);
    for row in ROWS {
        is_refused_by_other_methods(row, world, &mut client).await;
        is_closed_to_other_pages(row, world, &mut client).await;
        if row.method == Method::GET {
            let told = with_all_rights(row.ask(&world.patients[0].objects), row, world).send(&mut client).await.0;
            assert_eq!(told.status, 200, "{}: {told:?}", row.path);
        }
    }
    expect_unchanged(&before, &world.installation);
}

/// As whoever may call it.
fn with_all_rights(ask: Ask, row: &Row, world: &World) -> Ask {
    match row.about.caller() {
        Caller::Patient => ask.bearer(&world.patients[0].token),
        Caller::Client => ask.header("authorization", &world.credentials),
        Caller::Link | Caller::Anybody => ask,
    }
}

async fn is_refused_by_other_methods(row: &Row, world: &World, client: &mut Client) {
    let taken: BTreeSet<&str> =
        ROWS.iter().filter(|other| other.path == row.path).map(|other| other.method.as_str()).collect();
    for method in METHODS.iter().filter(|method| !taken.contains(method.as_str())) {
        let ask = with_all_rights(row.ask(&world.patients[0].objects), row, world);
        let ask = ask
            .by(method.clone())
            .header("x-http-method-override", row.method.as_str())
            .header("x-method-override", row.method.as_str());
        let told = ask.send(client).await.0;
        assert_eq!(told.status, 405, "{method} {}: {told:?}", row.path);
        let allowed: BTreeSet<&str> = told.header("allow").unwrap_or_default().split(", ").collect();
        assert_eq!(allowed, taken, "{method} {}", row.path);
        assert!(!says_that_pages_may(&told.headers), "{told:?}");
    }
}

/// A page of another origin can have a browser send whatever needs no header of its own, with the cookies that it
/// has; it reads no answer. There are no cookies, so such a request is nobody's.
async fn is_closed_to_other_pages(row: &Row, world: &World, client: &mut Client) {
    let ask = || row.ask(&world.patients[0].objects).header("origin", ELSEWHERE);
    let told = with_all_rights(ask(), row, world);
    if row.method == Method::GET {
        assert!(!says_that_pages_may(&told.send(client).await.0.headers), "{}", row.path);
    }
    if matches!(row.about.caller(), Caller::Patient | Caller::Client) {
        let told = ask().header("cookie", format!("token={}", world.patients[0].token)).send(client).await.0;
        assert_eq!(told.status, 403, "{told:?}");
        assert!(!says_that_pages_may(&told.headers), "{told:?}");
    }
    let asked_first = ask()
        .by(Method::OPTIONS)
        .header("access-control-request-method", row.method.as_str())
        .header("access-control-request-headers", "authorization");
    assert!(!says_that_pages_may(&asked_first.send(client).await.0.headers), "{}", row.path);
}

fn says_that_pages_may(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, _)| name.starts_with("access-control-"))
}
