//! The book: what the client said and showed its caller, kept for the properties. No step of the
//! client or the server reads it.

use crate::network::{Node, RequestId, SessionId, Zxid};
use crate::server::Server;

/// Something a caller saw that no caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A reply was taken for another request's.
    Misaligned,
    /// A reply older than an earlier reply.
    ReplyGoesBack,
    /// A reply older than an event that was observed before it.
    ReplyBehindEvent,
    /// A reply showed a change before the event of it.
    ShownBeforeEvent,
    /// A stream was handed an event with an earlier change neither seen nor in a gap.
    EventBeforeGap,
    /// What became of a lost write was judged, and wrongly.
    Misjudged,
    /// One generation's expiry was reported twice.
    ReportedTwice,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Book {
    faults: u8,
    /// The newest zxid of a reply.
    pub(crate) reply_seen: Zxid,
    /// The newest zxid of an event.
    pub(crate) event_seen: Zxid,
    /// The zxid of the reply that armed the persistent watch.
    pub(crate) stream_since: Option<Zxid>,
    /// The zxids that the stream has seen or was told it missed: one bit each.
    covered: u32,
    /// Sessions whose id the client learned: one bit each.
    learned: u8,
    /// Generations whose expiry was reported: one bit each.
    pub(crate) reported: u8,
    /// Lost writes judged as never applied: one bit each.
    judged_void: u8,
}

impl Book {
    pub(crate) fn blame(&mut self, guilty: bool, fault: Fault) {
        if guilty {
            self.faults |= 1 << fault as u8;
        }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.faults & (1 << fault as u8) != 0
    }

    pub(crate) fn learn(&mut self, session: SessionId) {
        self.learned |= 1 << session;
    }

    pub(crate) fn knows(&self, session: SessionId) -> bool {
        self.learned & (1 << session) != 0
    }

    pub(crate) fn report_expiry(&mut self, generation: u8) {
        self.blame(self.reported & (1 << generation) != 0, Fault::ReportedTwice);
        self.reported |= 1 << generation;
    }

    /// A gap says that everything after one zxid and until another may have been missed.
    pub(crate) fn cover(&mut self, after: Zxid, until: Zxid) {
        for zxid in after + 1..=until {
            self.covered |= 1 << zxid;
        }
    }

    /// Whether the stream knows of every change of its node up to a zxid.
    pub(crate) fn stream_knows(&self, server: &Server, upto: Zxid) -> bool {
        let Some(since) = self.stream_since else { return true };
        server.changes(Node::A, upto).all(|zxid| zxid <= since || self.covered & (1 << zxid) != 0)
    }

    pub(crate) fn stream_sees(&mut self, server: &Server, zxid: Zxid) {
        let blind = !self.stream_knows(server, zxid.saturating_sub(1));
        self.blame(blind, Fault::EventBeforeGap);
        self.covered |= 1 << zxid;
    }

    /// A reply showed node A as a change left it.
    pub(crate) fn stream_was_shown(&mut self, server: &Server, change: Zxid) {
        let blind = !self.stream_knows(server, change);
        self.blame(blind, Fault::ShownBeforeEvent);
    }

    /// A caller decides by a read at a zxid whether a lost write was applied.
    pub(crate) fn judge(&mut self, server: &Server, lost: RequestId, at: Zxid) {
        match server.applications(lost).next() {
            Some((zxid, _)) => self.blame(zxid > at, Fault::Misjudged),
            None => self.judged_void |= 1 << lost,
        }
    }

    pub(crate) fn judged_void(&self, request: RequestId) -> bool {
        self.judged_void & (1 << request) != 0
    }
}
