//! Barriers: many wait until they may go on.
//!
//! * [`single`]: somebody holds all others up, and lets them go.
//! * [`double`]: a number of members begin together, and end together.

pub mod double;
pub mod single;
