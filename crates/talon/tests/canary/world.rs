//! A region whose patients are made of canaries, and what they have to show.

use std::sync::{Mutex, PoisonError};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use talon_domain::ids::EntryKey;
use talon_testkit::{
    AUDIENCE, FacilityRef, ISSUER, Installation, PersonRef, ReferralRef, RegionBuilder, SlotRef, TestKey, clock,
};
use talon_tokens::{Links, OwnKey};

use crate::{
    canaries::{BIRTH_DATE, CARD, EMAIL, FAMILY, GIVEN, PATRONYMIC, PHONE, POLICY, REFERRAL, SNILS, WORD},
    common,
};

/// Where the server keeps the key that links are made with.
pub(crate) const OWN_KEY: &str = "own.key";

/// Patients, and cells of each doctor.
const PATIENTS: usize = 16;
const CELLS: usize = 240;

/// Codes of the specialties; there is one doctor of each.
pub(crate) const SPECIALTIES: [&str; 3] = ["1", "2", "3"];

/// What requests can name.
pub(crate) struct World {
    pub(crate) facility: FacilityRef,
    /// By specialty.
    pub(crate) slots: Vec<Vec<SlotRef>>,
    pub(crate) patients: Vec<Patient>,
    /// A client application's, as `Authorization` takes it.
    pub(crate) credentials: String,
    secret: String,
    links: Links,
}

/// Somebody with tokens, good and bad.
pub(crate) struct Patient {
    pub(crate) policy: String,
    pub(crate) token: String,
    /// Expired, not yet valid, somebody else's, of another issuer, without a signature, cut.
    pub(crate) bad_tokens: Vec<String>,
    /// By specialty.
    pub(crate) referrals: Vec<ReferralRef>,
    made: Mutex<Made>,
}

/// What was told when it was made, the newest last.
#[derive(Clone, Default)]
pub(crate) struct Made {
    pub(crate) entries: Vec<String>,
    pub(crate) holds: Vec<String>,
    pub(crate) waiting: Vec<String>,
}

impl Patient {
    pub(crate) fn made(&self) -> Made {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the ids that an answer tells.
    pub(crate) fn note(&self, answer: &Value) {
        let mut made = self.made.lock().unwrap();
        let Made { entries, holds, waiting } = &mut *made;
        for (name, ids) in [("Entry_id", entries), ("Hold_id", holds), ("Waiting_id", waiting)] {
            ids.extend(answer[name].as_str().map(ToOwned::to_owned));
        }
    }
}

impl World {
    /// Makes and imports it.
    pub(crate) fn build(installation: &Installation) -> Self {
        let mut region = RegionBuilder::new();
        for code in SPECIALTIES {
            region.specialty(code, &format!("Специальность {code}"), "Т");
        }
        let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
        let slots = SPECIALTIES.map(|code| {
            let doctor = region.doctor(&facility, code);
            region.slots(&doctor, clock::day_ahead(2), CELLS, 1)
        });
        let patients = (0..PATIENTS).map(|nth| patient(installation, &mut region, &facility, nth)).collect();
        installation.import(&region);
        let (credentials, secret) = client(installation);
        let own = OwnKey::load_or_create(&installation.directory().join(OWN_KEY)).unwrap();
        let links = Links::of(&own).unwrap();
        Self { facility, slots: slots.into(), patients, credentials, secret, links }
    }

    /// What must be told nobody beside the canaries.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let policies = self.patients.iter().map(|patient| patient.policy.clone());
        policies.chain([self.secret.clone()]).collect()
    }

    /// All tokens.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.patients.iter().flat_map(|patient| patient.bad_tokens.iter().chain([&patient.token])).cloned().collect()
    }

    /// The link on an entry's ticket.
    pub(crate) fn link(&self, entry: &str) -> Option<String> {
        self.links.token(EntryKey::parse(entry).ok()?).ok()
    }
}

fn patient(installation: &Installation, region: &mut RegionBuilder, facility: &FacilityRef, nth: usize) -> Patient {
    let person = region.person();
    let policy = format!("{POLICY}{nth:03}");
    let lines = [
        ("family", json!(FAMILY)),
        ("given", json!(GIVEN)),
        ("patronymic", json!(PATRONYMIC)),
        ("birth_date", json!(BIRTH_DATE)),
        ("snils", json!(SNILS)),
        ("policy", json!({"number": policy})),
    ];
    lines.into_iter().for_each(|(key, value)| region.set(key, value));
    region.card(facility, &person);
    let lines = [("number", json!(format!("{CARD}-{nth}"))), ("email", json!(EMAIL)), ("phone", json!(PHONE))];
    lines.into_iter().for_each(|(key, value)| region.set(key, value));
    let referrals = SPECIALTIES.map(|code| {
        let referral = region.referral(facility, &person, code);
        region.set("number", json!(format!("{REFERRAL}-{nth}-{code}")));
        referral
    });
    let (token, bad_tokens) = tokens(installation.key(), &person);
    Patient { policy, token, bad_tokens, referrals: referrals.into(), made: Mutex::default() }
}

/// A good one, and bad ones; all say more than is read.
fn tokens(key: &TestKey, person: &PersonRef) -> (String, Vec<String>) {
    let now = clock::now().as_second();
    let claims = |issuer: &str, from: i64, until: i64| {
        json!({
            "iss": issuer, "aud": AUDIENCE, "sub": person.guid, "nbf": now + from, "exp": now + until, "name": FAMILY,
            "email": EMAIL, "phone_number": PHONE, "birthdate": BIRTH_DATE, "jti": WORD,
        })
    };
    let good = key.sign(&claims(ISSUER, -60, 7200));
    let signed = good.rsplit_once('.').unwrap().0;
    let bad = vec![
        key.sign(&claims(ISSUER, -7200, -3600)),
        key.sign(&claims(ISSUER, 3600, 7200)),
        TestKey::generate("portal-1").sign(&claims(ISSUER, -60, 3600)),
        key.sign(&claims(&format!("https://{WORD}.test"), -60, 3600)),
        format!("{signed}."),
        good[..good.len() / 2].to_owned(),
    ];
    (good, bad)
}

/// A client application's credentials and secret, made by the command that operators use.
fn client(installation: &Installation) -> (String, String) {
    let store = installation.store_url();
    let add = ["client", "add", "--name", "Портал", "--channel", "Internet", "--store", &store];
    let (code, output, errors) = common::told(&common::talon(installation.directory()).args(add).output().unwrap());
    assert_eq!(code, 0, "{errors}");
    let field = |name: &str| output.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let (guid, secret) = (field("guid:"), field("secret:"));
    (format!("Basic {}", BASE64_STANDARD.encode(format!("{guid}:{secret}"))), secret)
}
