//! The statistics of a znode.

use super::{SessionId, Zxid};
use crate::wire::record;

record! {
    #[fixed]
    /// What a server knows about a znode besides its data: 68 bytes (jute `Stat`).
    #[derive(Copy, Default, Hash)]
    pub struct Stat {
        /// The transaction that created the znode.
        pub czxid: Zxid,
        /// The transaction that last set its data.
        pub mzxid: Zxid,
        /// When it was created: the leader's clock, milliseconds since the Unix epoch.
        pub ctime: i64,
        /// When its data was last set: the leader's clock, milliseconds since the Unix epoch.
        pub mtime: i64,
        /// How often its data was set.
        pub version: i32,
        /// How often its children changed. A server computes it as twice the children ever
        /// created less those there are, so a new server's `/` has -1.
        pub cversion: i32,
        /// How often its ACL was set.
        pub aversion: i32,
        /// The session it goes with; zero if it is not ephemeral. Containers and TTL nodes show
        /// zero too.
        pub ephemeral_owner: SessionId,
        /// Length of the data in bytes; zero for null data as for empty data.
        pub data_length: i32,
        /// How many children it has.
        pub num_children: i32,
        /// The transaction that last created or deleted a child; `czxid` at first.
        pub pzxid: Zxid,
    }
}

impl Stat {
    /// Length on the wire, in bytes.
    pub const LENGTH: usize = <Self as crate::wire::Field>::AT_LEAST;

    /// One of each field, all different: a sample for tests.
    #[must_use]
    pub const fn sample() -> Self {
        Self {
            czxid: Zxid(0x1_0000_0002),
            mzxid: Zxid(0x1_0000_0007),
            ctime: 1_700_000_000_123,
            mtime: 1_700_000_000_456,
            version: 3,
            cversion: -1,
            aversion: 1,
            ephemeral_owner: SessionId(0x0100_018f_0000_0000),
            data_length: 5,
            num_children: 2,
            pzxid: Zxid(0x1_0000_0009),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_takes_68_bytes() {
        assert_eq!(Stat::LENGTH, 68);
        assert_eq!(crate::wire::encode(&Stat::sample()).len(), 68);
    }
}
