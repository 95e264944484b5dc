//! What is put into a queue, and taken out of it.

use bytes::Bytes;
use zookit_client::Stat;

use super::QueueLayout;
use super::frame::unpack;
use crate::Error;

/// An item of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The path of its znode.
    pub path: String,
    /// Its priority; the lower comes first.
    pub priority: i32,
    /// The data of its znode, as it is.
    pub raw: Bytes,
    /// The stat of its znode; `ctime` says when it was put.
    pub stat: Stat,
    pub(super) layout: QueueLayout,
}

impl Item {
    /// Its messages: one, unless it is in Curator's layout, where it may be any number.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not packed as Curator does; [`raw`](Self::raw) is what it is.
    pub fn messages(&self) -> Result<Vec<Bytes>, Error> {
        if self.layout != QueueLayout::Curator {
            return Ok(vec![self.raw.clone()]);
        }
        unpack(self.raw.clone()).ok_or_else(|| Error::Malformed {
            path: self.path.as_str().into(),
            expected: "item of a DistributedQueue",
            found: format!("{} bytes", self.raw.len()).into(),
        })
    }

    /// Its message; of several the first, and none is empty.
    ///
    /// # Errors
    /// As [`messages`](Self::messages).
    pub fn message(&self) -> Result<Bytes, Error> {
        Ok(self.messages()?.into_iter().next().unwrap_or_default())
    }

    /// The path that it was created with.
    pub(super) fn unnumbered(&self) -> &str {
        let name = self.path.rsplit_once('/').map_or("", |(_, name)| name);
        let number = self.layout.read(name).map_or(0, |entry| entry.sequence.to_string().len());
        &self.path[..self.path.len() - number]
    }
}
