//! Schedules: templates, and the slots that they make.

mod check;
mod expand;
mod template;

pub use check::TemplateFault;
pub use expand::expand;
pub use template::{DayPart, DayRelease, Exception, Parity, Template};
