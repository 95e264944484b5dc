//! Elections stay on the proxies.
//!
//! Of two members the one with the higher id connects; the other one that does so first is hung up on
//! and called back. From 3.5.0 on it says in its first message where it wants to be called
//! (`QuorumCnxManager.startConnection`): at the address that it has for itself, past all proxies.
//! Before that the message was its id alone, which every release still understands
//! (`handleConnection`: a number that is not negative), and then calls back where its own
//! configuration says. So the proxies leave the address out.

use zookit_proxy::Opening;

/// The first number of a message with one address (3.5.0), and with several (3.6.0).
const VERSIONS: [i64; 2] = [-65536, -65535];

/// What stands before the addresses: version, id, and how many bytes they are.
const HEAD: usize = 8 + 8 + 4;

/// More than this no release takes (`QuorumCnxManager.maxBuffer`).
const MOST: usize = 2048;

/// The first message of a member, without its address.
pub(super) fn without_address(said: &[u8]) -> Opening {
    let Some(version) = said.first_chunk().map(|bytes| i64::from_be_bytes(*bytes)) else {
        return Opening::More;
    };
    if !VERSIONS.contains(&version) {
        return Opening::Keep;
    }
    let Some((head, rest)) = said.split_at_checked(HEAD) else { return Opening::More };
    let (id, length) = head[8..].split_at(8);
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    if length > MOST {
        return Opening::Keep;
    }
    if rest.len() < length {
        return Opening::More;
    }
    Opening::Replace { taken: HEAD + length, with: id.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(version: i64, id: i64, addresses: &str) -> Vec<u8> {
        let length = i32::try_from(addresses.len()).unwrap();
        let numbers = [&version.to_be_bytes()[..], &id.to_be_bytes(), &length.to_be_bytes()];
        [&numbers.concat(), addresses.as_bytes()].concat()
    }

    #[test]
    fn the_id_is_what_is_left_of_a_message() {
        for (version, addresses) in
            [(-65536, "127.0.0.1:3888"), (-65535, "[::1]:3888|127.0.0.1:3889")]
        {
            let message = message(version, 3, addresses);
            for end in 0..message.len() {
                assert_eq!(without_address(&message[..end]), Opening::More, "{end} bytes");
            }
            let expected =
                Opening::Replace { taken: message.len(), with: 3_i64.to_be_bytes().to_vec() };
            assert_eq!(without_address(&message), expected);
            let with_more = [&message[..], b"and more"].concat();
            assert_eq!(without_address(&with_more), expected);
        }
    }

    #[test]
    fn what_has_no_address_stays_as_it_is() {
        assert_eq!(without_address(&3_i64.to_be_bytes()), Opening::Keep);
        assert_eq!(without_address(&(-1_i64).to_be_bytes()), Opening::Keep);
        assert_eq!(without_address(&message(-65534, 3, "127.0.0.1:3888")), Opening::Keep);
        assert_eq!(without_address(&message(-65536, 3, &"x".repeat(2049))), Opening::Keep);
    }
}
