//! Who stands in a queue, in order.

use bytes::Bytes;
use zookit_client::{Client, SessionId, Stat, Zxid};
use zookit_proto::path::join as join_path;

use crate::Error;
use crate::naming::{Kind, Sequence, in_order};

/// One who stands in a queue: the first holds, or as many as may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The path of its znode.
    pub path: String,
    /// Its number in the queue.
    pub sequence: Sequence,
    /// What it says of itself.
    pub data: Bytes,
    /// Whose znode it is.
    pub session: SessionId,
    /// The fencing token that it has, or will have.
    pub token: Zxid,
    /// The stat of its znode; `ctime` says since when it is there.
    pub stat: Stat,
}

impl Participant {
    /// What it says of itself, as text: the id of a participant of an election, where its data are
    /// one.
    #[must_use]
    pub fn id(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The participants of these kinds, in order. Those who go while they are looked at are left out.
/// A queue that does not exist has none: its znode is a container, which the server removes when
/// the last of them has gone.
///
/// # Errors
/// The client's.
pub(crate) async fn participants(
    client: &Client,
    parent: &str,
    of: impl Fn(Kind) -> bool,
) -> Result<Vec<Participant>, Error> {
    let names = match client.get_child_list(parent).await {
        Err(error) if error.is_no_node() => return Ok(Vec::new()),
        listed => listed?,
    };
    let entries = in_order(&names).into_iter().filter(|entry| of(entry.kind));
    let asked: Vec<_> = entries
        .map(|entry| {
            let path = join_path(parent, entry.name);
            (client.get_data(&path), path, entry.sequence)
        })
        .collect();
    let mut found = Vec::with_capacity(asked.len());
    for (node, path, sequence) in asked {
        match node.await {
            Ok(node) => found.push(Participant {
                path,
                sequence,
                data: node.data.unwrap_or_default(),
                session: node.stat.ephemeral_owner,
                token: node.stat.czxid,
                stat: node.stat,
            }),
            Err(error) if error.is_no_node() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
