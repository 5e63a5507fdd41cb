//! What a command sees of the store while it runs: the connection inside the open transaction, and
//! reference data that is never older than that transaction.

use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;
use talon_domain::{event::Subscription, message::Message, reference::Reference, waiting::OfferTerms};

use crate::{failure::Result, reference};

/// The newest reference data that is committed, for everybody, and what the operator chose.
#[derive(Default)]
pub(crate) struct Published {
    data: RwLock<(i64, Arc<Reference>)>,
    /// How long offers stand.
    pub(crate) offers: OfferTerms,
    /// Who is told of events.
    pub(crate) hooks: Arc<[Subscription]>,
}

impl Published {
    pub(crate) fn new(offers: OfferTerms, hooks: Arc<[Subscription]>) -> Self {
        Self { offers, hooks, ..Self::default() }
    }

    pub(crate) fn get(&self) -> (i64, Arc<Reference>) {
        self.data.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the data by that of a newer generation; an older one is dropped.
    pub(crate) fn set(&self, generation: i64, data: Arc<Reference>) {
        let mut current = self.data.write().unwrap_or_else(PoisonError::into_inner);
        if generation > current.0 {
            *current = (generation, data);
        }
    }
}

/// The open transaction.
pub(crate) struct Session<'c> {
    /// The writing connection.
    pub(crate) connection: &'c Connection,
    /// Messages that the planted bug `outbox-outside` keeps back.
    pub(crate) held_back: Vec<Message>,
    /// How long offers stand.
    pub(crate) offers: OfferTerms,
    /// Who is told of events.
    pub(crate) hooks: Arc<[Subscription]>,
    generation: i64,
    reference: Arc<Reference>,
}

impl<'c> Session<'c> {
    /// A session in a transaction that has just begun.
    pub(crate) fn begin(connection: &'c Connection, published: &Published) -> Result<Self> {
        let (generation, reference) = published.get();
        let (offers, hooks) = (published.offers, Arc::clone(&published.hooks));
        let mut session = Self { connection, held_back: Vec::new(), offers, hooks, generation, reference };
        session.refresh()?;
        Ok(session)
    }

    /// Reads the reference data again if this transaction sees other data than was read before.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        let generation = reference::generation(self.connection)?;
        if generation != self.generation {
            self.reference = Arc::new(reference::load(self.connection)?);
            self.generation = generation;
        }
        Ok(())
    }

    /// The reference data as this transaction sees it.
    pub(crate) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.reference)
    }

    /// Makes the reference data known to everybody, once the transaction is committed.
    pub(crate) fn publish(self, published: &Published) {
        published.set(self.generation, self.reference);
    }
}
