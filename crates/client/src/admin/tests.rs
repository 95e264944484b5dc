//! Recorded answers of real servers, arbitrary bytes, and an exchange with servers that misbehave.

mod exchanges;
mod properties;
mod recorded;
