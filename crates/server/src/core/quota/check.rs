//! Whether a write is within the hard limits.

use zookit_proto::ErrorCode;

use super::{Track, limits_path, stats_path};
use crate::core::{Config, Tree};

/// Whether so many znodes and bytes more are within the hard limits.
///
/// They are added to the count that is in the tree: what came before them in the same multi does
/// not count.
///
/// # Errors
/// `QuotaExceeded`; or `MarshallingError`, which is a real server's answer where limits or count
/// are not to be understood.
pub(crate) fn check(
    tree: &Tree,
    config: &Config,
    path: &str,
    count: i64,
    bytes: i64,
) -> Result<(), ErrorCode> {
    if !config.enforce_quota {
        return Ok(());
    }
    let Some(prefix) = tree.quotas().prefix_of(path) else { return Ok(()) };
    let Some(limits) = track(tree, &limits_path(&prefix))? else { return Ok(()) };
    let (hard_count, hard_bytes) = (limits.count_hard_limit(), limits.byte_hard_limit());
    let counts = count != 0 && (limits.count() > -1 || hard_count > -1);
    let weighs = bytes != 0 && (limits.bytes() > -1 || hard_bytes > -1);
    if !counts && !weighs {
        return Ok(());
    }
    let Some(now) = track(tree, &stats_path(&prefix))? else { return Ok(()) };
    let exceeds = |now: i64, more, limit| limit > -1 && now.wrapping_add(more) > limit;
    let too_many = counts && exceeds(now.count(), count, hard_count);
    let too_much = weighs && exceeds(now.bytes(), bytes, hard_bytes);
    if too_many || too_much { Err(ErrorCode::QuotaExceeded) } else { Ok(()) }
}

