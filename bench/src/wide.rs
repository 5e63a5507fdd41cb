//! A region of three hundred facilities with patients who have a card in every one of them.

use std::{collections::HashMap, fs::OpenOptions, io::Write, rc::Rc};

use anyhow::Context;
use jiff::{ToSpan, civil::Date};
use talon_domain::{
    facility::Serves,
    ids::{FacilityId, PersonId, ReferralId, ReferralKey},
    resource::{Resource, SpecialtyCode},
};
use talon_sample::{GenerateOptions, Generator};
use talon_store::Record;
use uuid::Uuid;

use crate::{
    engine::Engine,
    region::{Region, Stored},
    server::Servers,
};

/// How many of them there are.
const PATIENTS: u128 = 200;

/// Their age.
const AGE: u16 = 30;

/// The region in a store, with its patients.
pub(crate) struct Wide {
    pub(crate) stored: Stored,
    pub(crate) patients: Vec<Patient>,
    /// In how many facilities their referral can be used.
    pub(crate) facilities: usize,
    /// With how many resources.
    pub(crate) resources: usize,
}

/// A patient with a card everywhere.
pub(crate) struct Patient {
    pub(crate) person: PersonId,
    pub(crate) referral: ReferralKey,
}

/// What the patients are known in and referred to.
struct Target {
    facilities: Vec<FacilityId>,
    specialty: SpecialtyCode,
    open: Vec<FacilityId>,
}

impl Wide {
    /// Generates the region, adds the patients to its file, and imports that.
    pub(crate) fn make(servers: &Servers, engine: &Engine, options: GenerateOptions) -> anyhow::Result<Self> {
        let region = Rc::new(Region::make(servers, "wide", options)?);
        let target = Target::of(region.generator()).context("a region without facilities")?;
        let mut file = OpenOptions::new().append(true).open(&region.file)?;
        let mut lines = Vec::new();
        let patients: Vec<_> = (1..=PATIENTS).map(|number| target.patient(number, options.start, &mut lines)).collect();
        file.write_all(&lines)?;
        drop(file);
        let mut facilities = target.open.clone();
        facilities.dedup();
        Ok(Self {
            stored: Stored::make(servers, engine, &region)?,
            patients,
            facilities: facilities.len(),
            resources: target.open.len(),
        })
    }
}

impl Target {
    /// The specialty that grown-ups find in most facilities.
    fn of(generator: Generator) -> Option<Self> {
        let (mut facilities, mut open) = (Vec::new(), HashMap::<SpecialtyCode, Vec<FacilityId>>::new());
        let mut for_adults = false;
        for record in generator {
            match record {
                Record::Specialty(_) => {}
                Record::Facility(facility) => {
                    for_adults = facility.serves != Serves::Children;
                    facilities.push(facility.id);
                }
                Record::Resource(Resource { key, specialty, ages, .. }) if for_adults && ages.admit(AGE) => {
                    open.entry(specialty).or_default().push(key.facility);
                }
                Record::Resource(_) => {}
                _ => break,
            }
        }
        let (specialty, open) = open.into_iter().max_by_key(|(code, open)| (open.len(), code.clone()))?;
        Some(Self { facilities, specialty, open })
    }

    fn patient(&self, number: u128, start: Date, lines: &mut Vec<u8>) -> Patient {
        let guid = |kind: u128, place: usize| Uuid::from_u128((kind << 124) | (number << 64) | place as u128 | FORM);
        let issuer = self.facilities[0];
        let (person, referral) = (PersonId(guid(1, 0)), ReferralId(guid(2, 0)));
        let born = start.saturating_sub(i32::from(AGE).years());
        let (issued, until) = (start.saturating_sub(30.days()), start.saturating_add(60.days()));
        let specialty = &self.specialty.0;
        let mut line = |text: String| {
            lines.extend_from_slice(text.as_bytes());
            lines.push(b'\n');
        };
        line(format!(
            r#"{{"type":"person","guid":"{person}","family":"Проба","given":"Мария","birth_date":"{born}","sex":"female","policy":{{"number":"8{number:015}"}}}}"#
        ));
        for (place, facility) in self.facilities.iter().enumerate() {
            let card = guid(3, place);
            line(format!(
                r#"{{"type":"card","facility":"{facility}","guid":"{card}","person":"{person}","number":"{number}"}}"#
            ));
        }
        line(format!(
            r#"{{"type":"referral","facility":"{issuer}","guid":"{referral}","number":"{number}","person":"{person}","kind":"consultation","specialty":"{specialty}","issued":"{issued}","valid_until":"{until}","state":"active"}}"#
        ));
        Patient { person, referral: ReferralKey { facility: issuer, referral } }
    }
}

/// Version and variant of a guid.
const FORM: u128 = 0x8000_8000 << 60;
