//! Following by one persistent watch: its events, and reads in multiReads.
//!
//! What of the watch is there when replies come is handed to the mirror before them: the client puts
//! an event into its watch before it completes any reply behind it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use zookit_client::{
    Answer as Asked, Client, Error, MultiRead, MultiReadOutcome, NodeData, PersistentWatch,
    WatchNotice,
};
use zookit_proto::mutant::{self, Mutant};

use super::Stopped;
use super::reads::Fate;
use crate::cache::core::Shared;
use crate::cache::mirror::{Answer, Job, Kind, Mirror, Watching};
use crate::cache::options::CacheOptions;

/// Reads in one multiRead at most. Of znodes as large as servers take them by default they are half
/// of what a client takes in a reply.
const MOST_IN_ONE: usize = 32;

/// Notices handed over in one go.
const MOST_NOTICES: usize = 1024;

/// Requests that are under way.
enum Request {
    Several(Vec<Job>, Asked<Vec<Result<MultiReadOutcome, Error>>>),
    Data(Job, Asked<NodeData>),
    List(Job, Asked<Vec<String>>),
}

/// What has come.
enum Came {
    Several(Vec<Job>, Result<Vec<Result<MultiReadOutcome, Error>>, Error>),
    Data(Job, Result<NodeData, Error>),
    List(Job, Result<Vec<String>, Error>),
}

pub(super) async fn follow(
    client: &Client,
    shared: &Shared,
    options: &CacheOptions,
    watch: PersistentWatch,
) -> Stopped {
    shared.change(|mirror| mirror.begin(Watching::Persistently));
    let mut follower = Follower {
        client,
        watch,
        under_way: VecDeque::new(),
        open: 0,
        most_open: options.in_flight.max(1),
        in_one: MOST_IN_ONE.min(options.in_flight.max(1)),
        fate: Fate::default(),
        path: String::new(),
        notices: Vec::new(),
        came: Vec::new(),
        stopped: None,
    };
    loop {
        if follower.has_room() {
            shared.change(|mirror| follower.ask(mirror));
        }
        poll_fn(|context| follower.poll(context)).await;
        shared.change(|mirror| follower.hand_over(mirror));
        if let Some(stopped) = follower.stopped.take() {
            return stopped;
        }
        if let Some(error) = follower.fate.fatal.take() {
            return Stopped::Failed(error);
        }
    }
}

struct Follower<'a> {
    client: &'a Client,
    watch: PersistentWatch,
    /// In the order in which they were made, and are answered.
    under_way: VecDeque<Request>,
    /// Reads in them.
    open: usize,
    most_open: usize,
    in_one: usize,
    fate: Fate,
    path: String,
    notices: Vec<WatchNotice>,
    came: Vec<Came>,
    stopped: Option<Stopped>,
}

impl Follower<'_> {
    /// Not for each reply a request: they are made when several fit in one.
    fn has_room(&self) -> bool {
        !self.fate.is_waiting() && (self.open == 0 || self.most_open - self.open >= self.in_one)
    }

    /// Makes the reads that are to be made.
    fn ask(&mut self, mirror: &mut Mirror) {
        let (mut reads, mut jobs) = (MultiRead::new(), Vec::new());
        while self.open < self.most_open {
            let Some(job) = mirror.take(&mut self.path) else { break };
            self.open += 1;
            if job.kind == Kind::List {
                let names = self.client.get_child_names(&self.path);
                self.under_way.push_back(Request::List(job, names));
                continue;
            }
            if job.single || self.in_one == 1 {
                let data = self.client.get_data(&self.path);
                self.under_way.push_back(Request::Data(job, data));
                continue;
            }
            reads = reads.get_data(&self.path);
            jobs.push(job);
            if jobs.len() == self.in_one {
                let (reads, jobs) = (std::mem::take(&mut reads), std::mem::take(&mut jobs));
                let several = self.client.multi_read(reads);
                self.under_way.push_back(Request::Several(jobs, several));
            }
        }
        if !jobs.is_empty() {
            self.under_way.push_back(Request::Several(jobs, self.client.multi_read(reads)));
        }
    }

    /// Ready when there is anything to hand over, or to ask.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // The replies first: what the watch has by then is of before them, or of behind them, but
        // none of what is before them is missing.
        while self.came.len() * MOST_IN_ONE < self.most_open {
            let Some(request) = self.under_way.front_mut() else { break };
            let Poll::Ready(came) = request.poll(context) else { break };
            self.under_way.pop_front();
            self.open -= came.len();
            self.came.push(came);
        }
        while self.notices.len() < MOST_NOTICES || !self.came.is_empty() {
            match Pin::new(&mut self.watch).poll_next(context) {
                Poll::Ready(Some(notice)) => self.notices.push(notice),
                Poll::Ready(None) => {
                    self.stopped = Some(Stopped::Unwatched);
                    return Poll::Ready(());
                }
                Poll::Pending => break,
            }
        }
        let waited = self.fate.poll(context).is_ready();
        if waited || !self.notices.is_empty() || !self.came.is_empty() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn hand_over(&mut self, mirror: &mut Mirror) {
        for notice in self.notices.drain(..) {
            match notice {
                WatchNotice::Event(event) => mirror.event(&event),
                WatchNotice::Gap { .. } if mutant::on(Mutant::CacheIgnoresGaps) => {}
                WatchNotice::Gap { .. } => mirror.begin(Watching::Persistently),
                // The client says what it is, when the next one is to be set.
                WatchNotice::Ended(_) => self.stopped = Some(Stopped::Unwatched),
            }
        }
        for came in std::mem::take(&mut self.came) {
            self.answer(mirror, came);
        }
    }

    fn answer(&mut self, mirror: &mut Mirror, came: Came) {
        let mut are_good = true;
        let mut tell = |job, answer: Answer| {
            are_good &= !matches!(answer, Answer::Again);
            mirror.answer(job, answer);
        };
        match came {
            Came::Data(job, outcome) => tell(job, self.fate.data(self.client, outcome)),
            Came::List(job, outcome) => {
                tell(job, self.fate.answer(self.client, outcome, Answer::Names));
            }
            Came::Several(jobs, Ok(outcomes)) => {
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    let data = |outcome| match outcome {
                        MultiReadOutcome::Data(node) => Answer::Data(node.data, node.stat),
                        MultiReadOutcome::ChildNames(names) => Answer::Names(names),
                    };
                    tell(job, self.fate.answer(self.client, outcome, data));
                }
            }
            Came::Several(jobs, Err(error)) => {
                if error.is_unimplemented() {
                    // One that knows persistent watches and not this: each by itself.
                    self.in_one = 1;
                }
                let answer = match error.is_unimplemented() {
                    true => Answer::Again,
                    false => self.fate.failed(self.client, error),
                };
                jobs.into_iter().for_each(|job| tell(job, answer.clone()));
            }
        }
        self.fate.settle(are_good);
    }
}

impl Request {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Came> {
        match self {
            Self::Several(jobs, answer) => Pin::new(answer)
                .poll(context)
                .map(|outcome| Came::Several(std::mem::take(jobs), outcome)),
            Self::Data(job, answer) => {
                Pin::new(answer).poll(context).map(|outcome| Came::Data(*job, outcome))
            }
            Self::List(job, answer) => {
                Pin::new(answer).poll(context).map(|outcome| Came::List(*job, outcome))
            }
        }
    }
}

impl Came {
    /// How many reads it is of.
    fn len(&self) -> usize {
        match self {
            Self::Several(jobs, _) => jobs.len(),
            Self::Data(..) | Self::List(..) => 1,
        }
    }
}
