//! ACLs and authentication.

use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::get_acl::GetAclRequest;
use zookit_proto::ops::sasl::SaslRequest;
use zookit_proto::types::{Acl, CreateMode, Credentials, Perms, Zxid};
use zookit_proto::{ErrorCode, Reply, Request};

use super::bench::{Bench, Client, children, create, create_with, delete, equal, exists, get, set};
use super::{Case, always, fixed, old};
use crate::Outcome;

pub(super) const CASES: &[Case] = &[
    Case { name: "bad ACLs are refused", holds: always, run: bad_acls },
    Case { name: "each operation needs its permission", holds: always, run: permissions },
    Case { name: "exists needs READ", holds: fixed, run: exists_needs_read },
    Case { name: "exists needed no permission", holds: old, run: exists_needed_none },
    Case { name: "auth in an ACL becomes who one is", holds: always, run: auth_becomes },
    Case { name: "digests are hidden from who may not administer", holds: always, run: hidden },
    Case { name: "an authentication that fails ends the connection", holds: always, run: fails },
    Case { name: "authentication has the zxid 0", holds: always, run: zxid_zero },
    Case { name: "the super user may do anything", holds: always, run: super_user },
    Case { name: "whoAmI lists the address and the users", holds: always, run: who_am_i },
    Case { name: "SASL without its provider answers a null token", holds: always, run: sasl },
    Case { name: "an address is matched with its network", holds: always, run: networks },
];

fn bad_acls(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let all = Perms::ALL;
    let bad = [
        None,
        Some(Vec::new()),
        Some(vec![Acl::new(all, "world", "someone")]),
        Some(vec![Acl::auth(all)]),
        Some(vec![Acl::new(all, "digest", "nocolon")]),
        Some(vec![Acl::new(all, "ip", "300.1.1.1")]),
        Some(vec![Acl::new(all, "ip", "127.0.0.1/33")]),
        Some(vec![Acl::sasl(all, "someone")]),
        Some(vec![Acl::x509(all, "CN=someone")]),
        Some(vec![Acl::new(all, "super", "")]),
        Some(vec![Acl::world(all), Acl::new(all, "nobody", "x")]),
    ];
    for acl in bad {
        zk.expect(ErrorCode::InvalidAcl, &create_with("/a", acl))?;
    }
    Ok(())
}

fn permissions(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let with = |perms| Some(vec![Acl::world(perms)]);
    zk.expect(ErrorCode::Ok, &create_with("/none", with(Perms::NONE)))?;
    for refused in
        [get("/none", false), children("/none", false), set("/none", -1), create("/none/a")]
    {
        zk.expect(ErrorCode::NoAuth, &refused)?;
    }
    zk.expect(ErrorCode::Ok, &create_with("/create", with(Perms::CREATE)))?;
    zk.expect(ErrorCode::Ok, &create("/create/a"))?;
    zk.expect(ErrorCode::NoAuth, &delete("/create/a", -1))?;
    zk.expect(ErrorCode::Ok, &create_with("/write", with(Perms::WRITE)))?;
    zk.expect(ErrorCode::Ok, &set("/write", -1))?;
    zk.expect(ErrorCode::NoAuth, &get("/write", false)).map(|_| ())
}

fn unreadable(zk: &mut Client) -> Outcome {
    let acl = Some(vec![Acl::world(Perms::WRITE)]);
    zk.expect(ErrorCode::Ok, &create_with("/secret", acl)).map(|_| ())
}

fn exists_needs_read(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    unreadable(&mut zk)?;
    zk.expect(ErrorCode::NoAuth, &exists("/secret", false)).map(|_| ())
}

fn exists_needed_none(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    unreadable(&mut zk)?;
    zk.expect(ErrorCode::Ok, &exists("/secret", false)).map(|_| ())
}

