//! Who may do what.
//!
//! Facts: `PrepRequestProcessor.fixupACL` and `ZooKeeperServer.checkACL` of Apache ZooKeeper, with
//! the schemes that are always there: `world`, `auth`, `digest`, `ip`, and `super`, which no ACL
//! can name.

mod ip;

use zookit_proto::types::{Acl, Id, Perms};
use zookit_proto::{ErrorCode, Text};

use super::{Config, Profile, java};

/// Whether one with these ids has one of these permissions.
#[must_use]
pub fn allows(config: &Config, acl: &[Acl], wanted: Perms, ids: &[Id]) -> bool {
    let asks = |entry: &&Acl| entry.perms.0 & wanted.0 != 0;
    config.skip_acl
        || acl.is_empty()
        || ids.iter().any(|id| id.scheme == "super")
        || acl.iter().filter(asks).any(|entry| is_for(&entry.id, config.profile, ids))
}

/// Whether an entry speaks of one with these ids.
fn is_for(whom: &Id, profile: Profile, ids: &[Id]) -> bool {
    if is_anyone(whom) {
        return true;
    }
    let matches: fn(Profile, &str, &str) -> bool = match &whom.scheme[..] {
        b"digest" => |_, id, whom| id == whom,
        b"ip" => ip::matches,
        _ => return false,
    };
    let mut ids = ids.iter().filter(|id| id.scheme == whom.scheme);
    ids.any(|id| matches(profile, &id.id.to_str(), &whom.id.to_str()))
}

fn is_anyone(id: &Id) -> bool {
    id.scheme == "world" && id.id == "anyone"
}

/// The error of one who may not.
pub(crate) fn check(
    config: &Config,
    acl: &[Acl],
    wanted: Perms,
    ids: &[Id],
) -> Result<(), ErrorCode> {
    if allows(config, acl, wanted, ids) { Ok(()) } else { Err(ErrorCode::NoAuth) }
}

/// The ACL that a znode gets when its creator asks for this one: nothing twice, and for `auth` the
/// ids that the creator is authenticated as.
pub(crate) fn fix_up(
    profile: Profile,
    ids: &[Id],
    acl: Option<&[Acl]>,
) -> Result<Vec<Acl>, ErrorCode> {
    let invalid = Err(ErrorCode::InvalidAcl);
    let mut unique: Vec<&Acl> = Vec::new();
    for entry in acl.unwrap_or_default() {
        if !unique.contains(&entry) {
            unique.push(entry);
        }
    }
    let mut fixed = Vec::with_capacity(unique.len());
    for entry in unique {
        match &entry.id.scheme[..] {
            b"world" if is_anyone(&entry.id) => fixed.push(Acl::world(entry.perms)),
            b"auth" => {
                // Of the schemes there are, only this one is a proof; an address is not.
                let before = fixed.len();
                let proven = ids.iter().filter(|id| id.scheme == "digest");
                fixed.extend(proven.map(|id| Acl { perms: entry.perms, id: id.clone() }));
                if fixed.len() == before {
                    return invalid;
                }
            }
            b"digest" if is_digest(&entry.id.id) => fixed.push(detached(entry)),
            b"ip" if ip::is_valid(profile, &entry.id.id.to_str()) => fixed.push(detached(entry)),
            _ => return invalid,
        }
    }
    if fixed.is_empty() { invalid } else { Ok(fixed) }
}

/// A copy that does not keep its request alive, with the text as it will be shown.
fn detached(entry: &Acl) -> Acl {
    let id = Id { scheme: entry.id.scheme.detach(), id: java::echo(&entry.id.id).detach() };
    Acl { perms: entry.perms, id }
}

/// Whether it has the form `user:hash`; what the hash is nobody looks at.
fn is_digest(id: &Text) -> bool {
    java::split(&id.to_str(), ':').len() == 2
}

