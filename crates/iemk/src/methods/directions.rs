//! `GET /iemk/directions`: the person's referrals, and how each of them stands.

use serde::Serialize;
use talon_app::{App, ReferralView};
use talon_domain::{
    audit::Action,
    booking::Refusal,
    referral::{Referral, ReferralKind},
};
use talon_tokens::Identity;

use super::visit_data::fillings;
use crate::{
    answer::Done,
    call::{Call, Outcome},
    catalogue,
    failure::failed,
    language::Language,
    local_text::iso_day,
    model::{EntryDto, LpuDto, SpecialityDto},
    reading::asked,
    shape::read_standing,
};

/// All of them, or those that stand as asked for.
pub(crate) async fn directions(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let standing = asked(app, call, &identity, Action::ReadReferrals, read_standing).await?;
    let found =
        app.referrals(&identity, standing, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    let directions = found.iter().map(|view| DirectionDto::of(view, call.language)).collect();
    Ok(Done::of("ok", &DirectionsDto { directions }))
}

/// The answer's model.
#[derive(Serialize)]
struct DirectionsDto<'a> {
    directions: Vec<DirectionDto<'a>>,
}

#[derive(Serialize)]
struct DirectionDto<'a> {
    direction_id: String,
    number: &'a str,
    kind: Option<&'static str>,
    speciality: SpecialityDto<'a>,
    lpu_from: LpuDto<'a>,
    lpu_to: Option<LpuDto<'a>>,
    resource_id: Option<String>,
    issued: String,
    valid_until: String,
    state: &'static str,
    reason: Option<&'static str>,
    message: Option<String>,
    entry: Option<EntryDto<'a>>,
}

impl<'a> DirectionDto<'a> {
    fn of(view: &'a ReferralView, language: Language) -> Self {
        let referral: &Referral = &view.referral;
        Self {
            direction_id: referral.key.to_string(),
            number: &referral.number,
            kind: referral.kind.map(ReferralKind::code),
            speciality: SpecialityDto::of(&referral.specialty, view.specialty.as_deref()),
            lpu_from: LpuDto::of(&view.issuer),
            lpu_to: view.target.as_deref().map(LpuDto::of),
            resource_id: referral.resource.map(|resource| resource.to_string()),
            issued: iso_day(referral.issued),
            valid_until: iso_day(referral.valid_until),
            state: view.standing.code(),
            reason: view.refusal.as_ref().map(Refusal::slug),
            message: view.refusal.as_ref().map(|refusal| message(refusal, language)),
            entry: view.entry.as_ref().map(EntryDto::of),
        }
    }
}

/// What a booking would be told.
fn message(refusal: &Refusal, language: Language) -> String {
    catalogue::find(refusal.slug()).message(language, &fillings(refusal))
}
