//! Following by one-shot watches: each read leaves the one that tells when to make it again.
//!
//! A watch is waited for in a task of its own; which of them are heard of first is a matter of
//! chance, and the mirror does not mind.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinSet;
use zookit_client::{
    Answer as Asked, Children, Client, Error, NodeData, OneShotWatch, Stat, WatchEnded,
    WatchedEvent,
};
use zookit_proto::mutant::{self, Mutant};

use super::reads::Fate;
use crate::cache::core::Shared;
use crate::cache::mirror::{Answer, Job, Kind, Mirror, Watching};
use crate::cache::options::CacheOptions;

/// Watches heard of in one go.
const MOST_HEARD: usize = 256;

enum Request {
    Data(Job, Asked<(NodeData, OneShotWatch)>),
    List(Job, Asked<(Children, OneShotWatch)>),
    Exists(Job, Asked<(Option<Stat>, OneShotWatch)>),
}

type Came = (Job, Result<(Answer, OneShotWatch), Error>);
type Heard = (Job, Result<WatchedEvent, WatchEnded>);

/// Follows until it makes no sense any more, and tells why.
pub(super) async fn follow(client: &Client, shared: &Shared, options: &CacheOptions) -> Error {
    shared.change(|mirror| mirror.begin(Watching::Once));
    let mut follower = Follower {
        client,
        under_way: VecDeque::new(),
        most_open: options.in_flight.max(1),
        watches: JoinSet::new(),
        sync: 0,
        fate: Fate::default(),
        path: String::new(),
        came: Vec::new(),
        heard: Vec::new(),
        is_over: false,
    };
    while !follower.is_over {
        shared.change(|mirror| follower.ask(mirror));
        poll_fn(|context| follower.poll(context)).await;
        shared.change(|mirror| follower.hand_over(mirror));
        if let Some(error) = follower.fate.fatal.take() {
            return error;
        }
    }
    // The client is at its end: it says how.
    loop {
        if let Err(error) = client.sync(&shared.path).await {
            return error;
        }
    }
}

struct Follower<'a> {
    client: &'a Client,
    under_way: VecDeque<Request>,
    most_open: usize,
    watches: JoinSet<Heard>,
    /// The sync that the watches are of.
    sync: u32,
    fate: Fate,
    path: String,
    came: Vec<Came>,
    heard: Vec<Heard>,
    is_over: bool,
}

impl Follower<'_> {
    fn ask(&mut self, mirror: &mut Mirror) {
        while !self.fate.is_waiting() && self.under_way.len() < self.most_open {
            let Some(job) = mirror.take(&mut self.path) else { return };
            let path = &*self.path;
            self.under_way.push_back(match job.kind {
                Kind::Data => Request::Data(job, self.client.get_data_and_watch(path)),
                Kind::List => Request::List(job, self.client.get_children_and_watch(path)),
                Kind::Exists => Request::Exists(job, self.client.exists_and_watch(path)),
            });
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.came.len() < self.most_open {
            let Some(request) = self.under_way.front_mut() else { break };
            let Poll::Ready(came) = request.poll(context) else { break };
            self.under_way.pop_front();
            self.came.push(came);
        }
        while self.heard.len() < MOST_HEARD {
            match self.watches.poll_join_next(context) {
                Poll::Ready(Some(Ok(heard))) => self.heard.push(heard),
                // Given up, with the sync that it was of.
                Poll::Ready(Some(Err(_))) => {}
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        let waited = self.fate.poll(context).is_ready();
        if waited || !self.came.is_empty() || !self.heard.is_empty() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn hand_over(&mut self, mirror: &mut Mirror) {
        for (job, heard) in std::mem::take(&mut self.heard) {
            match heard {
                Ok(_) => mirror.event_of(job),
                Err(WatchEnded::Closed | WatchEnded::AuthFailed) => self.is_over = true,
                Err(_) if mutant::on(Mutant::TreeForgetsWatches) => {}
                // It went with its session, and so did all others.
                Err(_) if mirror.is_valid(job) => mirror.begin(Watching::Once),
                Err(_) => {}
            }
        }
        for (job, outcome) in std::mem::take(&mut self.came) {
            self.answer(mirror, job, outcome);
        }
    }

    fn answer(
        &mut self,
        mirror: &mut Mirror,
        job: Job,
        outcome: Result<(Answer, OneShotWatch), Error>,
    ) {
        let (answer, watch) = match outcome {
            Ok((answer, watch)) => (answer, Some(watch)),
            Err(error) => (self.fate.failed(self.client, error), None),
        };
        self.fate.settle(!matches!(answer, Answer::Again));
        let was_valid = mirror.is_valid(job);
        mirror.answer(job, answer);
        if self.sync != mirror.sync() {
            self.sync = mirror.sync();
            self.watches.abort_all();
        }
        if let Some(watch) = watch.filter(|_| was_valid) {
            let job = mirror.renewed(job);
            self.watches.spawn(async move { (job, watch.await) });
        }
    }
}

impl Request {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Came> {
        match self {
            Self::Data(job, answer) => Pin::new(answer).poll(context).map(|outcome| {
                let data =
                    |(node, watch): (NodeData, _)| (Answer::Data(node.data, node.stat), watch);
                (*job, outcome.map(data))
            }),
            Self::List(job, answer) => Pin::new(answer).poll(context).map(|outcome| {
                let names = |(found, watch): (Children, _)| (Answer::Names(found.names), watch);
                (*job, outcome.map(names))
            }),
            Self::Exists(job, answer) => Pin::new(answer).poll(context).map(|outcome| {
                let is_there =
                    |(found, watch): (Option<Stat>, _)| (Answer::Exists(found.is_some()), watch);
                (*job, outcome.map(is_there))
            }),
        }
    }
}
