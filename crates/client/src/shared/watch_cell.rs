//! Where the driver leaves the notices of one watcher for its reader.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::{Text, Zxid};
use zookit_session::{WatchKind, WatchRequest, WatcherId};

use super::notice::{WatchNotice, WatchedEvent};
use crate::chroot::Chroot;
use crate::sync::{Mutex, MutexGuard};

/// The paths of one watcher's notices take no more than this, in bytes; one longer goes alone.
const MOST_PATH_BYTES: usize = 1 << 20;

/// The newest transactions that a session has seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Before the bytes came of which the notice is one.
    pub(crate) before: Zxid,
    /// All in all.
    pub(crate) now: Zxid,
}

/// One watcher's notices, bounded: what does not fit becomes a gap.
///
/// There may be a million, of which few have anything to tell: it is small while it is empty.
#[derive(Debug)]
pub(crate) struct WatchCell {
    pub(crate) watcher: WatcherId,
    pub(crate) kind: WatchKind,
    capacity: u32,
    /// As the server has it.
    path: Box<[u8]>,
    chroot: Chroot,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: Option<Box<Queue>>,
    reader: Option<Waker>,
    /// Nothing follows what is in the queue.
    over: bool,
}

/// Stays, once there was anything to tell, until the watch is over and read to its end.
#[derive(Debug, Default)]
struct Queue {
    notices: VecDeque<WatchNotice>,
    /// Of the paths in `notices`.
    path_bytes: usize,
}

impl WatchCell {
    pub(crate) fn new(request: WatchRequest, chroot: Chroot, capacity: usize) -> Self {
        let WatchRequest { watcher, kind, path } = request;
        let capacity = u32::try_from(capacity.max(1)).unwrap_or(u32::MAX);
        // A copy, just as long as it is: whatever memory the path shared is free again.
        let path = Box::from(&path[..]);
        Self { watcher, kind, capacity, path, chroot, inner: Mutex::default() }
    }

    /// What the session is asked for.
    pub(crate) fn request(&self) -> WatchRequest {
        WatchRequest { watcher: self.watcher, kind: self.kind, path: self.path() }
    }

    /// As the server has it.
    pub(crate) fn path(&self) -> Text {
        Text::from_bytes(Bytes::copy_from_slice(&self.path))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the session knows nothing of the watcher any more.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Takes a notice of the session; `seen` is what it had seen before the bytes in which this came,
    /// and what it has now. True if it was the last.
    pub(crate) fn push(&self, notice: zookit_session::WatchNotice, seen: Seen) -> bool {
        // The path is copied here, so that a short path keeps no received frame alive.
        let notice = match notice {
            zookit_session::WatchNotice::Event { event, path, zxid } => {
                let path = self.chroot.to_client(&path);
                WatchNotice::Event(WatchedEvent { event_type: event, path, zxid })
            }
            zookit_session::WatchNotice::Gap { after, until } => WatchNotice::Gap { after, until },
            zookit_session::WatchNotice::Ended(end) => WatchNotice::Ended(end),
        };
        let last = self.kind.is_one_shot() || matches!(notice, WatchNotice::Ended(_));
        let (reader, unused) = {
            let mut inner = self.lock();
            inner.over |= last;
            let unused = inner.accept(notice, self.capacity, seen);
            (inner.reader.take(), unused)
        };
        drop(unused);
        if let Some(waker) = reader {
            waker.wake();
        }
        last
    }

    /// The next notice; `None` when nothing follows.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<WatchNotice>> {
        let waker = context.waker().clone();
        let mut inner = self.lock();
        let (polled, unused) = match inner.pop() {
            Some(notice) => (Poll::Ready(Some(notice)), Some(waker)),
            None if inner.over => (Poll::Ready(None), Some(waker)),
            None => (Poll::Pending, inner.reader.replace(waker)),
        };
        drop(inner);
        drop(unused);
        polled
    }
}

impl Inner {
    /// Puts the notice behind the others, or makes a gap of it. Gives back what is not kept.
    fn accept(&mut self, notice: WatchNotice, capacity: u32, seen: Seen) -> Option<WatchNotice> {
        self.queue.get_or_insert_default().accept(notice, capacity as usize, seen)
    }

    fn pop(&mut self) -> Option<WatchNotice> {
        let queue = self.queue.as_mut()?;
        let notice = queue.notices.pop_front()?;
        queue.path_bytes -= path_bytes(&notice);
        if queue.notices.is_empty() && self.over {
            self.queue = None;
        }
        Some(notice)
    }
}

impl Queue {
    /// Puts the notice behind the others, or makes a gap of it. Gives back what is not kept.
    ///
    /// There is room for a gap and for the end beyond the capacity, so neither is ever lost.
    fn accept(&mut self, notice: WatchNotice, capacity: usize, seen: Seen) -> Option<WatchNotice> {
        let bytes = path_bytes(&notice);
        let has_room = self.notices.len() < capacity
            && (self.path_bytes == 0 || self.path_bytes + bytes <= MOST_PATH_BYTES);
        if has_room || matches!(notice, WatchNotice::Ended(_)) {
            self.path_bytes += bytes;
            self.notices.push_back(notice);
            return None;
        }
        if mutant::on(Mutant::OverflowUntold) {
            return Some(notice);
        }
        let (after, until) = match &notice {
            WatchNotice::Gap { after, until } => (*after, *until),
            // What the event's own transaction told is not all told.
            WatchNotice::Event(event) => match event.zxid {
                Some(zxid) => (Zxid(zxid.0.saturating_sub(1)), zxid),
                None => (seen.before, seen.now),
            },
            WatchNotice::Ended(_) => (seen.before, seen.now),
        };
        if let Some(WatchNotice::Gap { until: end, .. }) = self.notices.back_mut() {
            *end = until.max(*end);
        } else {
            self.notices.push_back(WatchNotice::Gap { after, until: until.max(after) });
        }
        Some(notice)
    }
}