/// The ACL as it is shown to one who may read but not set it: without the hashes of passwords.
pub(crate) fn hide_digests(acl: &[Acl]) -> Vec<Acl> {
    let hide = |entry: &Acl| {
        let id = entry.id.id.to_str();
        match id.split_once(':').filter(|_| entry.id.scheme == "digest") {
            Some((user, _)) => Acl::new(entry.perms, entry.id.scheme.clone(), format!("{user}:x")),
            None => entry.clone(),
        }
    };
    acl.iter().map(hide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(scheme: &str, id: &str) -> Id {
        Id { scheme: scheme.into(), id: id.into() }
    }

    #[test]
    fn one_of_the_permissions_by_one_of_the_entries_is_enough() {
        let config = Config::default();
        let user = id("digest", "u:hash");
        let acl = [Acl::world(Perms::READ), Acl::new(Perms::ADMIN, "digest", "u:hash")];
        let allows = |perms, ids: &[Id]| allows(&config, &acl, perms, ids);
        assert!(allows(Perms::READ, &[]));
        assert!(allows(Perms::READ | Perms::ADMIN, &[]));
        assert!(!allows(Perms::ADMIN, &[id("digest", "u:other"), id("ip", "u:hash")]));
        assert!(allows(Perms::ADMIN, std::slice::from_ref(&user)));
        assert!(!allows(Perms::WRITE, &[user]));
        assert!(allows(Perms::WRITE, &[id("super", "")]));
        assert!(super::allows(&config, &[], Perms::WRITE, &[]));
        let skip = Config { skip_acl: true, ..Config::default() };
        assert!(super::allows(&skip, &acl, Perms::WRITE, &[]));
    }

    #[test]
    fn what_no_server_takes_is_invalid() {
        let invalid = |entry: Acl| {
            let ids = [id("ip", "127.0.0.1"), id("super", "")];
            let fixed = fix_up(Profile::V3_9_5, &ids, Some(&[Acl::world(Perms::READ), entry]));
            assert_eq!(fixed, Err(ErrorCode::InvalidAcl));
        };
        for scheme in ["sasl", "x509", "super", "", "nobody"] {
            invalid(Acl::new(Perms::ALL, scheme, "x"));
        }
        invalid(Acl::new(Perms::ALL, "world", "someone"));
        invalid(Acl::auth(Perms::ALL));
        for bad in ["", "u", "u:", "a:b:c"] {
            invalid(Acl::new(Perms::ALL, "digest", bad));
        }
        invalid(Acl::ip(Perms::ALL, "10.0.0"));
        assert_eq!(fix_up(Profile::V3_9_5, &[], None), Err(ErrorCode::InvalidAcl));
        assert_eq!(fix_up(Profile::V3_9_5, &[], Some(&[])), Err(ErrorCode::InvalidAcl));
    }

    #[test]
    fn auth_becomes_every_proven_id_and_nothing_stands_twice() {
        let ids = [id("ip", "127.0.0.1"), id("digest", "a:1"), id("digest", "b:2")];
        let open = Acl::world(Perms::READ);
        let asked = [open.clone(), Acl::auth(Perms::WRITE), open.clone()];
        let fixed = fix_up(Profile::V3_8_0, &ids, Some(&asked)).unwrap();
        let digest = |id: &str| Acl::new(Perms::WRITE, "digest", id);
        assert_eq!(fixed, [open, digest("a:1"), digest("b:2")]);
    }

    #[test]
    fn addresses_of_version_six_are_taken_from_3_9_4() {
        let acl = [Acl::ip(Perms::ALL, "::1")];
        assert!(fix_up(Profile::V3_9_5, &[], Some(&acl)).is_ok());
        assert!(fix_up(Profile::V3_8_6, &[], Some(&acl)).is_err());
    }

    #[test]
    fn hashes_are_hidden_of_digests_alone() {
        let acl = [Acl::new(Perms::READ, "digest", "u:h:h"), Acl::ip(Perms::READ, "::1")];
        assert_eq!(hide_digests(&acl), [Acl::new(Perms::READ, "digest", "u:x"), acl[1].clone()]);
    }
}
