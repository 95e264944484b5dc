//! Who a connection is: its authenticated ids, in the order in which a real server lists them.
//!
//! There they stand in a `ConcurrentHashMap`, and its order shows: in whoAmI, and in an ACL whose
//! `auth` entry was replaced by the ids.

use std::net::IpAddr;

use zookit_proto::types::Id;
use zookit_proto::{Text, digest};

/// The places of the table at first, as `java.util.concurrent.ConcurrentHashMap` has them.
const PLACES: usize = 16;

/// The ids of a connection.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ids(Vec<Id>);

impl Ids {
    /// Of a connection from an address: that alone.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(vec![ip(address)])
    }

    /// The server itself, which may do everything.
    pub(crate) fn superuser() -> Self {
        Self(vec![superuser()])
    }

    pub(crate) fn add(&mut self, id: Id) {
        if self.0.contains(&id) {
            return;
        }
        self.0.push(id);
        let mut places = PLACES;
        while self.0.len() >= places.saturating_sub(places / 4) {
            places = places.saturating_mul(2);
        }
        let mask = u32::try_from(places.saturating_sub(1)).unwrap_or(u32::MAX);
        self.0.sort_by_key(|id| hash(id) & mask);
    }

    pub(crate) fn as_slice(&self) -> &[Id] {
        &self.0
    }

    /// Carries out an authentication packet. False: it failed.
    pub(crate) fn authenticate(
        &mut self,
        scheme: &[u8],
        auth: Option<&[u8]>,
        address: IpAddr,
        super_digest: Option<&str>,
    ) -> bool {
        match (scheme, auth) {
            (b"digest", Some(auth)) => {
                let id = digest_id(&String::from_utf8_lossy(auth));
                if super_digest == Some(id.as_str()) {
                    self.add(superuser());
                }
                self.add(Id { scheme: Text::from_static("digest"), id: id.into() });
                true
            }
            (b"ip", _) => {
                self.add(ip(address));
                true
            }
            _ => false,
        }
    }
}

fn superuser() -> Id {
    Id { scheme: Text::from_static("super"), id: Text::new() }
}

/// As Java's `InetAddress.getHostAddress` writes it: an IPv6 address with all its groups.
fn ip(address: IpAddr) -> Id {
    let id = match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments().map(|group| format!("{group:x}")).join(":"),
    };
    Id { scheme: Text::from_static("ip"), id: id.into() }
}

/// What a server makes of `user:password`; without a colon all of it is the user's name, and what
/// is hashed.
fn digest_id(credentials: &str) -> String {
    match credentials.split_once(':') {
        Some((user, password)) => digest::digest_id(user, password),
        None => digest::nameless_id(credentials),
    }
}

/// `Id.hashCode`, stirred as `ConcurrentHashMap` stirs it.
fn hash(id: &Id) -> u32 {
    let text = |text: &Text| {
        let text = text.to_str();
        let units = text.encode_utf16();
        units.fold(0_u32, |code, unit| code.wrapping_mul(31).wrapping_add(unit.into()))
    };
    let code = 17_u32.wrapping_mul(37).wrapping_add(text(&id.scheme));
    let code = code.wrapping_mul(37).wrapping_add(text(&id.id));
    (code ^ code >> 16) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn names(ids: &Ids) -> Vec<String> {
        ids.as_slice().iter().map(|id| format!("{}:{}", id.scheme, id.id)).collect()
    }

    #[test]
    fn the_super_user_is_two_ids() {
        let mut ids = Ids::of(HOME);
        let digest = Some("super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
        assert!(ids.authenticate(b"digest", Some(b"super:test"), HOME, digest));
        let mut names = names(&ids);
        names.sort();
        assert_eq!(names, ["digest:super:D/InIHSb7yEEbrWz8b9l71RjZJU=", "ip:127.0.0.1", "super:"]);
    }

    #[test]
    fn an_id_is_there_once() {
        let mut ids = Ids::of(HOME);
        for _ in 0..2 {
            assert!(ids.authenticate(b"digest", Some(b"u:p"), HOME, None));
            assert!(ids.authenticate(b"ip", None, HOME, None));
        }
        assert_eq!(ids.as_slice().len(), 2);
        assert!(!ids.authenticate(b"digest", None, HOME, None));
        assert!(!ids.authenticate(b"world", Some(b"anyone"), HOME, None));
    }

    /// As a real 3.9.5 answered whoAmI.
    #[test]
    fn ids_are_in_the_order_of_a_real_server() {
        let mut ids = Ids::of(HOME);
        for user in 0..14 {
            let credentials = format!("u{user}:p");
            assert!(ids.authenticate(b"digest", Some(credentials.as_bytes()), HOME, None));
        }
        let users: Vec<_> = ids.as_slice().iter().map(|id| id.id.to_string()).collect();
        let users: Vec<_> = users.iter().map(|id| id.split(':').next().unwrap()).collect();
        let expected = [
            "u3",
            "u5",
            "u7",
            "u11",
            "127.0.0.1",
            "u9",
            "u2",
            "u8",
            "u12",
            "u0",
            "u1",
            "u13",
            "u6",
            "u4",
            "u10",
        ];
        assert_eq!(users, expected);
    }

    #[test]
    fn addresses_are_written_as_java_does() {
        assert_eq!(names(&Ids::of("::1".parse().unwrap())), ["ip:0:0:0:0:0:0:0:1"]);
        assert_eq!(names(&Ids::of("::ffff:10.0.0.1".parse().unwrap())), ["ip:10.0.0.1"]);
    }
}
