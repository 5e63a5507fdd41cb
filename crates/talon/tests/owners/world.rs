//! A region of patients each of whom has something of everything that a request can name, all of it made through
//! the front door.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::Method;
use serde_json::{Value, json};
use talon_domain::ids::EntryKey;
use talon_testkit::{
    Booking, Client, Installation, Outcome, PersonRef, ReferralRef, RegionBuilder, Server, SlotRef, clock,
};
use talon_tokens::{Links, OwnKey};

use crate::{ask::Ask, common};

/// Everybody's.
const BIRTH_DATE: &str = "1984-05-17";

/// Where the server keeps the key that links are made with.
pub(crate) const OWN_KEY: &str = "own.key";

/// What runs, and who is there.
pub(crate) struct World {
    pub(crate) installation: Installation,
    pub(crate) address: SocketAddr,
    pub(crate) patients: Arc<Vec<Patient>>,
    /// Somebody without a card, and somebody whom the region does not know. Both have a valid token.
    pub(crate) outsiders: Arc<Vec<Patient>>,
    /// A client application's, as `Authorization` takes it.
    pub(crate) credentials: String,
    _server: Server,
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Patient {
    pub(crate) guid: String,
    pub(crate) family: String,
    pub(crate) token: String,
    pub(crate) objects: Objects,
}

impl Patient {
    /// What shows in an answer that it tells of this patient: parts of ids that nobody else's have, and the name.
    pub(crate) fn marks(&self) -> [&str; 7] {
        let Objects { referral, entry, hold, waiting, policy, .. } = &self.objects;
        [&self.guid, &self.family, &referral[36..], &entry[36..], &hold[36..], &waiting[36..], policy]
    }
}

/// What a request can name.
#[derive(Clone)]
pub(crate) struct Objects {
    /// A referral under which nothing is booked.
    pub(crate) referral: String,
    /// An appointment ahead, of another specialty.
    pub(crate) entry: String,
    /// A time that is held, of a third.
    pub(crate) hold: String,
    /// A place on the waiting list of that one.
    pub(crate) waiting: String,
    /// The link on the entry's ticket.
    pub(crate) link: String,
    /// A policy's number.
    pub(crate) policy: String,
    /// A time that the referral opens and nobody else asks for.
    pub(crate) time: SlotRef,
    /// A time of the entry's doctor that nobody else asks for.
    pub(crate) later: SlotRef,
}

impl Objects {
    /// The same request about what is somebody else's; the free times stay.
    pub(crate) fn naming(&self, other: &Self) -> Self {
        Self { time: self.time.clone(), later: self.later.clone(), ..other.clone() }
    }

    /// What nobody has, in the shape of these: another object, or in another facility, or both.
    pub(crate) fn absent(&self, nth: usize) -> Self {
        let other = |id: &String| {
            let (facility, object) = id.split_at(36);
            match nth % 3 {
                0 => format!("{facility}{}", changed(object)),
                1 => format!("{}{object}", changed(facility)),
                _ => format!("{}{}", changed(facility), changed(object)),
            }
        };
        Self {
            referral: other(&self.referral),
            entry: other(&self.entry),
            hold: other(&self.hold),
            waiting: other(&self.waiting),
            link: changed(&self.link),
            policy: changed(&self.policy),
            ..self.clone()
        }
    }

    /// The body that asks for the free time under the referral.
    pub(crate) fn booking(&self) -> Value {
        let Self { referral, time, .. } = self;
        json!({
            "direction_id": referral, "lpu_code": time.facility,
            "resource_id": format!("{}{}", time.facility, time.resource),
            "day": time.start.date().to_string(), "time": time.start.strftime("%H:%M").to_string(),
        })
    }

    /// The path of the schedule that the free time is in.
    pub(crate) fn schedule(&self) -> String {
        format!("/lpu/{}/doctor/{}/schedule", self.time.facility, self.time.resource)
    }

