//! Carries a script out on a server, and notes all that its clients see.
//!
//! What is noted is the same on two servers that behave alike: zxids count from the one at which
//! the script began, sessions from the first of the script, system znodes from what they were like
//! before, lists without an order are sorted, and dates are left out (but that all dates of one
//! transaction are one date is checked).

mod item;
mod prologue;
mod side;
mod view;

pub use item::{Item, Moment, Seen};
pub use prologue::{Beginning, tidy};
pub use side::observe;
