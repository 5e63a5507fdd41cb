//! What is theirs patients see and change, each of them, and nothing else is in the answers.

use std::sync::Arc;

use talon_testkit::{Client, Ledger};
use tokio::task::JoinSet;

use crate::{
    ask::{Ask, Told},
    audit::Audit,
    rows::{About, ROWS},
    world::{Patient, World},
};

/// How often a request is repeated.
const MOST_TRIES: usize = 20;

/// Patients at once.
const CLIENTS: usize = 8;

pub(crate) async fn is_shown_and_changed(world: &World) {
    let mut work = JoinSet::new();
    for first in 0..CLIENTS {
        let (patients, credentials) = (Arc::clone(&world.patients), world.credentials.clone());
        let mut client = Client::new(world.address);
        work.spawn(async move {
            let mut requests = Vec::new();
            for patient in patients.iter().skip(first).step_by(CLIENTS) {
                requests.extend(goes_through_all(patient, &patients, &credentials, &mut client).await);
            }
            requests
        });
    }
    let requests: Vec<(String, String)> = work.join_all().await.into_iter().flatten().collect();
    let audit = Audit::of(&world.installation);
    for (request, person) in &requests {
        let record = audit.of_request(request, person);
        assert!(["ok", "repeated"].contains(&record.outcome.as_str()), "{record:?}");
    }
    // One was booked and one cancelled.
    assert_eq!(Ledger::of(&world.installation).live(), world.patients.len());
}

/// Gives each request with whom its record must name.
async fn goes_through_all(
    patient: &Patient,
    all: &[Patient],
    credentials: &str,
    client: &mut Client,
) -> Vec<(String, String)> {
    let mut requests = Vec::new();
    for row in ROWS {
        let ask = row.ask(&patient.objects);
        let ask = match row.about {
            About::Object { .. } | About::Caller(_) | About::Schedule(_) => ask.bearer(&patient.token),
            About::Policy(_) => ask.header("authorization", credentials),
            About::Link(_) | About::Nothing(_) => ask,
        };
        let (told, request) = served(&ask, client).await;
        assert_eq!(told.status, 200, "{ask:?}: {told:?}");
        tells_of_nobody_else(&told, patient, all);
        match row.about {
            About::Caller(_) => {
                assert!(patient.marks().iter().any(|mark| told.body.contains(mark)), "{ask:?}: {told:?}");
            }
            About::Policy(_) => is_a_token_of(&told, patient, client).await,
            _ => {}
        }
        if !matches!(row.about, About::Link(_) | About::Nothing(_)) {
            requests.push((request, patient.guid.clone()));
        }
    }
    requests
}

/// What is answered by a server that is asked again for as long as it says that it cannot now: what many give up at once
/// goes to the same who wait, and somebody may lose that race too often.
async fn served(ask: &Ask, client: &mut Client) -> (Told, String) {
    for _ in 0..MOST_TRIES {
        let answer = ask.send(client).await;
        if answer.0.status != 503 {
            return answer;
        }
    }
    ask.send(client).await
}

fn tells_of_nobody_else(told: &Told, patient: &Patient, all: &[Patient]) {
    for other in all.iter().filter(|other| other.guid != patient.guid) {
        let leak = other.marks().into_iter().find(|mark| told.body.contains(mark));
        assert_eq!(leak, None, "{told:?}");
    }
}

async fn is_a_token_of(told: &Told, patient: &Patient, client: &mut Client) {
    let token = told.json()["Token"].as_str().unwrap_or_default().to_owned();
    let whose = Ask::to("/iemk/personal").bearer(&token).send(client).await.0;
    assert_eq!(whose.json()["family"], patient.family.as_str(), "{whose:?}");
}
