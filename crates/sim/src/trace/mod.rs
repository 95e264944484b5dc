//! What a run is told apart by: the hash of all that happened, and a line per event for who looks.

pub(crate) mod frames;

use std::fmt::Arguments;
use std::io::Write as _;

/// What happened, as one number; and as text, if somebody looks.
#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    printing: bool,
}

impl Trace {
    /// Only the hash.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// Prints a line per event to standard output.
    #[must_use]
    pub const fn printing() -> Self {
        Self { hash: 0, printing: true }
    }

    /// Whether lines are printed: they are not made for nobody.
    #[must_use]
    pub const fn is_printing(&self) -> bool {
        self.printing
    }

    /// Takes a number into the hash.
    pub const fn mix(&mut self, number: u64) {
        self.hash = mixed(self.hash, number);
    }

    /// Takes bytes into the hash, and how many they are.
    pub fn mix_bytes(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            self.mix(u64::from_le_bytes(*word));
            rest = behind;
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
        self.mix(bytes.len() as u64);
    }

    /// Prints a line, after the time.
    pub fn line(&mut self, nanos: u64, what: Arguments<'_>) {
        if self.printing {
            let (seconds, micros) = (nanos / 1_000_000_000, nanos / 1000 % 1_000_000);
            // Whoever closes the pipe has read enough.
            let line = format!("{seconds:>4}.{micros:06}  {what}\n");
            if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
                self.printing = false;
            }
        }
    }

    /// The hash of all that happened so far.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        mixed(self.hash, self.hash >> 29)
    }
}

/// One number into another, as in FxHash: fast, and good enough to tell runs apart.
#[must_use]
pub const fn mixed(hash: u64, number: u64) -> u64 {
    let hash = (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_knows_order_and_bounds() {
        let of = |parts: &[&[u8]]| {
            let mut trace = Trace::silent();
            parts.iter().for_each(|part| trace.mix_bytes(part));
            trace.hash()
        };
        let all = [
            of(&[b"12345678", b"9"]),
            of(&[b"9", b"12345678"]),
            of(&[b"123456789"]),
            of(&[b"1234567", b"89"]),
            of(&[b"123456789\0"]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }
}
