//! I6: a refused booking leaves its audit record and nothing else; one that hangs up leaves all of
//! a booking or nothing of it.

mod catalogue;
mod hang_up;
