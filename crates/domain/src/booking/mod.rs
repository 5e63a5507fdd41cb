//! Booking by referral: the command, the facts a decision needs, the rules, the refusals.

mod alternatives;
mod cancel;
mod case;
mod change;
mod churn;
mod command;
mod decide;
mod facts;
mod free_times;
mod hold;
mod moving;
mod openness;
mod outcome;
mod places;
mod refusal;
mod rules;
mod standing;

pub use alternatives::{FreeTime, MOST_ALTERNATIVES, bookable, free_time, may_offer, nearest, rights};
pub use cancel::{CancelCommand, Cancelled, decide_cancel};
pub use case::Case;
pub use change::{ChangeRefusal, may_change};
pub use churn::{ChurnTerms, GivenUp, Pause};
pub use command::{BookCommand, IdempotencyKey, NewIds};
pub(crate) use decide::case_of;
pub use decide::{Decision, decide};
pub use facts::{Cell, Facts, KnownPatient, NamedReferral, Visit};
pub use free_times::{
    DayTimes, FacilityTimes, FreeCell, FreeCells, MOST_ANYWHERE, MOST_IN_A_FACILITY, ResourceTimes, Search, arranged,
    end_of_window,
};
pub use hold::{
    GRACE, HOLD_KNOWN_FOR, Hold, HoldChange, HoldCommand, HoldDecision, HoldFacts, HoldPlan, HoldRefusal, HoldState,
    HoldTerms, decide_extension, decide_hold, decide_release,
};
pub use moving::{MoveCommand, MoveDecision, MovePlan, MoveRefusal, Moved, decide_move};
pub use openness::{Busy, CellPlaces, CellStatus, CellView, DayView, Onlooker, days};
pub use outcome::{Claim, Outcome, Plan};
pub use places::{FreePlace, Held, Places};
pub use refusal::{Occupied, Refusal};
pub use rules::{RULES, Rule, SLOT_RULES};
pub use standing::{Standing, standing};
