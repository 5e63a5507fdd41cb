//! Schedules: templates, and the slots that they make.

mod template;

pub use template::{DayPart, Exception, Parity, Template};
