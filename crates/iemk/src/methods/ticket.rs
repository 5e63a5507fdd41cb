//! `GET /iemk/ticket/{entry}` and `GET /t/{link}`: the ticket, for print and for calendars.

use talon_app::{App, TicketSheet};
use talon_domain::{audit::Action, ids::EntryKey};
use talon_ticket::{Paper, STYLE, Ticket, calendar, page};
use talon_tokens::Identity;

use super::book::too_many;
use crate::{
    answer::{Done, Media, Problem},
    call::{Call, Outcome},
    failure::failed,
    language::Language,
    reading::asked,
    shape::{Fault, Parameters},
};

/// What a ticket is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Page(Paper),
    Calendar,
}

/// The caller's own ticket.
pub(crate) async fn own(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    let (entry, form) = asked(app, call, &identity, Action::ReadTicket, |mut parameters| {
        let entry = parameters.required("entry", |text| EntryKey::parse(text).map_err(|_| Fault::EntryId));
        let form = form(&mut parameters);
        parameters.finish(entry.zip(form))
    })
    .await?;
    let found =
        app.ticket(&identity, entry, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    shown(app, call, found, form)
}

/// The ticket of whoever has its link: a scan of its code opens it and changes nothing.
pub(crate) async fn linked(app: &App, call: &mut Call) -> Outcome {
    let token = call.segment("link").to_owned();
    app.admit_link(&token, call.request.from).map_err(|limited| Box::new(too_many(limited)))?;
    let mut parameters = Parameters::of(call);
    let form = form(&mut parameters);
    let form = parameters.finish(form).map_err(|errors| Box::new(Problem::validation(errors)))?;
    let found = app.linked_ticket(&token, call.request).await.map_err(|failure| failed(&failure, call.request.id))?;
    shown(app, call, found, form)
}

fn form(parameters: &mut Parameters) -> Option<Form> {
    let paper = parameters.optional("paper", |text| match text {
        "a5" => Ok(Paper::A5),
        "80mm" => Ok(Paper::Roll80),
        _ => Err(Fault::Paper),
    });
    let form = parameters.optional("format", |text| match text {
        "html" => Ok(false),
        "ics" => Ok(true),
        _ => Err(Fault::TicketFormat),
    });
    Some(match form {
        Some(true) => Form::Calendar,
        Some(false) | None => Form::Page(paper.unwrap_or(Paper::A5)),
    })
}

fn shown(app: &App, call: &Call, found: Option<TicketSheet>, form: Form) -> Outcome {
    let Some(sheet) = found else { return Err(Box::new(Problem::of("entry-not-found"))) };
    let link = sheet.link.as_ref().map(|token| app.link_address(token)).unwrap_or_default();
    let ticket = Ticket {
        entry: &sheet.entry,
        facility: &sheet.facility,
        resource: sheet.resource.as_deref(),
        specialty: sheet.specialty.as_deref(),
        referral: sheet.referral_number.as_deref(),
        link: &link,
        now: sheet.made,
    };
    let language = match call.language {
        Language::Russian => talon_ticket::Language::Russian,
        Language::English => talon_ticket::Language::English,
    };
    let (media, text) = match form {
        Form::Page(paper) => (Media::Page { style: STYLE }, page(&ticket, paper, language)),
        Form::Calendar => (Media::Calendar, calendar(&ticket, language)),
    };
    Ok(Done { outcome: "ok", body: text.into_bytes(), media })
}
