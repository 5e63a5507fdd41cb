//! References between lines that are staged: who refers to whom is found by walking both in the
//! order of the key; what the inputs do not have is asked of the store.

use rusqlite::Rows;
use talon_domain::ids::{FacilityId, PersonId, ReferralId, ReferralKey};
use talon_store::{Kind, KnownKey, Store};

use super::{
    ImportError, Result,
    check::Check,
    ledger::{Ledger, Seq},
    small::no_such,
    staging::{blob_at, per_kind, seq_at},
};
use crate::LineFault;

/// One of the references of a kind's lines.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) from: Kind,
    pub(super) to: Kind,
}

/// The links, in the order in which they can be judged.
pub(super) const LINKS: &[Link] = &[
    Link { from: Kind::Card, to: Kind::Person },
    Link { from: Kind::Referral, to: Kind::Person },
    Link { from: Kind::Entry, to: Kind::Person },
    Link { from: Kind::Entry, to: Kind::Referral },
    Link { from: Kind::EntryVersion, to: Kind::Entry },
    Link { from: Kind::Cancellation, to: Kind::Entry },
    Link { from: Kind::Waiting, to: Kind::Person },
    Link { from: Kind::Waiting, to: Kind::Referral },
    Link { from: Kind::Message, to: Kind::Entry },
];

/// Keys asked of the store at once.
const PAGE: usize = 1000;
/// Lines that wait for an answer.
const WAITING: usize = 50_000;

impl Link {
    /// The key of the region file.
    fn key(self) -> &'static str {
        match self.to {
            Kind::Person => "person",
            Kind::Referral => "referral",
            _ => "entry",
        }
    }

    fn references(self) -> &'static str {
        match self.to {
            Kind::Person => {
                per_kind!(self.from, "SELECT person, seq, NULL FROM ", " WHERE person NOT NULL ORDER BY person")
            }
            Kind::Referral => {
                per_kind!(self.from, "SELECT referral, seq, person FROM ", " WHERE referral NOT NULL ORDER BY referral")
            }
            _ => per_kind!(self.from, "SELECT entry, seq, NULL FROM ", " WHERE entry NOT NULL ORDER BY entry"),
        }
    }

    fn targets(self) -> &'static str {
        per_kind!(self.to, "SELECT key, seq, person FROM ", " ORDER BY key")
    }

    /// The index that is walked; made when something refers to the kind.
    fn index(self) -> &'static str {
        match self.to {
            Kind::Person => "CREATE INDEX IF NOT EXISTS person_key ON person (key)",
            Kind::Referral => "CREATE INDEX IF NOT EXISTS referral_key ON referral (key)",
            _ => "CREATE INDEX IF NOT EXISTS entry_key ON entry (key)",
        }
    }

    /// How the store is asked for it. What is known of an entry travels with it: the store is not asked
    /// for those.
    fn known_key(self, key: &[u8]) -> Option<KnownKey> {
        match self.to {
            Kind::Person => Some(KnownKey::Person(PersonId::from_bytes(key.try_into().ok()?))),
            Kind::Referral => {
                let (facility, referral) = key.split_at_checked(16)?;
                let facility = FacilityId::from_bytes(facility.try_into().ok()?);
                let referral = ReferralId::from_bytes(referral.try_into().ok()?);
                Some(KnownKey::Referral(ReferralKey { facility, referral }))
            }
            _ => None,
        }
    }
}

impl Check<'_> {
    /// Finds the lines whose reference leads nowhere, or to what is another person's.
    pub(super) async fn link(&mut self, link: Link) -> Result<()> {
        let connection = self.connection;
        if self.staged.count(link.from) == 0 {
            return Ok(());
        }
        connection.execute_batch(link.index())?;
        let mut references = connection.prepare(link.references())?;
        let mut targets = connection.prepare(link.targets())?;
        let mut targets = Targets { rows: targets.query([])?, key: None, person: None };
        let mut references = references.query([])?;
        let mut asked = Asked { link, keys: Vec::new(), lines: Vec::new() };
        while let Some(row) = references.next()? {
            let seq = seq_at(row, 1)?;
            let key = blob_at(row, 0)?;
            if self.ledger.is_replaced(seq) {
                continue;
            }
            if targets.has(key, &self.ledger)? {
                // Of what the store has the store says this.
                let person: Option<[u8; 16]> = row.get(2)?;
                if person.is_some() && person != targets.person {
                    self.ledger.fault(seq, LineFault::new(link.key(), "belongs to another person"));
                }
                continue;
            }
            match link.known_key(key) {
                Some(key) => asked.add(key, seq),
                None => self.ledger.fault(seq, no_such(link.key(), "entry")),
            }
            if asked.is_full() {
                asked.answer(self.store, &mut self.ledger).await?;
            }
        }
        asked.answer(self.store, &mut self.ledger).await
    }
}

/// The good lines that can be referred to, walked in the order of their keys.
struct Targets<'s> {
    rows: Rows<'s>,
    /// The key reached, once there is one.
    key: Option<Vec<u8>>,
    /// Whose that line is.
    person: Option<[u8; 16]>,
}

impl Targets<'_> {
    /// Whether a good line has this key. To be asked in the order of the keys.
    fn has(&mut self, key: &[u8], ledger: &Ledger) -> Result<bool> {
        while self.key.as_deref().is_none_or(|reached| reached < key) {
            let Some(row) = self.rows.next()? else { return Ok(false) };
            if !ledger.is_out(seq_at(row, 1)?) {
                let reached = blob_at(row, 0)?;
                let kept = self.key.get_or_insert_default();
                kept.clear();
                kept.extend_from_slice(reached);
                self.person = row.get(2)?;
            }
        }
        Ok(self.key.as_deref() == Some(key))
    }
}

/// What the store is to be asked for, and who waits for the answer.
struct Asked {
    link: Link,
    keys: Vec<KnownKey>,
    /// Lines, with the index of their key.
    lines: Vec<(usize, Seq)>,
}

impl Asked {
    fn add(&mut self, key: KnownKey, seq: Seq) {
        if self.keys.last() != Some(&key) {
            self.keys.push(key);
        }
        self.lines.push((self.keys.len() - 1, seq));
    }

    fn is_full(&self) -> bool {
        self.keys.len() >= PAGE || self.lines.len() >= WAITING
    }

    async fn answer(&mut self, store: &dyn Store, ledger: &mut Ledger) -> Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let known = store.known(&self.keys).await?;
        let object = if self.link.to == Kind::Person { "person" } else { "referral" };
        for (index, seq) in self.lines.drain(..) {
            match known.get(index) {
                Some(true) => (),
                Some(false) => ledger.fault(seq, no_such(self.link.key(), object)),
                None => return Err(ImportError::Bug("the store answered fewer keys than it was asked")),
            }
        }
        self.keys.clear();
        Ok(())
    }
}
