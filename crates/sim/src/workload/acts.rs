//! What a user does.

use std::time::Duration;

use zookit_proto::types::CreateMode;
use zookit_proto::{OpCode, Request, Text};
use zookit_session::{WatchRequest, WatcherId};

use super::requests::{KINDS, arming};
use super::{Act, servers, weighted};
use crate::world::clients::Wants;
use crate::world::queue::Event;
use crate::world::{Phase, World, say};

/// No more handles than these are opened in a run.
const MOST_CLIENTS: usize = 12;

/// About so many bytes of paths make one batch of watches that are set again.
const BATCH: usize = 128 << 10;

impl World<'_> {
    pub(crate) fn plan_act(&mut self, client: u32) {
        let (least, most) = self.workload.think;
        let at = self.now + self.rng.u64(least..most);
        self.queue.plan(at, Event::Act(client));
    }

    /// A user does something.
    pub(crate) fn act(&mut self, client: u32) {
        if self.phase != Phase::Wild || self.client(client).closing {
            return;
        }
        if let Some(act) = weighted(&mut self.rng, self.workload.acts) {
            self.do_act(client, act);
        }
        self.settle_client(client);
        if !self.client(client).closing {
            self.plan_act(client);
        }
    }

    /// A user reads something, and that leaves at once if it can.
    pub(crate) fn ask(&mut self, client: u32) {
        let request = self.read();
        self.submit(client, &request, Wants::default());
        self.settle_client(client);
    }

    fn do_act(&mut self, client: u32, act: Act) {
        let wants = self.wants();
        let request = match act {
            Act::Create => self.create_some(&[CreateMode::Persistent]),
            Act::CreateSequential => self
                .create_some(&[CreateMode::PersistentSequential, CreateMode::EphemeralSequential]),
            Act::CreateEphemeral => self.create_some(&[CreateMode::Ephemeral]),
            Act::CreatePinned => {
                let request = self.create_own();
                return self.submit(client, &request, Wants { pinned: true, ..wants });
            }
            Act::Delete => Request::Delete(self.delete()),
            Act::Set => Request::SetData(self.set(0)),
            Act::Multi => self.multi(),
            Act::Read => self.read(),
            Act::Sync => self.sync(),
            Act::Watch => return self.watch(client, wants),
            Act::DropWatcher => return self.drop_some_watcher(client),
            Act::Run => return self.run_of_some(client, &wants),
            Act::Burst => return self.burst(client),
            Act::Abandon => return self.abandon_some(client),
            Act::Move => return self.change_servers(client),
            Act::Close => return self.close_and_open(client),
            Act::ManyWatches => return self.many_watches(client),
        };
        self.submit(client, &request, wants);
    }

    /// What users want of most requests: an answer in some time or whenever, in any session or in
    /// the one of now.
    fn wants(&mut self) -> Wants {
        let patience = match self.rng.u8(0..16) {
            0 => Some(Duration::from_millis(self.rng.u64(0..20))),
            1..4 => Some(Duration::from_millis(self.rng.u64(20..3000))),
            _ => None,
        };
        Wants { watch: None, patience, pinned: self.rng.u8(0..16) == 0 }
    }

    fn next_watcher(&mut self) -> WatcherId {
        self.watchers += 1;
        WatcherId(self.watchers)
    }

    fn watch(&mut self, client: u32, wants: Wants) {
        let kind = KINDS[self.rng.usize(0..KINDS.len())];
        let path = self.path();
        let watch = WatchRequest { watcher: self.next_watcher(), kind, path: path.clone() };
        self.submit(client, &arming(kind, path), Wants { watch: Some(watch), ..wants });
    }

    fn drop_some_watcher(&mut self, client: u32) {
        let watchers = &self.client(client).watchers;
        if watchers.is_empty() {
            return;
        }
        let some = self.rng.usize(0..watchers.len());
        let watcher = self.client(client).watchers[some];
        self.drop_watcher(client, watcher);
    }

    fn run_of_some(&mut self, client: u32, wants: &Wants) {
        let kinds = [OpCode::GetData, OpCode::SetData, OpCode::Create];
        let opcode = kinds[self.rng.usize(0..kinds.len())];
        let count = self.rng.u32(1..12);
        self.submit_run(client, opcode, count, wants);
    }

    fn burst(&mut self, client: u32) {
        for _ in 0..self.rng.u32(4..20) {
            let request = match self.rng.u8(0..8) {
                0..2 => self.create_some(&[CreateMode::Persistent, CreateMode::Ephemeral]),
                2..5 => Request::SetData(self.set(0)),
                5 => Request::Delete(self.delete()),
                _ => self.read(),
            };
            let wants = self.wants();
            self.submit(client, &request, wants);
        }
    }

    fn abandon_some(&mut self, client: u32) {
        let pending = &self.client(client).pending;
        if pending.is_empty() {
            return;
        }
        let some = self.rng.usize(0..pending.len());
        if let Some(call) = self.client(client).pending.iter().nth(some).copied() {
            self.abandon(client, call);
        }
    }

    /// The list of servers becomes some of the members, one that is not there, or none for a while.
    fn change_servers(&mut self, client: u32) {
        let mut list = servers(self.ensemble.size() + usize::from(self.rng.u8(0..4) == 0));
        self.rng.shuffle(&mut list);
        let keep = self.rng.usize(1..=list.len());
        list.truncate(keep);
        self.set_servers(client, list);
    }

    pub(crate) fn set_servers(&mut self, client: u32, list: Vec<zookit_session::Endpoint>) {
        say!(self, "c{client} has {} servers: {list:?}", list.len());
        let now = self.time_of(client);
        self.client_mut(client).session.update_servers(now, list);
        self.settle_client(client);
    }

    fn close_and_open(&mut self, client: u32) {
        self.close(client);
        if self.clients.len() < MOST_CLIENTS {
            self.new_client();
        }
    }

    fn many_watches(&mut self, client: u32) {
        let (long, count) = (self.rng.usize(1000..4000), self.rng.usize(4..40));
        for _ in 0..count.min(3 * BATCH / long) {
            let watcher = self.next_watcher();
            let path = Text::from(format!("/a/{}{}", "l".repeat(long), watcher.0));
            let kind = KINDS[self.rng.usize(1..KINDS.len())];
            // Nobody waits for children of what is not there: that would arm nothing.
            let kind = if kind == zookit_session::WatchKind::Children { KINDS[1] } else { kind };
            let watch = WatchRequest { watcher, kind, path: path.clone() };
            let wants = Wants { watch: Some(watch), ..Wants::default() };
            self.submit(client, &arming(kind, path), wants);
        }
    }
}