    /// The form that names the patient to a client application's request.
    pub(crate) fn policy(&self) -> String {
        format!("Birthday={BIRTH_DATE}&n_pol={}", self.policy)
    }
}

/// Another text of the same alphabet.
fn changed(text: &str) -> String {
    let first = if text.starts_with('0') { "8" } else { "0" };
    format!("{first}{}", &text[1..])
}

/// A patient as the region file has them, and the times that are kept for them.
struct Draft {
    person: PersonRef,
    family: String,
    policy: String,
    referrals: [ReferralRef; 3],
    times: [SlotRef; 4],
}

impl World {
    pub(crate) async fn build(installation: Installation, patients: usize) -> Self {
        let mut region = RegionBuilder::new();
        let mut drafts = drafts(&mut region, patients + 2);
        installation.import(&region);
        let credentials = credentials(&installation);
        let server = Server::start(&installation);
        let links = Links::of(&OwnKey::load(&installation.directory().join(OWN_KEY)).unwrap()).unwrap();
        let mut client = server.client();
        let outsiders = drafts.split_off(patients);
        let mut made = Vec::new();
        for (nth, draft) in drafts.into_iter().enumerate() {
            let mut token = installation.token(&draft.person);
            let mut objects = objects(&draft);
            // What a token was issued to, and by whom, makes no difference to whose things these are.
            if nth % 2 == 1 {
                let ask = Ask::to(format!("/auth/rpgu/token?{}", objects.policy()));
                let told = ask.header("authorization", &credentials).send(&mut client).await.0;
                token = told.json()["Token"].as_str().unwrap_or_else(|| panic!("no token: {told:?}")).to_owned();
            }
            let [entry, hold, ..] = &draft.times;
            objects.entry = booked(&mut client, &Booking::new(&token, &draft.referrals[1], entry)).await;
            objects.hold = held(&mut client, &Booking::new(&token, &draft.referrals[2], hold)).await;
            objects.waiting = waiting(&mut client, &token, &draft.referrals[2]).await;
            objects.link = links.token(EntryKey::parse(&objects.entry).unwrap()).unwrap();
            made.push(Patient { guid: draft.person.guid, family: draft.family, token, objects });
        }
        let outsiders = outsiders.into_iter().map(|draft| Patient {
            token: installation.token(&draft.person),
            objects: objects(&draft),
            guid: draft.person.guid,
            family: draft.family,
        });
        Self {
            address: server.address,
            patients: Arc::new(made),
            outsiders: Arc::new(outsiders.collect()),
            credentials,
            installation,
            _server: server,
        }
    }
}

/// All of them have cards and referrals, except that the last but one has no card and the last is not in the file.
fn drafts(region: &mut RegionBuilder, count: usize) -> Vec<Draft> {
    for (code, name) in [("1", "Терапия"), ("2", "Кардиология"), ("3", "Неврология")] {
        region.specialty(code, name, "Т");
    }
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let doctors = ["1", "2", "3"].map(|specialty| region.doctor(&facility, specialty));
    let mut times = |doctor: usize, days| region.slots(&doctors[doctor], clock::day_ahead(days), count, 1).into_iter();
    let (mut entries, mut later, mut holds, mut free) = (times(0, 2), times(0, 3), times(1, 4), times(2, 5));
    let mut drafts = Vec::new();
    for nth in 0..count {
        let times = [entries.next(), holds.next(), free.next(), later.next()].map(Option::unwrap);
        let (family, policy) = (format!("Кузнецова-{nth:03}"), format!("77{nth:014}"));
        let mut person = PersonRef { guid: "9e500000-0000-4000-8000-ffffffffffff".to_owned() };
        if nth + 1 < count {
            person = region.person();
            region.set("family", json!(family));
            region.set("policy", json!({"number": policy}));
        }
        let referral = ReferralRef { facility: facility.guid.clone(), guid: person.guid.clone() };
        let mut referrals = [referral.clone(), referral.clone(), referral];
        if nth + 2 < count {
            region.card(&facility, &person);
            referrals = ["3", "1", "2"].map(|specialty| region.referral(&facility, &person, specialty));
        }
        drafts.push(Draft { person, family, policy, referrals, times });
    }
    drafts
}

/// What there is before anything is booked.
fn objects(draft: &Draft) -> Objects {
    let [_, _, time, later] = draft.times.clone();
    let none = String::new;
    let (referral, policy) = (draft.referrals[0].id(), draft.policy.clone());
    Objects { referral, entry: none(), hold: none(), waiting: none(), link: none(), policy, time, later }
}

/// A client application's, made by the command that operators use.
fn credentials(installation: &Installation) -> String {
    let store = installation.store_url();
    let add = ["client", "add", "--name", "Портал", "--channel", "Internet", "--store", &store];
    let (code, output, errors) = common::told(&common::talon(installation.directory()).args(add).output().unwrap());
    assert_eq!(code, 0, "{errors}");
    let field = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", field("guid:"), field("secret:"))))
}

async fn booked(client: &mut Client, booking: &Booking) -> String {
    match client.book(booking).await.outcome {
        Outcome::Ok { entry, .. } => entry,
        other => panic!("what the matrix is about can be booked: {other:?}"),
    }
}

async fn held(client: &mut Client, booking: &Booking) -> String {
    let ask = Ask::to("/iemk/directions/hold").by(Method::POST).with(booking.body());
    let told = ask.bearer(&booking.token).send(client).await.0;
    told.json()["Hold_id"].as_str().unwrap_or_else(|| panic!("nothing is held: {told:?}")).to_owned()
}

async fn waiting(client: &mut Client, token: &str, referral: &ReferralRef) -> String {
    let body = json!({
        "lpuGuid": referral.facility, "specialityCode": "2", "isAgree": true, "DirectionGuid": referral.guid,
        "DirectionType": "consultation", "LpuFromGuid": referral.facility,
    });
    let ask = Ask::to("/api/v3/waitinglist").by(Method::POST).with(body);
    let told = ask.bearer(token).send(client).await.0;
    told.json()["Waiting_id"].as_str().unwrap_or_else(|| panic!("nobody waits: {told:?}")).to_owned()
}
