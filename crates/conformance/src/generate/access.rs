//! ACLs and credentials.

use bytes::Bytes;
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::types::{Acl, Credentials, Perms};
use zookit_proto::{Request, Text};

use super::Generator;
use super::weights::Flavour;
use crate::script::Step;

impl Generator {
    /// An ACL; where scripts are not about them, mostly the open one.
    pub(super) fn acl(&mut self) -> Option<Vec<Acl>> {
        let open = if self.flavour == Flavour::Access { 40 } else { 90 };
        if self.percent(open) {
            return Some(vec![Acl::world(Perms::ALL)]);
        }
        match self.rng.u8(..20) {
            0 => None,
            1 => Some(Vec::new()),
            2..14 => Some(vec![self.good_entry()]),
            14..18 => {
                let count = self.rng.usize(2..4);
                Some((0..count).map(|_| self.good_entry()).collect())
            }
            _ => Some(vec![self.good_entry(), self.odd_entry()]),
        }
    }

    /// Znodes on which little is allowed to begin with.
    pub(super) fn forbidden(&mut self) -> Vec<Step> {
        let entries = [
            Acl::world(Perms::READ),
            Acl::world(Perms::WRITE),
            Acl::digest(Perms::ALL, "u", "p"),
            Acl::ip(Perms::ALL, "10.0.0.1"),
        ];
        let mut steps = Vec::new();
        for path in ["/r", "/s", "/t"] {
            let request = self.plain_create(path);
            steps.push(self.ask(0, vec![request]));
            // Children that were there before.
            let request = self.plain_create(&format!("{path}/x"));
            steps.push(self.ask(0, vec![request]));
            let acl = Some(vec![self.one_of(&entries)]);
            let request = Request::SetAcl(SetAclRequest { path: path.into(), acl, version: -1 });
            steps.push(self.ask(0, vec![request]));
        }
        steps
    }

    fn perms(&mut self) -> Perms {
        let some = Perms(self.rng.i32(0..32));
        self.one_of(&[Perms::ALL, Perms::ALL, Perms::READ, Perms::NONE, Perms::ADMIN, some, some])
    }

    fn good_entry(&mut self) -> Acl {
        let perms = self.perms();
        match self.rng.u8(..10) {
            0..3 => Acl::world(perms),
            3 | 4 => Acl::digest(perms, "u", "p"),
            5 => Acl::digest(perms, "v", "q"),
            6 | 7 => Acl::auth(perms),
            _ => {
                let addresses = ["127.0.0.1", "127.0.0.0/8", "10.0.0.1", "10.0.0.0/8", "0.0.0.0/0"];
                Acl::ip(perms, self.one_of(&addresses))
            }
        }
    }

    /// An entry that some server may refuse.
    fn odd_entry(&mut self) -> Acl {
        let odd = [
            ("world", "someone"),
            ("world", ""),
            ("auth", "anything"),
            ("digest", "nocolon"),
            ("digest", "a:b:c"),
            ("digest", ""),
            ("digest", ":"),
            ("ip", "300.1.1.1"),
            ("ip", "127.0.0.1/33"),
            ("ip", "127.0.0.1/0"),
            ("ip", "127.0.0.1/-1"),
            ("ip", "127.1"),
            ("ip", ""),
            ("ip", "localhost"),
            ("sasl", "someone"),
            ("x509", "CN=someone"),
            ("super", ""),
            ("super", "super:D/InIHSb7yEEbrWz8b9l71RjZJU="),
            ("nobody", "x"),
            ("", ""),
        ];
        let (scheme, id) = self.one_of(&odd);
        let perms = self.one_of(&[Perms::ALL, Perms(0x7f), Perms(-1), Perms(32)]);
        Acl::new(perms, scheme, id)
    }

    /// An authentication, which mostly succeeds.
    pub(super) fn auth(&mut self) -> AuthRequest {
        let known: [(&str, &[u8]); 7] = [
            ("digest", b"u:p"),
            ("digest", b"u:p"),
            ("digest", b"v:q"),
            ("digest", b"v:q"),
            ("digest", b"u:wrong"),
            ("digest", b"super:test"),
            ("ip", b""),
        ];
        let odd: [(&str, &[u8]); 6] = [
            ("digest", b"nocolon"),
            ("digest", b""),
            ("digest", b"a:b:c"),
            ("world", b"anyone"),
            ("nobody", b"x"),
            ("", b""),
        ];
        let (scheme, auth) = if self.percent(85) { self.one_of(&known) } else { self.one_of(&odd) };
        let auth = Some(Credentials::new(Bytes::from_static(auth)));
        AuthRequest { auth_type: 0, scheme: Text::from(scheme), auth }
    }
}
