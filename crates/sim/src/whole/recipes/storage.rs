//! Something outside of ZooKeeper that holders write to: a counter that they read, and write back
//! with one more.

use zookit_client::Zxid;

/// A counter, which compares tokens or does not.
#[derive(Debug, Default)]
pub(super) struct Storage {
    value: u64,
    /// Of all that it was shown.
    greatest: Zxid,
    /// Whether who shows a lower token than the greatest is sent away.
    compares: bool,
    lost: u64,
}

/// Somebody has shown a greater token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stale;

impl Storage {
    pub(super) fn new(compares: bool) -> Self {
        Self { compares, ..Self::default() }
    }

    /// A read counts as a sight of the token too: else who read before it, and holds no more, could
    /// write what this reader does not know of.
    pub(super) fn read(&mut self, token: Zxid) -> Result<u64, Stale> {
        self.show(token)?;
        Ok(self.value)
    }

    /// Writes one more than was read.
    pub(super) fn add_one(&mut self, token: Zxid, read: u64) -> Result<(), Stale> {
        self.show(token)?;
        if self.value != read {
            self.lost += 1;
        }
        self.value = read + 1;
        Ok(())
    }

    fn show(&mut self, token: Zxid) -> Result<(), Stale> {
        if self.compares && token < self.greatest {
            return Err(Stale);
        }
        self.greatest = self.greatest.max(token);
        Ok(())
    }

    /// How many updates were overwritten by somebody who had not read them.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_that_is_overwritten_unread_is_counted_and_a_token_prevents_it() {
        for compares in [false, true] {
            let mut storage = Storage::new(compares);
            let read = storage.read(Zxid(1)).unwrap();
            // The next one holds, and the first does not know.
            let next = storage.read(Zxid(2)).unwrap();
            storage.add_one(Zxid(2), next).unwrap();
            let stale = storage.add_one(Zxid(1), read);
            assert_eq!(stale.is_err(), compares);
            assert_eq!(storage.lost(), u64::from(!compares));
        }
    }
}
