//! A person's referrals, and how each of them stands.

use std::sync::Arc;

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, Request},
    booking::{Refusal, Standing, standing},
    entry::Entry,
    facility::Facility,
    reference::Reference,
    referral::Referral,
    resource::Specialty,
};
use talon_store::OwnReferral;
use talon_tokens::Identity;

use crate::{App, EntryView, Failure, ReadRecord};

/// A referral with what is known of it.
pub struct ReferralView {
    /// The referral.
    pub referral: Referral,
    /// The facility that issued it.
    pub issuer: Arc<Facility>,
    /// The facility that it is to, when it names one.
    pub target: Option<Arc<Facility>>,
    /// Its specialty.
    pub specialty: Option<Arc<Specialty>>,
    /// How it stands.
    pub standing: Standing,
    /// Why nothing can be booked under it, where that is so.
    pub refusal: Option<Refusal>,
    /// Its live entry, if it has one.
    pub entry: Option<EntryView>,
}

impl App {
    /// The person's referrals, those issued last first; only those that stand so, if asked for.
    ///
    /// # Errors
    ///
    /// [`Failure`]
    pub async fn referrals(
        &self,
        identity: &Identity,
        standing: Option<Standing>,
        request: Request,
    ) -> Result<Vec<ReferralView>, Failure> {
        let now = self.now();
        let found = self.parts.store.referrals(identity.person).await?;
        self.record_read(identity, request, ReadRecord::of(Action::ReadReferrals, "ok")).await?;
        let reference = self.reference();
        let used = found.iter().filter_map(|own| Some(&own.used_by.as_ref()?.entry));
        let changeable = self.changeable(identity, used, now).await?;
        let may_change = |entry: &Entry| changeable.contains(&entry.key);
        let views = found.into_iter().filter_map(|own| ReferralView::of(own, &reference, now, may_change));
        Ok(views.filter(|view| standing.is_none_or(|standing| standing == view.standing)).collect())
    }
}

impl ReferralView {
    /// `None` while one of its facilities is not known yet, which can be for a second after an import.
    fn of(
        OwnReferral { referral, used_by }: OwnReferral,
        reference: &Reference,
        now: Timestamp,
        may_change: impl Fn(&Entry) -> bool,
    ) -> Option<Self> {
        let facility = |id| reference.facility(id).cloned();
        let issuer = facility(referral.key.facility)?;
        let target = match referral.to_facility {
            Some(named) => Some(facility(named)?),
            None => None,
        };
        let (standing, refusal) = standing(&referral, used_by.as_ref(), target.as_ref().unwrap_or(&issuer), now);
        let live = used_by.map(|visit| visit.entry).filter(|entry| entry.state.is_live());
        Some(Self {
            specialty: reference.specialty(&referral.specialty).cloned(),
            entry: live.and_then(|entry| EntryView::of(entry, reference, may_change)),
            issuer,
            target,
            standing,
            refusal,
            referral,
        })
    }
}
