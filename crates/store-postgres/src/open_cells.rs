//! Cells that are open to those who look for free times: a few of each of many resources at a time.

use std::hash::Hash;

use talon_domain::{
    access::Rights,
    booking::{Case, Places},
    ids::{PersonId, ResourceKey},
    slot::Slot,
};
use tokio_postgres::Row;

use crate::{
    columns::{column, get, guids},
    failure::Result,
    slots::{self, CELL_COLUMNS, cell_columns, taken_columns},
    transaction::Tx,
};

/// A resource's cells between two seconds, which are read from one end on.
pub(crate) struct Window {
    resource: ResourceKey,
    /// By which its callers may book there.
    rights: Rights,
    /// Somebody with a card in the facility: [`read`] tells why.
    card_of: PersonId,
    /// Cells that begin in a later second are still to be read.
    pub(crate) after: i64,
    /// Cells that begin in an earlier second are still to be read.
    until: i64,
    pub(crate) order: Order,
    /// Whether nothing is left in it.
    pub(crate) is_read: bool,
}

/// From which end on a window is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    EarliestFirst,
    LatestFirst,
}

/// Who looks into windows.
#[derive(Clone, Copy)]
pub(crate) struct Viewers<'a> {
    /// What one of them holds is read, for that person could have it.
    pub(crate) persons: &'a [PersonId],
    /// The latest present of them all, in microseconds: by then the most is released, and the least is held.
    pub(crate) now: i64,
}

/// Reads the next cells of windows that have the same order, and gives each to `found` with the window's place among
/// them: those open to the window's callers of which one of the viewers could have a place, for of a busy resource
/// nearly all are somebody else's; each with who has its places. Of each window at most `page` rows, for each is looked up
/// among the places that are taken.
///
/// Citus takes a `LIMIT` for each window only if the window comes out of a table that lies with the cells, not out of
/// `unnest`: it is a viewer's card there, without which nothing is free. (Should that person be removed in this moment,
/// those who share the window find nothing in it.) Without `DISTINCT` the planner would make one join of both, and the
/// window would come out of `unnest` again.
///
/// The `LIMIT` of the claims is no fewer than a cell can have, and keeps them from being joined by the facility alone. A
/// plan made while there were hardly any would do so, for the window names the facility, and go through all of its claims
/// for each cell.
pub(crate) async fn read(
    tx: &Tx,
    windows: &mut [&mut Window],
    page: usize,
    viewers: Viewers<'_>,
    mut found: impl FnMut(usize, Slot, &Places),
) -> Result<()> {
    macro_rules! open_cells {
        ($order:literal) => {
            concat!(
                "SELECT q.nth, ",
                cell_columns!(),
                ", s.place, s.expires, s.entry, s.holder \
                 FROM (SELECT DISTINCT q.nth, c.facility, q.resource, q.after, q.until, q.allowed \
                 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::int[]) \
                 WITH ORDINALITY AS q(facility, person, resource, after, until, allowed, nth) \
                 JOIN card c ON c.facility = q.facility AND c.person = q.person) q \
                 CROSS JOIN LATERAL (SELECT s.*, ",
                taken_columns!(),
                " FROM slot s LEFT JOIN LATERAL (SELECT c.* FROM claim_place c \
                 WHERE c.facility = s.facility AND c.slot = s.slot LIMIT 65535) c ON true \
                 WHERE s.facility = q.facility AND s.resource = q.resource AND s.start > q.after AND s.start < q.until \
                 AND NOT s.absent AND (s.rights & q.allowed <> 0 \
                 OR s.release_rights & q.allowed <> 0 AND s.release_at <= $7::bigint / 1000000) \
                 AND (s.places <= 1 OR s.places > (SELECT count(*) FROM claim_place f \
                 WHERE f.facility = s.facility AND f.slot = s.slot \
                 AND (f.expires IS NULL OR f.expires > $7 AND f.holder <> ALL($8)))) \
                 AND (s.places > 1 OR c.place IS NULL OR c.expires <= $7 OR c.holder = ANY($8)) \
                 ORDER BY s.start ",
                $order,
                " LIMIT $9) s ORDER BY q.nth, s.start ",
                $order
            )
        };
    }
    let Some(first) = windows.first() else { return Ok(()) };
    let sql = match first.order {
        Order::EarliestFirst => open_cells!("ASC"),
        Order::LatestFirst => open_cells!("DESC"),
    };
    let rows = tx
        .query(
            sql,
            params![
                guids(windows, |window| window.resource.facility.0),
                guids(windows, |window| window.card_of.0),
                guids(windows, |window| window.resource.resource.0),
                column(windows, |window| window.after),
                column(windows, |window| window.until),
                column(windows, |window| i32::from(window.rights.bits())),
                viewers.now,
                guids(viewers.persons, |person| person.0),
                i64::try_from(page).unwrap_or(i64::MAX)
            ],
        )
        .await?;
    let mut rows = &rows[..];
    for (nth, window) in windows.iter_mut().enumerate() {
        let (own, others) = rows.split_at(rows.iter().take_while(|row| is_of(row, nth)).count());
        window.pass(own, page, |slot, places| found(nth, slot, places))?;
        rows = others;
    }
    Ok(())
}

impl Window {
    /// The cells of the case's resource that begin later than one second and earlier than another, for the case's caller.
    pub(crate) fn of(case: &Case<'_>, after: i64, until: i64, order: Order) -> Option<Self> {
        let (resource, card_of) = (case.resource_key()?, case.patient.person.id);
        Some(Self { resource, rights: case.rights(), card_of, after, until, order, is_read: false })
    }

    /// What is the same of windows with the same cells.
    pub(crate) fn key(&self) -> impl Eq + Hash + use<> {
        (self.resource, self.rights.bits(), self.after, self.until, self.order)
    }

    /// Goes through its next rows, of which at most `page` were asked for.
    fn pass(&mut self, rows: &[Row], page: usize, mut found: impl FnMut(Slot, &Places)) -> Result<()> {
        self.is_read = rows.len() < page;
        // A cell of several places comes once for each that somebody has, the last one perhaps not with all of them: it
        // is read again with the next page, which is larger.
        let cut = rows.last().and_then(start).filter(|_| !self.is_read);
        for cell in rows.chunk_by(|row, next| start(row) == start(next)) {
            let Some(row) = cell.first().filter(|row| cut.is_none() || start(row) != cut) else { continue };
            let slot = slots::read_of(self.resource, row, 1)?;
            let mut places = Places::default();
            for row in cell {
                slots::note_place(&mut places, row, 1 + CELL_COLUMNS)?;
            }
            found(slot, &places);
        }
        match (cut, self.order) {
            (None, _) => {}
            (Some(cut), Order::EarliestFirst) => self.after = cut - 1,
            (Some(cut), Order::LatestFirst) => self.until = cut + 1,
        }
        Ok(())
    }
}

/// Whether a row is of this window; the server counts from 1.
fn is_of(row: &Row, nth: usize) -> bool {
    get::<i64>(row, 0).is_ok_and(|of| usize::try_from(of) == Ok(nth + 1))
}

/// When the cell of a row begins. What cannot be read is told of by [`slots::read_of`].
fn start(row: &Row) -> Option<i64> {
    get(row, 1).ok()
}
