//! Adler-32, the checksum of log entries: `java.util.zip.Adler32`, which is that of RFC 1950.

/// The largest prime below 2^16.
const MODULUS: u32 = 65_521;

/// So many bytes may be summed up before the sums must be reduced (RFC 1950, section 9).
const STRETCH: usize = 5_552;

/// The checksum of these bytes.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for stretch in bytes.chunks(STRETCH) {
        for byte in stretch {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&[0xff; 100_000]), 0x149a_302c);
    }
}
