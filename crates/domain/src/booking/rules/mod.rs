//! The rules, one function each, in the contract's order (section 3, steps 4 to 6).

mod patient;
mod referral;
mod slot;

use crate::booking::{Case, Refusal};

pub(super) use referral::admits_a_visit;
pub(super) use slot::{has_begun, last_day_of_window};

/// A rule: the case is allowed, or the reason it is not.
pub type Rule = fn(&Case<'_>) -> Result<(), Refusal>;

/// Steps 4 and 5, after the referral is found and found not to be a repetition.
pub const RULES: &[Rule] = &[
    referral::kind_is_recorded,
    referral::is_not_closed,
    referral::is_valid_today,
    referral::is_not_used,
    referral::matches_what_is_asked,
    patient::is_a_child_in_a_childrens_facility,
    patient::may_book_at_a_distance,
    patient::is_on_the_dispensary_register,
    patient::has_no_other_visit_of_the_specialty,
    patient::has_no_visit_at_the_time,
    patient::is_of_the_age_group,
    patient::has_not_given_up_too_often,
];

/// Step 6. A refusal from here on can be helped by another time.
pub const SLOT_RULES: &[Rule] = &[
    slot::resource_is_known,
    slot::cell_is_known,
    slot::resource_is_not_absent,
    slot::has_not_begun,
    slot::is_within_the_window,
    slot::is_open_to_the_caller,
    slot::has_a_free_place,
];
