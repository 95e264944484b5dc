//! The embedded server, held against what real servers answered and against the suite.

mod differential;
mod suite;
mod transcripts;
