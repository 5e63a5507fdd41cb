//! AZ-5: nobody comes in by what another role comes in by, and without anything nobody comes in at all.

use base64::{Engine, prelude::BASE64_STANDARD};
use talon_iemk::Caller;
use talon_testkit::Client;

use crate::{
    ask::{Ask, Told},
    audit::Audit,
    contents::{contents, expect_unchanged},
    rows::{ROWS, Row},
    world::World,
};

/// What a caller shows, and what a request is refused with that needs something else.
type Role = (fn(Ask, &World) -> Ask, &'static str);

/// No patient, though some of these have the right words in the wrong place.
const NO_PATIENT: [Role; 6] = [
    (|ask, _| ask, "bearer-missing"),
    (|ask, world| ask.header("authorization", &world.credentials), "bearer-missing"),
    (
        |ask, world| ask.header("cookie", format!("token={0}; Authorization={0}", world.patients[0].token)),
        "bearer-missing",
    ),
    (|ask, world| ask.saying(&format!("access_token={}", world.patients[0].token)), "bearer-missing"),
    (|ask, _| ask.bearer("eyJhbGciOiJub25lIn0.e30."), "token-malformed"),
    (|ask, world| ask.bearer(&forged(world)), "signature-invalid"),
];

/// No client application.
const NO_CLIENT: [Role; 4] = [
    (|ask, _| ask, "client-unknown"),
    (|ask, world| ask.bearer(&world.patients[0].token), "client-unknown"),
    (|ask, world| ask.bearer(&world.credentials["Basic ".len()..]), "client-unknown"),
    (|ask, world| ask.header("authorization", another_secret(&world.credentials)), "client-unknown"),
];

pub(crate) async fn are_kept_apart(world: &World) {
    let before = contents(&world.installation);
    let mut refused = Vec::new();
    for row in ROWS {
        match row.about.caller() {
            Caller::Patient => refused.extend(refuses(row, world, &NO_PATIENT).await),
            Caller::Client => drop(refuses(row, world, &NO_CLIENT).await),
            Caller::Link | Caller::Anybody => is_the_same_for_all(row, world).await,
        }
    }
    // Of whom nothing is known nothing can be said, and nothing was shown to them.
    let audit = Audit::of(&world.installation);
    for request in refused {
        assert_eq!(audit.count(&request), 0, "{request}");
    }
    expect_unchanged(&before, &world.installation);
}

/// Every role is refused, whether there is such an object or not. Gives the requests' ids.
async fn refuses(row: &Row, world: &World, roles: &[Role]) -> Vec<String> {
    let objects = &world.patients[0].objects;
    let mut client = Client::new(world.address);
    let mut ids = Vec::new();
    for base in row.bases() {
        for (nth, (as_role, reason)) in roles.iter().enumerate() {
            let (there, id) = as_role(row.ask_under(&base, objects), world).send(&mut client).await;
            assert_eq!((there.status, there.reason().as_str()), (403, *reason), "{} {}, {nth}", row.method, row.path);
            let (absent, absent_id) =
                as_role(row.ask_under(&base, &objects.absent(nth)), world).send(&mut client).await;
            assert_eq!(there, absent, "{} {}, {nth}", row.method, row.path);
            ids.extend([id, absent_id]);
        }
    }
    ids
}

/// What needs nothing is no more to those who have something.
async fn is_the_same_for_all(row: &Row, world: &World) {
    let [patient, other, ..] = world.patients.as_slice() else { panic!("too few patients") };
    let plain = row.ask(&patient.objects);
    let told = untimed(plain.ask(world.address).await);
    assert_eq!(told.status, 200, "{told:?}");
    let roles = [
        plain.clone().bearer(&patient.token),
        plain.clone().bearer(&other.token),
        plain.clone().header("authorization", &world.credentials),
        plain.claiming(&other.guid),
    ];
    for ask in roles {
        assert_eq!(untimed(ask.ask(world.address).await), told, "{ask:?}");
    }
    if row.about.caller() == Caller::Link {
        let absent = row.ask(&patient.objects.absent(0));
        let told = absent.ask(world.address).await;
        assert_eq!((told.status, told.reason().as_str()), (404, "entry-not-found"));
        assert_eq!(row.ask(&other.objects.absent(0)).ask(world.address).await, told);
        assert_eq!(absent.bearer(&patient.token).ask(world.address).await, told);
    }
}

/// Without the minute at which a ticket was made.
fn untimed(told: Told) -> Told {
    let body = told.body.split_once(r#"<p class="made">"#).map_or(told.body.as_str(), |(before, _)| before);
    Told { body: body.to_owned(), ..told }
}

/// The same client with another secret.
fn another_secret(credentials: &str) -> String {
    let known = BASE64_STANDARD.decode(&credentials["Basic ".len()..]).unwrap();
    let (client, secret) = str::from_utf8(&known).unwrap().split_once(':').unwrap();
    let turned: String = secret.chars().rev().collect();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{client}:{turned}")))
}

/// A patient's token with the signature of another patient's.
fn forged(world: &World) -> String {
    let [signed, other] = [0, 2].map(|nth: usize| world.patients[nth].token.rsplit_once('.').unwrap());
    format!("{}.{}", signed.0, other.1)
}
