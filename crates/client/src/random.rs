//! Numbers that only have to differ: jitter, and the ids of protected znodes.

use std::sync::atomic::{AtomicU64, Ordering};

use zookit_proto::SessionId;

/// SplitMix64 (Steele, Lea, Flood 2014), shared by all clones of a client.
#[derive(Debug)]
pub(crate) struct Random(AtomicU64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    pub(crate) const fn with_seed(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        mix(self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA))
    }

    /// At most `bound`.
    pub(crate) fn up_to(&self, bound: u64) -> u64 {
        // The upper half of the product: the bias is below 2^-64 times the bound.
        ((u128::from(self.next()) * (u128::from(bound) + 1)) >> 64) as u64
    }

    /// A UUID of version 4. Of two clients with the same seed the sessions make it differ.
    pub(crate) fn uuid(&self, session: SessionId) -> String {
        let [high, low] = [mix(self.next() ^ session.0 as u64), self.next()];
        let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The reference implementation's first numbers for the seed 1234567.
        let random = Random::with_seed(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_bound_is_reached_and_kept() {
        let random = Random::with_seed(7);
        let drawn: Vec<u64> = (0..200).map(|_| random.up_to(3)).collect();
        assert!(
            (0..=3).all(|value| drawn.contains(&value)) && drawn.iter().all(|value| *value <= 3)
        );
        assert_eq!(random.up_to(0), 0);
    }

    #[test]
    fn an_id_has_the_form_of_a_uuid_and_sessions_make_it_differ() {
        let ids = [1, 2].map(|session| Random::with_seed(7).uuid(SessionId(session)));
        assert_ne!(ids[0], ids[1]);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(&id[14..15], "4");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }
}
