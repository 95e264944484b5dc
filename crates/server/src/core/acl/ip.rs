//! The scheme `ip`: addresses, and networks as `address/bits`.

use crate::core::Profile;

/// An address: 4 or 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// Reads an address as the server does, which takes a sign before a number and knows no
    /// version 6 before 3.9.4.
    fn parse(profile: Profile, text: &str) -> Option<Self> {
        if text.contains(':') {
            return (profile >= Profile::V3_9_5).then(|| parse_v6(text)).flatten().map(Self::V6);
        }
        let mut address = 0;
        let parts: [&str; 4] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
        for part in parts {
            let number = u8::try_from(part.parse::<i32>().ok()?).ok()?;
            address = address << 8 | u32::from(number);
        }
        Some(Self::V4(address))
    }

    const fn bits(self) -> u32 {
        match self {
            Self::V4(_) => 32,
            Self::V6(_) => 128,
        }
    }

    /// The network of so many bits that it is in.
    fn network(self, bits: u32) -> Self {
        let rest = self.bits().saturating_sub(bits);
        match self {
            Self::V4(address) => Self::V4(address & u32::MAX.checked_shl(rest).unwrap_or(0)),
            Self::V6(address) => Self::V6(address & u128::MAX.checked_shl(rest).unwrap_or(0)),
        }
    }
}

/// The eight groups of an address, of which `::` stands for one or more that are zero.
fn parse_v6(text: &str) -> Option<u128> {
    let groups = |text: &str| -> Option<Vec<u16>> {
        if text.is_empty() {
            return Some(Vec::new());
        }
        text.split(':').map(group).collect()
    };
    let parts: Vec<_> = text.split("::").collect();
    let groups = match parts[..] {
        [all] => groups(all)?,
        [before, behind] => {
            let (mut before, behind) = (groups(before)?, groups(behind)?);
            let zeros = 8_usize.checked_sub(before.len())?.checked_sub(behind.len())?;
            if zeros == 0 {
                return None;
            }
            before.extend(std::iter::repeat_n(0, zeros));
            before.extend(behind);
            before
        }
        _ => return None,
    };
    let address = groups.iter().fold(0, |address, group| address << 16 | u128::from(*group));
    (groups.len() == 8).then_some(address)
}

fn group(text: &str) -> Option<u16> {
    let number = i32::from_str_radix(text, 16).ok().filter(|_| text.len() <= 4)?;
    // Of a negative number the server takes the low bits.
    u16::try_from(number & 0xffff).ok()
}

/// Address and bits of a network.
fn parse_network(profile: Profile, text: &str) -> Option<(Address, u32)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address = Address::parse(profile, address)?;
    let bits = match bits {
        Some(bits) => u32::try_from(bits.parse::<i32>().ok()?).ok()?,
        None => address.bits(),
    };
    (bits <= address.bits()).then_some((address, bits))
}

/// Whether an ACL may say this.
pub(super) fn is_valid(profile: Profile, network: &str) -> bool {
    parse_network(profile, network).is_some()
}

/// Whether a client with this address is in this network.
pub(super) fn matches(profile: Profile, client: &str, network: &str) -> bool {
    let Some((network, bits)) = parse_network(profile, network) else { return false };
    let Some(client) = Address::parse(profile, client) else { return false };
    client.network(bits) == network.network(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_apache_reads_them() {
        let good = ["1.2.3.4", "01.+2.3.255", "1.2.3.4/0", "1.2.3.4/32", "::", "1::/128"];
        for good in good.into_iter().chain(["1:2:3:4:5:6:7:8", "fe80::ABCD", "::-1"]) {
            assert!(is_valid(Profile::V3_9_5, good), "{good}");
        }
        let bad = ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "1.2.3.4/33", "1.2.3.4/"];
        let bad_v6 = [":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::8", "::12345", "::1.2.3.4", "::g"];
        for bad in bad.into_iter().chain(bad_v6).chain(["1.2.3.4/-1", "a", "1::2::3", "::/129"]) {
            assert!(!is_valid(Profile::V3_9_5, bad), "{bad}");
        }
        assert!(!is_valid(Profile::V3_8_6, "::1"));
    }

    #[test]
    fn a_client_is_in_a_network() {
        let matches = |client, network| matches(Profile::V3_9_5, client, network);
        assert!(matches("127.0.0.1", "127.0.0.1"));
        assert!(matches("127.9.9.9", "127.0.0.1/8"));
        assert!(matches("127.0.0.1", "0.0.0.0/0"));
        assert!(!matches("127.0.0.1", "127.0.0.2"));
        assert!(matches("127.0.0.3", "127.0.0.2/31"));
        assert!(matches("0:0:0:0:0:0:0:1", "::1"));
        assert!(matches("fe80::1", "fe80::/10"));
        assert!(!matches("127.0.0.1", "::/0"));
        assert!(!matches("::1", "0.0.0.0/0"));
    }
}
