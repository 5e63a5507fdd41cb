//! `DELETE /iemk/doctors/visit/{visitId}`: gives an appointment up.

use talon_app::{App, Unchanged};
use talon_domain::{audit::Action, booking::ChangeRefusal, history::CancelReason, ids::EntryKey};
use talon_tokens::Identity;

use super::{book::admitted, recorded::recorded, visit_data::after_registry};
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    content_type::is_json,
    failure::failed,
    language::Language,
    local_text::span,
    shape::read_cancel,
};

const CANCELLED: (&str, &str) = ("Запись на приём отменена", "The appointment is cancelled");

/// An entry that is cancelled already is answered alike: a repeated request after a lost answer is
/// not an error.
pub(crate) async fn cancel(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let request = call.request;
    admitted(app, call, &identity)?;
    let (entry, reason) = match read(call).await {
        Ok(read) => read,
        Err(problem) => return Err(recorded(app, request, &identity, Action::Cancel, problem).await),
    };
    match app.cancel(&identity, entry, reason, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(()) => Ok(Done::standard(CANCELLED, call)),
        Err(unchanged) => Err(Box::new(refusal(app, call.language, unchanged))),
    }
}

async fn read(call: &mut Call) -> Result<(EntryKey, Option<CancelReason>), Box<Problem>> {
    if !is_json(&call.headers) {
        return Err(Box::new(Problem::of("content-type-unsupported")));
    }
    let body = call.body().await?;
    read_cancel(call.segment("visitId"), &body).map_err(|errors| Box::new(Problem::validation(errors)))
}

/// Why an entry stays as it is. Who can help is the registry, so its telephone is named.
pub(super) fn refusal(app: &App, language: Language, unchanged: Unchanged) -> Problem {
    let mut fillings = vec![("телефон", after_registry(unchanged.phone.as_deref()))];
    if unchanged.refusal == ChangeRefusal::TooLate {
        fillings.push(("срок", span(app.cancel_cutoff(), language)));
    }
    Problem { fillings, ..Problem::of(unchanged.refusal.slug()) }
}
