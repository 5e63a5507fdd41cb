//! `GET /lpu/{lpu}/doctor/{resource}/schedule/{date}` and `…/{from}/{to}`: a resource's cells.

use serde::Serialize;
use talon_app::{App, CellsRequest, CellsView};
use talon_domain::{
    access::{NO_RIGHTS, Right, Rights},
    audit::Action,
    booking::CellView,
};
use talon_tokens::Identity;

use super::visit_data::fillings;
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    failure::failed,
    local_text::{iso_day, minute},
    reading::asked,
    shape::{FieldFault, Parameters, read_cells_of_a_day, read_cells_of_days},
};

/// Those of one day.
pub(crate) async fn of_a_day(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    cells(app, call, identity, read_cells_of_a_day).await
}

/// Those of some days, first and last included.
pub(crate) async fn of_days(app: &App, call: &mut Call, identity: Identity) -> Outcome {
    cells(app, call, identity, read_cells_of_days).await
}

async fn cells(
    app: &App,
    call: &mut Call,
    identity: Identity,
    read: fn(Parameters) -> Result<CellsRequest, Vec<FieldFault>>,
) -> Outcome {
    let asked = asked(app, call, &identity, Action::ReadFreeTimes, read).await?;
    match app.cells(&identity, &asked, call.request).await.map_err(|failure| failed(&failure, call.request.id))? {
        Ok(found) => Ok(Done::of("ok", &CellsDto::of(&found))),
        Err(refusal) => Err(Box::new(Problem { fillings: fillings(&refusal), ..Problem::of(refusal.slug()) })),
    }
}

/// The answer's model (family).
#[derive(Serialize)]
struct CellsDto {
    items: Vec<CellDto>,
}

#[derive(Serialize)]
struct CellDto {
    guid: String,
    resource_id: String,
    date: String,
    time_from: String,
    time_to: String,
    status: &'static str,
    #[serde(rename = "flagAccess")]
    flag_access: bool,
    #[serde(rename = "bookingSource")]
    booking_source: Vec<&'static str>,
    count: u16,
}

impl CellsDto {
    fn of(found: &CellsView) -> Self {
        let resource_id = found.resource.key.to_string();
        Self { items: found.cells.iter().map(|cell| CellDto::of(cell, &resource_id)).collect() }
    }
}

impl CellDto {
    fn of(view: &CellView, resource_id: &str) -> Self {
        Self {
            guid: view.cell.slot.key.slot.to_string(),
            resource_id: resource_id.to_owned(),
            date: iso_day(view.day),
            time_from: minute(view.from),
            time_to: minute(view.to),
            status: view.status.code(),
            flag_access: view.is_open,
            booking_source: words(view.rights),
            count: view.cell.free,
        }
    }
}

/// The rights as the region file writes them.
fn words(rights: Rights) -> Vec<&'static str> {
    match rights == Rights::default() {
        true => vec![NO_RIGHTS],
        false => rights.iter().map(Right::code).collect(),
    }
}
