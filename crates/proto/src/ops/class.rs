//! What becomes of a request when the connection is lost.

/// The class of an operation. `docs/FATES.md` has the outcome of each class in each case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Changes nothing: kept in order until its deadline and sent again on the next connection.
    Read,
    /// Changes something: never sent twice. When it left and no answer came, nobody knows.
    Write,
    /// Adds or removes watches, which live and die with the connection.
    Watch,
    /// Belongs to one connection and is made anew for the next: ping, auth, SASL, setWatches.
    Connection,
    /// Ends the session.
    Close,
    /// Not for clients to send: what servers say by themselves or write into their log.
    Internal,
}
