//! What is asked, by whom and in which order: all of it drawn from the seed before anything runs.

mod journey;
mod scene;
mod stage;

use std::{collections::VecDeque, io::Write, time::Duration};

use talon_testkit::{Booking, Chance, PersonRef, ReferralRef, SlotRef, TestKey};

use crate::tokens;
pub(crate) use stage::code;

/// How long a time is held.
pub(crate) const HOLD: Duration = Duration::from_secs(2);

/// For so long after its end a hold may keep others out, unless it is swept away before.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// The objects of the region and the requests for them. Every object belongs to one scene, and all
/// requests of a scene stand together, so that clients who go through the plan meet. Only one of a journey's scene
/// comes later, when what others left held has run out.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) persons: Vec<PersonRef>,
    pub(crate) referrals: Vec<Referral>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) requests: Vec<Request>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) scenes: usize,
    pub(crate) journeys: u32,
    /// Operations that are to come, and how many are to come before.
    pub(crate) later: VecDeque<(usize, Operation)>,
}

/// A referral, and whose it is.
pub(crate) struct Referral {
    pub(crate) referral: ReferralRef,
    /// Index of the person.
    pub(crate) person: u32,
}

/// A cell.
pub(crate) struct Slot {
    pub(crate) cell: SlotRef,
    /// Seconds since 1970 UTC.
    pub(crate) start: i64,
    pub(crate) minutes: u16,
    pub(crate) places: u16,
    pub(crate) specialty: usize,
}

impl Slot {
    /// From when to when, in seconds since 1970 UTC.
    pub(crate) fn interval(&self) -> (i64, i64) {
        (self.start, self.start + i64::from(self.minutes) * 60)
    }
}

/// What makes two requests the same (contract, section 9). The referral stands for its person, the
/// slot for resource and start.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    /// Index of the referral.
    pub(crate) referral: u32,
    /// Index of the slot: the one that is asked for or, of what gives something up, the one that it is in.
    pub(crate) slot: u32,
    /// Number of the scene.
    pub(crate) scene: u32,
    /// Number of the journey that it is a step of. What stands alone is a booking, and its scene only fills.
    pub(crate) journey: Option<u32>,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A time is to be booked.
    Book,
    /// A time is to be held.
    Hold,
    /// A hold is given up.
    Release,
    /// The visit is to be at another time.
    Move,
    /// The visit is given up.
    Cancel,
}

impl Kind {
    /// In the audit's words.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Move => "move",
            Self::Cancel => "cancel",
        }
    }
}

/// One thing that a client does: a request, or a journey's one after another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Operation {
    /// Index of the request, or of the first.
    pub(crate) request: u32,
    /// How many requests, each with the index after the one before.
    pub(crate) steps: u32,
    /// The server that is asked, if it is up.
    pub(crate) node: u8,
    /// How often it is asked again at once when the answer is lost.
    pub(crate) again: u8,
}

impl Plan {
    /// Draws a plan of this many operations and writes its region.
    ///
    /// # Errors
    ///
    /// The region cannot be written.
    pub(crate) fn draw(seed: u64, attempts: u32, nodes: u8, region: &mut dyn Write) -> anyhow::Result<Self> {
        let mut chance = Chance::new(seed);
        let mut stage = stage::Stage::new()?;
        let mut plan = Self::default();
        while plan.operations.len() < attempts as usize {
            while let Some((_, operation)) = plan.later.pop_front_if(|(after, _)| *after <= plan.operations.len()) {
                plan.operations.push(operation);
            }
            match chance.below(2) {
                0 => scene::add(&mut plan, &mut stage, &mut chance, nodes)?,
                _ => journey::add(&mut plan, &mut stage, &mut chance, nodes)?,
            }
            region.write_all(stage.region.take_text().as_bytes())?;
        }
        plan.operations.truncate(attempts as usize);
        region.flush()?;
        Ok(plan)
    }

    /// Whose request it is.
    pub(crate) fn person_of(&self, request: Request) -> u32 {
        self.referrals[request.referral as usize].person
    }

    /// The slot that it asks for.
    pub(crate) fn slot_of(&self, request: Request) -> &Slot {
        &self.slots[request.slot as usize]
    }

    /// The request as it is sent, with a fresh token.
    pub(crate) fn booking(&self, request: u32, key: &TestKey) -> Booking {
        let request = self.requests[request as usize];
        let person = &self.persons[self.person_of(request) as usize];
        let referral = &self.referrals[request.referral as usize].referral;
        Booking::new(&tokens::of(key, person), referral, &self.slot_of(request).cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> (Plan, String) {
        let mut region = Vec::new();
        let plan = Plan::draw(seed, 2_000, 3, &mut region).unwrap();
        (plan, String::from_utf8(region).unwrap())
    }

    #[test]
    fn a_seed_decides_everything() {
        let ((one, region), (again, same_region), (other, _)) = (drawn(7), drawn(7), drawn(8));
        assert_eq!(one.operations, again.operations);
        assert_eq!(region, same_region);
        assert_ne!(one.operations, other.operations);
    }

    #[test]
    fn requests_are_for_a_doctor_of_the_referrals_specialty() {
        let (plan, region) = drawn(1);
        let lines: Vec<serde_json::Value> = region.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let specialty = |guid: &str| {
            let line = lines.iter().find(|line| line["type"] == "referral" && line["guid"] == guid);
            line.unwrap()["specialty"].as_str().unwrap().to_owned()
        };
        assert_eq!(plan.operations.len(), 2_000);
        for request in plan.requests.iter().take(200) {
            let referral = &plan.referrals[request.referral as usize].referral;
            assert_eq!(specialty(&referral.guid), code(plan.slot_of(*request).specialty));
        }
    }

    #[test]
    fn a_scene_shares_nothing_with_another() {
        let (plan, _) = drawn(2);
        let mut owners = std::collections::HashMap::new();
        for request in &plan.requests {
            for object in [("slot", request.slot), ("person", plan.person_of(*request))] {
                assert_eq!(*owners.entry(object).or_insert(request.scene), request.scene);
            }
        }
    }
}
