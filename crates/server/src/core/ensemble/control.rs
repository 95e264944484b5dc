//! What a test can do to an ensemble as a whole.

use zookit_proto::{ErrorCode, Reply, Request, SessionId};

use super::super::Time;
use super::Ensemble;

impl Ensemble {
    /// The network between a member and all others fails: it closes its clients' connections, and
    /// takes none, or, `read_only`, those that want to read only. If it led, or there is no quorum
    /// without it, nobody leads, and the same becomes of all others until one is
    /// [elected](Self::elect).
    pub fn cut(&mut self, now: Time, member: usize, read_only: bool) {
        let Some(cut) = self.members.get_mut(member) else { return };
        cut.cut = true;
        let led = self.leader == Some(member);
        self.part(now, member, read_only);
        if led || !self.has_quorum() {
            self.leader = None;
            for other in 0..self.size() {
                self.part(now, other, read_only);
            }
        }
    }

    /// The network of a member is whole again. If there is a leader, it has all that was agreed on
    /// before it serves; if there is none, one may be [elected](Self::elect).
    pub fn join(&mut self, now: Time, member: usize) {
        let Some(joins) = self.members.get_mut(member) else { return };
        joins.cut = false;
        if self.leading.is_none() {
            joins.server.resume(now);
            self.leader = Some(member);
        } else if self.leader.is_some() && joins.since.is_none() {
            self.meet(now, member);
        }
    }

    /// A member that is not cut off leads from now on, in the next epoch: all connections are
    /// closed, what was under way is void, and sessions have their full timeouts. False, and
    /// nothing happens, if it has no quorum.
    pub fn elect(&mut self, now: Time, leader: usize) -> bool {
        let eligible = self.members.get(leader).is_some_and(|member| !member.cut);
        if !eligible || !self.has_quorum() {
            return false;
        }
        match &mut self.leading {
            Some(leading) => leading.elect(now),
            None => {
                if let Some(alone) = self.member_mut(0) {
                    alone.bump_epoch(now);
                }
                return true;
            }
        }
        for member in 0..self.size() {
            if !self.is_cut(member) {
                self.part(now, member, false);
            }
        }
        self.begin(now, leader);
        true
    }

    /// Ends a session as if its time were over. False if there is none such, or nobody leads.
    pub fn expire_session(&mut self, now: Time, session: SessionId) -> bool {
        let Some(leading) = &mut self.leading else {
            return self.member_mut(0).is_some_and(|alone| alone.expire_session(now, session));
        };
        if self.leader.is_none() {
            return false;
        }
        let ended = leading.server.expire_session(now, session);
        self.publish(None);
        ended
    }

    /// Carries out a request by the ensemble itself, as super user, in the name of a session or of
    /// none; see [`Server::execute`](crate::core::Server::execute). Reads show all that was agreed on.
    ///
    /// # Errors
    /// What a client would be answered; `SystemError` if nobody leads.
    pub fn execute(
        &mut self,
        now: Time,
        session: SessionId,
        request: &Request,
    ) -> Result<Reply, ErrorCode> {
        let Some(leading) = &mut self.leading else {
            let alone = self.member_mut(0).ok_or(ErrorCode::SystemError)?;
            return alone.execute(now, session, request);
        };
        if self.leader.is_none() {
            return Err(ErrorCode::SystemError);
        }
        let result = leading.server.execute(now, session, request);
        self.publish(None);
        result
    }
}