fn path_bytes(notice: &WatchNotice) -> usize {
    match notice {
        WatchNotice::Event(event) => event.path.len(),
        WatchNotice::Gap { .. } | WatchNotice::Ended(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use zookit_proto::types::EventType;
    use zookit_session::WatchEnd;

    use super::*;

    fn cell(kind: WatchKind, capacity: usize) -> WatchCell {
        let request = WatchRequest { watcher: WatcherId(1), kind, path: Text::from("/app/a") };
        WatchCell::new(request, Chroot::new(Some("/app")), capacity)
    }

    fn event(zxid: Option<i64>) -> zookit_session::WatchNotice {
        zookit_session::WatchNotice::Event {
            event: EventType::NodeDataChanged,
            path: Text::from("/app/a"),
            zxid: zxid.map(Zxid),
        }
    }

    fn seen(zxid: i64) -> Seen {
        Seen { before: Zxid(zxid), now: Zxid(zxid) }
    }

    fn read(cell: &WatchCell) -> Vec<WatchNotice> {
        let mut context = Context::from_waker(Waker::noop());
        let mut notices = Vec::new();
        while let Poll::Ready(Some(notice)) = cell.poll(&mut context) {
            notices.push(notice);
        }
        notices
    }

    fn told(zxid: Option<i64>) -> WatchNotice {
        WatchNotice::Event(WatchedEvent {
            event_type: EventType::NodeDataChanged,
            path: String::from("/a"),
            zxid: zxid.map(Zxid),
        })
    }

    #[test]
    fn overflow_is_one_gap_and_never_silence() {
        let cell = cell(WatchKind::Persistent, 2);
        for zxid in 1..=2 {
            assert!(!cell.push(event(Some(zxid)), seen(0)));
        }
        for zxid in 3..=5 {
            cell.push(event(Some(zxid)), seen(2));
        }
        let gap = WatchNotice::Gap { after: Zxid(2), until: Zxid(5) };
        assert_eq!(read(&cell), [told(Some(1)), told(Some(2)), gap]);
        cell.push(event(None), seen(5));
        assert_eq!(read(&cell), [told(None)]);
    }

    #[test]
    fn a_gap_begins_before_what_had_no_room_whatever_came_with_it() {
        // All of this came in one piece, with replies behind it.
        let seen = Seen { before: Zxid(2), now: Zxid(9) };
        let with_zxids = cell(WatchKind::Persistent, 1);
        with_zxids.push(event(Some(3)), seen);
        with_zxids.push(event(Some(4)), seen);
        with_zxids.push(event(Some(5)), seen);
        let gap = WatchNotice::Gap { after: Zxid(3), until: Zxid(5) };
        assert_eq!(read(&with_zxids), [told(Some(3)), gap]);
        let without = cell(WatchKind::Persistent, 1);
        without.push(event(None), seen);
        without.push(event(None), seen);
        let gap = WatchNotice::Gap { after: Zxid(2), until: Zxid(9) };
        assert_eq!(read(&without), [told(None), gap]);
    }

    #[test]
    fn paths_too_long_to_be_kept_are_a_gap() {
        let cell = cell(WatchKind::PersistentRecursive, 1024);
        let path = Text::from(format!("/app/a/{}", "x".repeat(MOST_PATH_BYTES)));
        let long = zookit_session::WatchNotice::Event {
            event: EventType::NodeCreated,
            path,
            zxid: Some(Zxid(3)),
        };
        cell.push(long.clone(), seen(2));
        cell.push(long.clone(), seen(2));
        let gap = WatchNotice::Gap { after: Zxid(2), until: Zxid(3) };
        let read_first = read(&cell);
        assert!(matches!(&read_first[..], [WatchNotice::Event(_), last] if *last == gap));
        // There is room again.
        cell.push(event(Some(4)), seen(3));
        assert_eq!(read(&cell), [told(Some(4))]);
    }

    #[test]
    fn a_gap_that_does_not_fit_is_still_told() {
        let cell = cell(WatchKind::Persistent, 1);
        cell.push(event(None), seen(0));
        let gap = zookit_session::WatchNotice::Gap { after: Zxid(3), until: Zxid(7) };
        cell.push(gap, seen(7));
        assert_eq!(read(&cell)[1..], [WatchNotice::Gap { after: Zxid(3), until: Zxid(7) }]);
    }

    #[test]
    fn the_end_is_told_even_when_the_buffer_is_full() {
        let cell = cell(WatchKind::PersistentRecursive, 1);
        for _ in 0..3 {
            cell.push(event(None), seen(1));
        }
        let ended = zookit_session::WatchNotice::Ended(WatchEnd::SessionLost);
        assert!(cell.push(ended, seen(1)));
        assert!(cell.is_over());
        assert_eq!(read(&cell).last(), Some(&WatchNotice::Ended(WatchEnd::SessionLost)));
        assert_eq!(cell.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(None));
    }

    #[test]
    fn a_one_shot_watch_is_over_with_its_event() {
        let cell = cell(WatchKind::Exists, 1);
        assert!(cell.push(event(Some(4)), seen(0)));
        assert!(cell.is_over());
        assert_eq!(read(&cell), [told(Some(4))]);
    }
}
