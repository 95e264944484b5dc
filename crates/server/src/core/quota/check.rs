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
