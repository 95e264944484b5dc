//! What is to be read next, and when a sync is done.
//!
//! A *sync* is the reading of everything, from the root down: the first, and one after each gap. Its
//! reads beget others: a znode's data tells whether it is to be listed, a listing which znodes are
//! new. It is done when none of them is left, and when all has been read that events asked for
//! until then; what events ask for later is no concern of it, so that it ends also while others
//! write without pause.

use std::collections::VecDeque;

use super::arena::NodeId;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Data and stat.
    Data,
    /// The names of the children.
    List,
    /// Whether the root is there: where there are one-shot watches, which are told by exists.
    Exists,
}

/// For what a read is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// To read everything.
    Sync,
    /// For an event that came while everything was being read.
    Meanwhile,
    /// For an event that came later.
    Later,
}

/// A read to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job {
    pub(super) node: NodeId,
    pub(super) generation: u32,
    pub(super) sync: u32,
    pub(crate) kind: Kind,
    pub(super) cause: Cause,
    /// It is to be a request of its own.
    pub(crate) single: bool,
}

/// How far a sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was begun.
    Idle,
    /// Everything is being read.
    Reading,
    /// It was; what events asked for meanwhile is still being read.
    Settling,
    /// Done.
    Done,
}

/// Reads that wait, in their order, and how many of the present sync are open.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: VecDeque<Job>,
    /// The number of the present sync, from 1.
    sync: u32,
    phase: Phase,
    /// Waiting or under way, by cause: `Sync` and `Meanwhile`.
    open: [usize; 2],
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self { jobs: VecDeque::new(), sync: 0, phase: Phase::Idle, open: [0; 2] }
    }

    pub(super) const fn sync(&self) -> u32 {
        self.sync
    }

    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The next sync: what waited, and what is under way, is not of it. Hands out what waited.
    pub(super) fn begin(&mut self) -> VecDeque<Job> {
        // 0 is what a znode was listed in that never was.
        self.sync = self.sync.wrapping_add(1).max(1);
        self.phase = Phase::Reading;
        self.open = [0; 2];
        std::mem::take(&mut self.jobs)
    }

    /// For what a read is made that an event asks for now.
    pub(super) const fn cause_of_event(&self) -> Cause {
        match self.phase {
            Phase::Reading => Cause::Meanwhile,
            Phase::Idle | Phase::Settling | Phase::Done => Cause::Later,
        }
    }

    pub(super) fn push(&mut self, job: Job) {
        if let Some(open) = self.open_of(job) {
            *open += 1;
        }
        self.jobs.push_back(job);
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front();
        if self.jobs.is_empty() {
            // It may have held a million.
            self.jobs.shrink_to(64);
        }
        job
    }

    fn open_of(&mut self, job: Job) -> Option<&mut usize> {
        match job.cause {
            _ if job.sync != self.sync => None,
            Cause::Sync => Some(&mut self.open[0]),
            Cause::Meanwhile => Some(&mut self.open[1]),
            Cause::Later => None,
        }
    }

    /// A read is over, whatever came of it, and what it begot has been pushed. True if the sync is
    /// done with it.
    pub(super) fn finish(&mut self, job: Job) -> bool {
        if let Some(open) = self.open_of(job) {
            *open -= 1;
        }
        if self.phase == Phase::Reading && self.open[0] == 0 {
            self.phase = Phase::Settling;
        }
        let done = self.phase == Phase::Settling && self.open == [0; 2];
        if done {
            self.phase = Phase::Done;
        }
        done
    }
}
