//! Whether a server is a ZooKeeper: the same questions to ours and to real ones, and their answers
//! compared.
//!
//! * [`target`]: servers: over TCP, or ours as a value, without sockets and in virtual time.
//! * [`wire`]: a raw client that says what it is told to and shows all that it hears.
//! * [`script`]: what several sessions do, step by step, as text and as values.
//! * [`observe`]: carries a script out and notes all that a client can see, in a form in which two
//!   servers can be compared: clocks, session ids and the zxids at which it began do not show.
//! * [`generate`]: random scripts from a seed.
//! * [`differential`]: scripts on two servers, the shortest script that shows a difference, and the
//!   table of what was met.
//! * [`suite`]: named cases, each a fact of the protocol.
//! * [`ensemble`]: facts of an ensemble, shown on our model of one and on a real one.
//! * [`transcript`]: what real servers answered, kept to be compared without Java.

pub mod differential;
pub mod ensemble;
pub mod generate;
pub mod observe;
pub mod script;
pub mod suite;
pub mod target;
pub mod transcript;
pub mod wire;

/// What the work here ends with: an error is a sentence for a person.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
