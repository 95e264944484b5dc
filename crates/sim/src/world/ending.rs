//! The end of a run: everything finishes, watchers are dropped, some handles are closed, and what is
//! left is shown to the checkers.

use std::time::Duration;

use super::client::{Client, nanos};
use super::{MS, World, say};
use crate::check::{Bounds, ClientLeft, Final, MemberLeft};
use crate::network::{ClientEnd, Line};
use crate::observe::ClientId;
use zookit_proto::Time;

/// How long everything may take to finish once all is well again. A session of four seconds is
/// presumed gone after 5.4, and is buried and followed by another after some attempts more; five
/// connections may be lost while watches are set again.
pub(super) const CALM: Duration = Duration::from_secs(40);

/// By so much a server may be late with the end of a session: sessions expire in buckets.
const BUCKET: u64 = 500 * MS;

pub(super) fn bounds() -> Bounds {
    Bounds { calm: CALM, ..Bounds::default() }
}

impl World<'_> {
    /// Lets the calm world come to rest.
    pub(super) fn end(&mut self) {
        let calm = nanos(Time::since_origin(CALM));
        self.rest_until(self.now + calm, |client| client.is_idle());
        let clients = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        for client in 0..clients {
            for watcher in self.client(client).watchers.clone() {
                self.drop_watcher(client, watcher);
            }
            self.settle_client(client);
        }
        self.rest_until(self.now + calm, |client| client.is_idle());
        say!(self, "watchers are dropped; some handles are closed");
        for client in 0..clients {
            if !self.client(client).session.state().is_terminal() && self.rng.bool() {
                self.close(client);
            }
        }
        self.rest_until(self.now + calm, |client| {
            client.is_idle() && (!client.closing || client.session.state().is_terminal())
        });
        let timeout = self.workload.timeouts.iter().max().copied().unwrap_or_default() * MS;
        let aftermath = self.now + timeout + BUCKET;
        while self.now < aftermath
            && self.violation.is_none()
            && (self.has_stale_sessions() || self.has_stale_lines())
        {
            self.advance();
        }
        let none = |_: &Client| true;
        self.rest_until(self.now + calm, none);
        self.finish();
    }

    /// Whether a session lives that is no client's any more.
    fn has_stale_sessions(&self) -> bool {
        let Some(agreed) = self.ensemble.agreed() else { return false };
        let open = |client: &&Client| !client.session.state().is_terminal();
        let used = |id| self.clients.iter().filter(open).any(|it| it.session.session_id() == id);
        agreed.sessions().iter().any(|session| !used(session.id))
    }

    /// Whether a member believes in a connection that its client has closed.
    fn has_stale_lines(&self) -> bool {
        let stale = |line: &Line| line.client_end == ClientEnd::Gone && line.server.is_some();
        self.lines.iter().any(stale)
    }

    /// Goes on until all clients are so and nothing is on its way between members, or until then.
    fn rest_until(&mut self, until: u64, at_rest: impl Fn(&Client) -> bool) {
        while self.now < until && self.violation.is_none() {
            let quiet = self.messages.iter().all(|way| way.is_empty());
            if quiet && self.clients.iter().all(&at_rest) {
                return;
            }
            self.advance();
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
