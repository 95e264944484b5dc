//! The end of a run: everything finishes, watchers are dropped, some handles are closed, and what is
//! left is shown to the checkers.

use std::time::Duration;

use super::client::{Client, nanos};
use super::{MS, World, say};
use crate::check::{Bounds, ClientLeft, Final, MemberLeft};
use crate::observe::ClientId;
use zookit_proto::Time;

/// How long everything may take to finish once all is well again. A session of four seconds is
/// presumed gone after 5.4, and is buried and followed by another after some attempts more; five
/// connections may be lost while watches are set again.
pub(super) const CALM: Duration = Duration::from_secs(40);

/// By so much a server may be late with the end of a session or of a silent connection: they end in
/// buckets.
const BUCKET: u64 = 2500 * MS;

pub(super) fn bounds() -> Bounds {
    Bounds { calm: CALM, ..Bounds::default() }
}

impl World<'_> {
    /// Lets the calm world come to rest.
    pub(super) fn end(&mut self) {
        let calm = nanos(Time::since_origin(CALM));
        if self.settle_until(self.now + calm) {
            self.violation = self.checkers.settled(self.time()).err();
        }
        self.drop_all_watchers();
        self.rest_until(self.now + calm, Client::is_idle);
        say!(self, "some handles are closed");
        for client in self.numbers() {
            if !self.client(client).session.state().is_terminal() && self.rng.bool() {
                self.close(client);
            }
        }
        self.rest_until(self.now + calm, |client| {
            client.is_idle() && (!client.closing || client.session.state().is_terminal())
        });
        let timeout = self.workload.timeouts.iter().max().copied().unwrap_or_default() * MS;
        self.clean_until(self.now + timeout + BUCKET);
        self.rest_until(self.now + calm, |_| true);
        self.finish();
    }

    fn numbers(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.clients.len()).unwrap_or(u32::MAX)
    }

    fn drop_all_watchers(&mut self) {
        say!(self, "all watchers are dropped");
        for client in self.numbers() {
            for watcher in self.client(client).watchers.clone() {
                self.drop_watcher(client, watcher);
            }
            self.settle_client(client);
        }
    }

    fn finish(&mut self) {
        if self.violation.is_some() {
            return;
        }
        let time = self.time();
        let members = (0..self.ensemble.size()).filter_map(|member| self.ensemble.member(member));
        let clients = (0_u32..).zip(&self.clients);
        let left = Final {
            now: time,
            history: self.ensemble.history(),
            members: members.map(MemberLeft::of).collect(),
            clients: clients.map(|(n, it)| ClientLeft::of(ClientId(n), &it.session)).collect(),
        };
        let checkers = std::mem::replace(&mut self.checkers, crate::check::Checkers::new(1));
        self.violation = checkers.finish(&left).err();
        if let Some(last) = left.history.last() {
            self.trace.mix(last.zxid.0.unsigned_abs());
        }
        self.trace.mix(self.now);
    }
}
