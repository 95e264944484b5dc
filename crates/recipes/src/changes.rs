//! How something that goes on in the background stands, and how that changes.

use std::fmt;

use tokio::sync::watch;

/// One who tells how it stands.
pub(crate) struct Teller<T>(watch::Sender<Numbered<T>>);

#[derive(Debug, Clone)]
struct Numbered<T> {
    number: u64,
    now: T,
}

impl<T> Teller<T> {
    pub(crate) fn new(now: T) -> (Self, Changes<T>) {
        let (sender, receiver) = watch::channel(Numbered { number: 1, now });
        (Self(sender), Changes { receiver, seen: 0 })
    }

    pub(crate) fn tell(&self, now: T) {
        self.0.send_modify(|told| *told = Numbered { number: told.number + 1, now });
    }
}

impl<T: Clone> Teller<T> {
    pub(crate) fn now(&self) -> T {
        self.0.borrow().now.clone()
    }
}

/// How it stands now, and then each change, for as long as there are any.
///
/// A slow reader is told the newest, and how many changes before that it missed; nothing is kept for
/// it. So a reader that misses changes is never behind, and memory does not grow.
pub struct Changes<T> {
    receiver: watch::Receiver<Numbered<T>>,
    seen: u64,
}

/// How something stands, and how many changes before this the reader was too slow for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// How it stands now.
    pub now: T,
    /// Changes since the last one told that were overtaken by this one.
    pub missed: u64,
}

impl<T: Clone> Changes<T> {
    /// The next change: at first how it stands now. `None` once the last one has been told.
    ///
    /// # Cancel safety
    /// Dropping the future loses no change.
    pub async fn next(&mut self) -> Option<Change<T>> {
        loop {
            {
                let told = self.receiver.borrow_and_update();
                if told.number > self.seen {
                    // What stood before there was a reader was not missed.
                    let missed = if self.seen == 0 { 0 } else { told.number - self.seen - 1 };
                    self.seen = told.number;
                    return Some(Change { now: told.now.clone(), missed });
                }
            }
            self.receiver.changed().await.ok()?;
        }
    }

    pub(crate) fn now(&self) -> T {
        self.receiver.borrow().now.clone()
    }

    /// Another reader, who has been told nothing.
    pub(crate) fn anew(&self) -> Self {
        Self { receiver: self.receiver.clone(), seen: 0 }
    }
}

impl<T> fmt::Debug for Changes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("seen", &self.seen).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_is_told_how_it_stands_and_then_what_changes() {
        let (teller, mut changes) = Teller::new('a');
        assert_eq!(changes.next().await, Some(Change { now: 'a', missed: 0 }));
        teller.tell('b');
        teller.tell('c');
        teller.tell('d');
        assert_eq!(changes.next().await, Some(Change { now: 'd', missed: 2 }));
        assert_eq!(changes.anew().next().await, Some(Change { now: 'd', missed: 0 }));
        teller.tell('e');
        assert_eq!((teller.now(), changes.now()), ('e', 'e'));
        drop(teller);
        assert_eq!(changes.next().await, Some(Change { now: 'e', missed: 0 }));
        assert_eq!(changes.next().await, None);
    }
}
