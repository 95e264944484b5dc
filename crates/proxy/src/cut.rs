//! How a connection ends.

/// How a connection ends, to each of its two sides.
///
/// A side that is not told is *half-open*: its connection stays, nothing passes on it, and it hears
/// of the end only when it gives up by itself, the connection is cut otherwise, or the proxy is
/// [healed](crate::Proxy::heal), which resets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cut {
    /// Both sides hear an orderly end (FIN), behind what has passed.
    Close,
    /// Both sides hear that the connection is broken (RST).
    Reset,
    /// Neither side is told.
    Silence,
    /// The server hears an orderly end, the client is not told: as if a router between them had
    /// forgotten the connection.
    CloseToServer,
    /// The client hears an orderly end, the server is not told: as if the client's host had lost
    /// its power, seen from the server.
    CloseToClient,
}

/// What becomes of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Close,
    Reset,
    Silence,
}

impl Cut {
    /// What becomes of the client's side, and of the server's.
    pub(crate) const fn sides(self) -> (Side, Side) {
        match self {
            Self::Close => (Side::Close, Side::Close),
            Self::Reset => (Side::Reset, Side::Reset),
            Self::Silence => (Side::Silence, Side::Silence),
            Self::CloseToServer => (Side::Silence, Side::Close),
            Self::CloseToClient => (Side::Close, Side::Silence),
        }
    }
}