fn acl_of(zk: &mut Client, path: &str) -> Outcome<Vec<String>> {
    let asked = Request::GetAcl(GetAclRequest { path: path.into() });
    match zk.expect(ErrorCode::Ok, &asked)?.reply {
        Some(Reply::GetAcl(reply)) => {
            let entry = |acl: &Acl| format!("{}:{}:{}", acl.id.scheme, acl.id.id, acl.perms);
            Ok(reply.acl.iter().map(entry).collect())
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn auth_becomes(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.authenticate("u:p")?;
    let acl = Some(vec![Acl::auth(Perms::ALL), Acl::world(Perms::READ)]);
    zk.expect(ErrorCode::Ok, &create_with("/a", acl))?;
    let should_be = ["digest:u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=:cdrwa", "world:anyone:r"];
    equal("the ACL", acl_of(&mut zk, "/a")?, should_be.map(String::from).into())
}

fn hidden(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let acl = vec![Acl::digest(Perms::ALL, "u", "p"), Acl::world(Perms::READ)];
    zk.expect(ErrorCode::Ok, &create_with("/a", Some(acl)))?;
    let should_be = ["digest:u:x:cdrwa", "world:anyone:r"];
    equal("the ACL", acl_of(&mut zk, "/a")?, should_be.map(String::from).into())?;
    let unreadable = Some(vec![Acl::world(Perms::WRITE)]);
    zk.expect(ErrorCode::Ok, &create_with("/b", unreadable))?;
    let asked = Request::GetAcl(GetAclRequest { path: "/b".into() });
    zk.expect(ErrorCode::NoAuth, &asked).map(|_| ())
}

fn auth(scheme: &str, auth: &'static str) -> Request {
    let auth = Some(Credentials::from_static(auth.as_bytes()));
    Request::Auth(AuthRequest { auth_type: 0, scheme: scheme.into(), auth })
}

fn fails(bench: &mut Bench<'_>) -> Outcome {
    for scheme in ["nobody", "world", ""] {
        let mut zk = bench.client()?;
        let answer = zk.expect(ErrorCode::AuthFailed, &auth(scheme, "x"))?;
        equal("the zxid", answer.zxid, Zxid(0))?;
        zk.ends()?;
    }
    Ok(())
}

fn zxid_zero(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for (scheme, who) in [("digest", "u:p"), ("ip", "")] {
        let answer = zk.expect(ErrorCode::Ok, &auth(scheme, who))?;
        equal("the zxid", answer.zxid, Zxid(0))?;
    }
    Ok(())
}

fn super_user(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut root) = (bench.client()?, bench.client()?);
    zk.expect(ErrorCode::Ok, &create_with("/none", Some(vec![Acl::world(Perms::NONE)])))?;
    root.expect(ErrorCode::NoAuth, &get("/none", false))?;
    root.authenticate("super:wrong")?;
    root.expect(ErrorCode::NoAuth, &get("/none", false))?;
    root.authenticate("super:test")?;
    root.expect(ErrorCode::Ok, &get("/none", false))?;
    root.expect(ErrorCode::Ok, &set("/none", -1))?;
    root.create("/none/a", CreateMode::Persistent).map(|_| ())
}

fn who_am_i(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.authenticate("u:p")?;
    match zk.expect(ErrorCode::Ok, &Request::WhoAmI(()))?.reply {
        Some(Reply::WhoAmI(reply)) => {
            let who = reply.client_info.iter();
            let mut who: Vec<_> =
                who.map(|who| format!("{}:{}", who.auth_scheme, who.user)).collect();
            who.sort();
            equal("who", who, ["digest:u", "ip:127.0.0.1"].map(String::from).into())
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn sasl(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let token = Some(Credentials::from_static(b""));
    match zk.expect(ErrorCode::Ok, &Request::Sasl(SaslRequest { token }))?.reply {
        Some(Reply::Sasl(reply)) => equal("the token", reply.token, None),
        other => Err(format!("{other:?}").into()),
    }
}

fn networks(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let known =
        [("127.0.0.1", true), ("127.0.0.0/8", true), ("10.0.0.0/8", false), ("128.0.0.0/1", false)];
    for (at, (address, matches)) in known.into_iter().enumerate() {
        let path = format!("/n{at}");
        zk.expect(ErrorCode::Ok, &create_with(&path, Some(vec![Acl::ip(Perms::ALL, address)])))?;
        let code = if matches { ErrorCode::Ok } else { ErrorCode::NoAuth };
        zk.expect(code, &get(&path, false))?;
    }
    Ok(())
}
