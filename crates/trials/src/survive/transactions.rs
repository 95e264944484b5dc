//! What the servers agreed on, by the logs on their disks: the history itself.

use std::collections::BTreeMap;

use zookit_client::{SessionId, Zxid};
use zookit_ensemble::Cluster;
use zookit_server::core::{Change, Owner, Transaction};

use super::verdict::Failure;
use crate::chaos::translog::{MemberLog, agree};

/// Stops the servers and reads what they agreed on.
///
/// # Errors
/// A server cannot be stopped, a log not be read, or there is no one history.
pub(crate) async fn read(cluster: &Cluster) -> Result<Vec<Transaction>, Failure> {
    cluster.stop().await?;
    let mut logs = Vec::new();
    for server in cluster.servers() {
        let data = server.config()?.data_dir.ok_or("a server without a data directory")?;
        logs.push(MemberLog::read(&data)?);
    }
    Ok(agree(&logs)?.transactions)
}

/// When each session ended, by the leader's clock in milliseconds since 1970, and by which
/// transaction.
pub(crate) fn ends(transactions: &[Transaction]) -> BTreeMap<SessionId, (Zxid, i64)> {
    let mut ends = BTreeMap::new();
    for transaction in transactions {
        if matches!(transaction.change, Change::CloseSession { .. }) {
            let end = (transaction.zxid, transaction.time_ms);
            ends.entry(transaction.session).or_insert(end);
        }
    }
    ends
}

/// Of each session, the transaction that created its first ephemeral znode.
pub(crate) fn first_ephemerals(transactions: &[Transaction]) -> BTreeMap<SessionId, Zxid> {
    let mut first = BTreeMap::new();
    for transaction in transactions {
        if let Change::Create { owner: Owner::Session(owner), .. } = transaction.change {
            first.entry(owner).or_insert(transaction.zxid);
        }
    }
    first
}