/// The numbers in a znode, if it is there.
fn track(tree: &Tree, path: &str) -> Result<Option<Track>, ErrorCode> {
    match tree.data(path) {
        None => Ok(None),
        Some(data) => {
            let track = data.as_deref().and_then(Track::parse);
            track.map(Some).ok_or(ErrorCode::MarshallingError)
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use zookit_proto::Request;
    use zookit_proto::ops::create::CreateRequest;
    use zookit_proto::ops::delete::DeleteRequest;
    use zookit_proto::ops::multi::{MultiOp, MultiRequest};
    use zookit_proto::ops::set_data::SetDataRequest;
    use zookit_proto::types::{Acl, CreateMode, Perms};

    use super::*;
    use crate::core::Written;
    use crate::core::testing::Replica;

    const LIMITS: &str = "/zookeeper/quota/a/zookeeper_limits";
    const STATS: &str = "/zookeeper/quota/a/zookeeper_stats";

    fn create(path: &str, data: &'static str) -> CreateRequest {
        let (data, acl) = (Some(Bytes::from_static(data.as_bytes())), vec![Acl::world(Perms::ALL)]);
        CreateRequest { path: path.into(), data, acl: Some(acl), mode: CreateMode::Persistent }
    }

    fn set(path: &str, data: Option<&'static str>, version: i32) -> Request {
        let data = data.map(|data| Bytes::from_static(data.as_bytes()));
        Request::SetData(SetDataRequest { path: path.into(), data, version })
    }

    fn delete(path: &str) -> Request {
        Request::Delete(DeleteRequest { path: path.into(), version: -1 })
    }

    /// With a quota on `/a` of four znodes and 20 bytes, of which two and ten are there.
    fn replica() -> Replica {
        let mut replica = Replica::default();
        replica.config.enforce_quota = true;
        let limits = "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4";
        for (path, data) in [
            ("/a", "12345"),
            ("/a/b", "12345"),
            ("/zookeeper/quota/a", ""),
            (LIMITS, limits),
            (STATS, "count=0,bytes=0"),
        ] {
            replica.write(&Request::Create(create(path, data)));
        }
        replica
    }

    fn count(replica: &Replica) -> String {
        let data = replica.tree.data(STATS).unwrap().unwrap();
        String::from_utf8(data.to_vec()).unwrap()
    }

    fn code(written: &Written) -> ErrorCode {
        if let Written::Failed(code) = written { *code } else { ErrorCode::Ok }
    }

    /// The same that a real 3.9.5 answered, step by step.
    #[test]
    fn a_quota_counts_and_refuses_as_apache_does() {
        let mut replica = replica();
        assert_eq!(count(&replica), "count=2,bytes=10");
        let exceeded = ErrorCode::QuotaExceeded;
        for (request, expected, counted) in [
            (Request::Create(create("/a/c", "123")), ErrorCode::Ok, "count=3,bytes=13"),
            (Request::Create(create("/a/d", "12345678")), exceeded, "count=3,bytes=13"),
            (Request::Create(create("/a/d", "1")), ErrorCode::Ok, "count=4,bytes=14"),
            (Request::Create(create("/a/e", "")), exceeded, "count=4,bytes=14"),
            (set("/a", Some("12345678901234567890"), -1), exceeded, "count=4,bytes=14"),
            // Before the version.
            (set("/a", Some("12345678901234567890"), 7), exceeded, "count=4,bytes=14"),
            (set("/a", Some("x"), -1), ErrorCode::Ok, "count=4,bytes=10"),
            (delete("/a/c"), ErrorCode::Ok, "count=3,bytes=7"),
            (Request::Create(create("/a/b", "")), ErrorCode::NodeExists, "count=3,bytes=7"),
        ] {
            assert_eq!(code(&replica.write(&request)), expected, "{request:?}");
            assert_eq!(count(&replica), counted, "{request:?}");
        }
        // The count is the server's own doing: no version, no zxid.
        let counters = replica.tree.counters(STATS).unwrap();
        assert_eq!((counters.version, counters.mzxid.0), (0, 5));
    }

    #[test]
    fn a_multi_may_exceed_what_its_operations_alone_do_not() {
        let mut replica = replica();
        replica.write(&Request::Create(create("/a/c", "")));
        let ops = ["/a/f", "/a/g"].map(|path| MultiOp::Create(create(path, ""))).to_vec();
        let written = replica.write(&Request::Multi(MultiRequest { ops }));
        assert!(matches!(written, Written::Multi(results) if results.len() == 2));
        assert_eq!(count(&replica), "count=5,bytes=10");
    }

    #[test]
    fn limits_that_are_none_are_stumbled_over() {
        let mut replica = replica();
        let multi = || {
            let ops = ["/zz", "/a/h"].map(|path| MultiOp::Create(create(path, ""))).to_vec();
            Request::Multi(MultiRequest { ops })
        };
        for limits in [Some("garbage"), None] {
            replica.write(&set(LIMITS, limits, -1));
            for request in [Request::Create(create("/a/h", "")), multi()] {
                assert_eq!(code(&replica.write(&request)), ErrorCode::MarshallingError);
            }
            assert!(!replica.tree.contains("/zz"));
        }
        for limits in ["", "count=1,bytes=1"] {
            // No limits, and soft ones.
            replica.write(&set(LIMITS, Some(limits), -1));
            assert_eq!(code(&replica.write(&Request::Create(create("/a/h", "")))), ErrorCode::Ok);
            replica.write(&delete("/a/h"));
        }
        replica.write(&delete(LIMITS));
        replica.write(&Request::Create(create("/a/i", "")));
        assert_eq!(count(&replica), "count=2,bytes=10");
    }

    #[test]
    fn nothing_is_refused_where_quotas_are_not_enforced() {
        let mut replica = replica();
        replica.config.enforce_quota = false;
        for path in ["/a/c", "/a/d", "/a/e"] {
            replica.write(&Request::Create(create(path, "12345678")));
        }
        assert_eq!(count(&replica), "count=5,bytes=34");
    }

    #[test]
    fn what_ends_a_real_server_does_not_end_this_one() {
        let mut replica = Replica::default();
        for path in ["/zookeeper/quota/zookeeper_limits", "/zookeeper/zookeeper_limits"] {
            assert_eq!(code(&replica.write(&Request::Create(create(path, "")))), ErrorCode::Ok);
            assert_eq!(code(&replica.write(&delete(path))), ErrorCode::Ok);
        }
        let mut replica = self::replica();
        replica.write(&set(STATS, Some("garbage"), -1));
        replica.config.enforce_quota = false;
        assert_eq!(code(&replica.write(&Request::Create(create("/a/c", "")))), ErrorCode::Ok);
        assert_eq!(count(&replica), "garbage");
    }
}
