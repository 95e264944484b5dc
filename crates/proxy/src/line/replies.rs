//! What goes to the client, when a request was struck whose connection ends at a reply.

use std::mem;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::Xid;

use super::frames::{Frames, Kind, Step};
use super::pump::Pump;
use super::queue::Content;
use crate::cut::Cut;

/// A request over which the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Struck {
    /// When all that was asked before it is answered.
    BehindReplies {
        /// The last that was asked before it.
        last: Option<Xid>,
        cut: Cut,
    },
    /// At its reply.
    Reply {
        xid: Xid,
        /// The reply is lost, rather than the last to pass.
        lost: bool,
        cut: Cut,
    },
}

impl Pump {
    /// Hears what the direction to the server has found out.
    pub(super) fn follow(&mut self, to_server: &mut Self) {
        if to_server.frames.kind() == Kind::Opaque {
            self.frames.decide(Kind::Opaque);
        }
        let Some(struck) = to_server.struck.take() else { return };
        if self.closed || struck.is_at(&self.frames) {
            self.cut_here(struck.cut());
        } else {
            self.struck = Some(struck);
        }
    }

    /// Takes replies, up to where the connection is to be cut.
    pub(super) fn look_at_replies(&mut self, mut bytes: Bytes) {
        let mut passing = 0;
        let mut reply = None;
        while let Some(struck) = self.struck {
            let begins = passing;
            let (taken, step) = self.frames.step(&bytes[passing..]);
            passing += taken;
            let ends = match step {
                Step::More => break,
                Step::Head(xid) => {
                    reply = Some(xid);
                    matches!(struck, Struck::Reply { xid: lost, lost: true, .. } if lost == xid)
                        .then_some(begins)
                }
                Step::End => {
                    let reply = reply.take().or_else(|| self.frames.last());
                    struck.ends_behind(reply).then_some(passing)
                }
            };
            if let Some(end) = ends {
                self.queue.push(Content::Bytes(bytes.split_to(end)), Duration::ZERO);
                self.struck = None;
                return self.cut_here(struck.cut());
            }
        }
        self.queue.push(Content::Bytes(mem::take(&mut bytes)), Duration::ZERO);
    }

    /// Behind what has been read, or has even been ended.
    fn cut_here(&mut self, cut: Cut) {
        self.closed = true;
        self.over = None;
        self.queue.push(Content::Cut(cut), Duration::ZERO);
    }
}

impl Struck {
    pub(super) const fn cut(self) -> Cut {
        match self {
            Self::BehindReplies { cut, .. } | Self::Reply { cut, .. } => cut,
        }
    }

    /// Whether all replies that were waited for have come.
    fn is_at(self, replies: &Frames) -> bool {
        matches!(self, Self::BehindReplies { last, .. } if last == replies.last())
            && replies.at_boundary()
    }

    /// Whether the connection ends behind the reply with this xid.
    fn ends_behind(self, reply: Option<Xid>) -> bool {
        match self {
            Self::BehindReplies { last, .. } => reply == last,
            Self::Reply { xid, lost, .. } => !lost && reply == Some(xid),
        }
    }
}
