//! Which page of a list, and how long a page is.

use talon_app::Page;

use super::{
    field::{Fault, number},
    parameters::Parameters,
};

/// Items on a page, where the request does not say.
const USUAL_COUNT: u16 = 20;

/// Items on a page at most: an answer's size is bounded whatever the request.
const MOST_ON_A_PAGE: u16 = 50;

/// Reads `page`, the first by default, and `count`.
pub(super) fn page(parameters: &mut Parameters) -> Page {
    let page = parameters.optional("page", |text| number(text).filter(|page| *page > 0).ok_or(Fault::Page));
    let count = parameters.optional("count", |text| {
        number(text).filter(|count| (1..=MOST_ON_A_PAGE).contains(count)).ok_or(Fault::Count)
    });
    Page { number: page.unwrap_or(1), count: count.unwrap_or(USUAL_COUNT) }
}
