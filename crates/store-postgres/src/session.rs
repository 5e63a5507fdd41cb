//! What a command sees of the store while it runs: the open transaction, and reference data that is
//! never older than that transaction.

use std::sync::{Arc, PoisonError, RwLock};

use talon_domain::{event::Subscription, reference::Reference, waiting::OfferTerms};

use crate::{failure::Result, reference, transaction::Tx};

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
pub(crate) struct Session<'t> {
    /// It.
    pub(crate) tx: &'t Tx,
    /// The reference data as the transaction saw it when the session began.
    pub(crate) reference: Arc<Reference>,
    /// How long offers stand.
    pub(crate) offers: OfferTerms,
    /// Who is told of events.
    pub(crate) hooks: Arc<[Subscription]>,
}

impl<'t> Session<'t> {
    /// A session in a transaction that has just begun.
    pub(crate) async fn begin(tx: &'t Tx, published: &Published) -> Result<Self> {
        let (offers, hooks) = (published.offers, Arc::clone(&published.hooks));
        Ok(Self { tx, reference: reference::current(tx, published).await?, offers, hooks })
    }
}
