//! What members tell one another.

/// On its way from a member to another, or to itself.
#[derive(Debug)]
pub struct Message {
    from: usize,
    to: usize,
}

impl Message {
    /// Who sent it.
    #[must_use]
    pub const fn from(&self) -> usize {
        self.from
    }

    /// Who is to get it.
    #[must_use]
    pub const fn to(&self) -> usize {
        self.to
    }
}
