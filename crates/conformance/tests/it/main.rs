//! The embedded server and the model of an ensemble, held against what real ones answered and
//! against facts.

mod differential;
mod ensemble;
mod suite;
mod transcripts;
