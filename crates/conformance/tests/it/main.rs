//! The embedded server, held against what real servers answered and against the suite.

mod differential;
#[cfg(unix)]
mod ensemble;
mod suite;
mod transcripts;
