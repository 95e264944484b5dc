//! Members find their leader, and lose it.

use zookit_proto::Zxid;

use super::super::server::Role;
use super::super::{Server, Time};
use super::Ensemble;

impl Ensemble {
    pub(super) fn has_quorum(&self) -> bool {
        let together = self.members.iter().filter(|member| !member.cut).count();
        together > self.size() / 2
    }

    /// A leader begins: all that it can reach follow it. Its own member is in the new epoch at once,
    /// the others are with the first transaction in it.
    ///
    /// Facts: `Leader.startZkServer`, which sets the last zxid of the leader's database.
    pub(super) fn begin(&mut self, now: Time, leader: usize) {
        self.leader = Some(leader);
        for member in 0..self.size() {
            if !self.is_cut(member) {
                self.meet(now, member);
            }
        }
        let zxid = self.agreed().map_or(Zxid(0), Server::last_zxid);
        if let Some(leads) = self.member_mut(leader) {
            leads.set_zxid(zxid);
        }
        self.publish(None);
    }

    /// Tells the member that leads how many follow.
    fn count_followers(&mut self) {
        let together = self.members.iter().filter(|member| member.since.is_some()).count();
        let leads = self.leader.and_then(|leader| self.members.get_mut(leader));
        if let Some(leads) = leads.filter(|leads| leads.since.is_some()) {
            leads.server.set_role(Role::Leader(together.saturating_sub(1)));
        }
    }

    /// A member has found the leader: it catches up, and serves.
    pub(super) fn meet(&mut self, now: Time, member: usize) {
        // What was agreed on before is for those to be told who follow already.
        self.publish(None);
        let applied = self.members.get(member).map_or(0, |member| member.applied);
        for place in applied..self.history().len() {
            self.apply(now, member, place, None);
        }
        self.meetings = self.meetings.saturating_add(1);
        if let Some(member) = self.members.get_mut(member) {
            member.since = Some(self.meetings);
            member.server.find_leader(now);
        }
        self.count_followers();
    }

    /// A member and its leader lose each other.
    pub(super) fn part(&mut self, now: Time, member: usize, read_only: bool) {
        let alone = self.leading.is_none();
        let Some(member) = self.members.get_mut(member) else { return };
        if alone {
            member.server.halt(now);
        } else if member.since.take().is_some() || member.server.is_read_only() != read_only {
            member.server.lose_leader(now, read_only);
        }
        self.count_followers();
    }

    /// A member applies the transaction of this place, unless it has.
    pub(super) fn apply(&mut self, now: Time, member: usize, place: usize, number: Option<u64>) {
        let (Some(leading), Some(member)) = (&self.leading, self.members.get_mut(member)) else {
            return;
        };
        if place != member.applied {
            return;
        }
        if let Some(transaction) = leading.server.history().get(place) {
            member.applied = member.applied.saturating_add(1);
            member.server.follow_transaction(now, transaction, number);
        }
    }
}
