//! Faults that strike ZooKeeper's requests: which ones, and what happens to them.

use std::fmt;
use std::time::Duration;

use zookit_proto::tap::ConnectionId;
use zookit_proto::{OpCode, Request, Text, Xid};

use crate::cut::Cut;

/// A request, as a fault is shown it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// On which connection.
    pub connection: ConnectionId,
    /// Its number on that connection.
    pub xid: Xid,
    /// All of it.
    pub request: &'a Request,
}

impl Asked<'_> {
    /// What is asked.
    #[must_use]
    pub const fn opcode(&self) -> OpCode {
        self.request.opcode()
    }

    /// The path it is about; see [`Request::path`].
    #[must_use]
    pub fn path(&self) -> Option<&Text> {
        self.request.path()
    }

    /// Whether it is about this path, or is a multi with an operation that is.
    #[must_use]
    pub fn is_about(&self, path: &str) -> bool {
        self.request.is_about(path)
    }
}

/// What happens to a request. What its connection sends behind one that ends it is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It does not arrive; its connection is cut behind the replies to the requests before it.
    LoseRequest,
    /// It arrives; its connection is cut where its reply would come.
    LoseReply,
    /// It is answered; its connection is cut right behind the reply.
    CutBehindReply,
    /// It arrives so much later, and so does what its connection sends behind it.
    Delay(Duration),
}

/// Which requests are struck, and by what.
pub struct Fault {
    when: Box<dyn FnMut(&Asked<'_>) -> bool + Send>,
    effect: Effect,
    cut: Cut,
    passing: u32,
    left: Option<u32>,
}

impl Fault {
    /// Strikes every request for which `when` is true, on every connection. Pings are requests, and
    /// so is what restores a session on a new connection; the handshake is not.
    ///
    /// `when` runs on the proxy's thread, which waits for it, and must not call the proxy.
    pub fn new(effect: Effect, when: impl FnMut(&Asked<'_>) -> bool + Send + 'static) -> Self {
        Self { when: Box::new(when), effect, cut: Cut::Close, passing: 0, left: None }
    }

    /// Strikes requests of one operation about one path; see [`Asked::is_about`].
    pub fn on(effect: Effect, opcode: OpCode, path: impl Into<String>) -> Self {
        let path = path.into();
        Self::new(effect, move |asked| asked.opcode() == opcode && asked.is_about(&path))
    }

    /// How connections end over it; without this they are [closed](Cut::Close).
    #[must_use]
    pub fn by(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Lets so many of the requests that it would strike pass first.
    #[must_use]
    pub fn after(mut self, passing: u32) -> Self {
        self.passing = passing;
        self
    }

    /// Strikes so often, and then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("effect", &self.effect)
            .field("cut", &self.cut)
            .field("passing", &self.passing)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// A fault that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(u64);

/// The faults that wait for requests, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    all: Vec<(FaultId, Fault, u64)>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.next);
        self.next += 1;
        self.all.push((id, fault, 0));
        id
    }

    pub(crate) fn remove(&mut self, id: FaultId) -> Option<u64> {
        let place = self.all.iter().position(|(other, ..)| *other == id)?;
        Some(self.all.remove(place).2)
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }

    pub(crate) fn struck(&self, id: FaultId) -> Option<u64> {
        self.all.iter().find(|(other, ..)| *other == id).map(|(.., struck)| *struck)
    }

    /// Whether any of them could still strike.
    pub(crate) fn are_waiting(&self) -> bool {
        self.all.iter().any(|(_, fault, _)| fault.left != Some(0))
    }

    /// What the first fault that wants the request does to it.
    pub(crate) fn strike(&mut self, asked: &Asked<'_>) -> Option<(Effect, Cut)> {
        for (_, fault, struck) in &mut self.all {
            if fault.left == Some(0) || !(fault.when)(asked) {
                continue;
            }
            if fault.passing > 0 {
                fault.passing -= 1;
                continue;
            }
            *struck += 1;
            fault.left = fault.left.map(|left| left - 1);
            return Some((fault.effect, fault.cut));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use zookit_proto::ops::get_data::GetDataRequest;

    use super::*;

    fn strike(faults: &mut Faults) -> Option<Effect> {
        let request = GetDataRequest { path: "/a".into(), watch: false };
        let request = Request::GetData(request);
        let asked = Asked { connection: ConnectionId(1), xid: Xid(1), request: &request };
        faults.strike(&asked).map(|(effect, _)| effect)
    }

    #[test]
    fn a_fault_lets_some_pass_and_strikes_so_often() {
        let mut faults = Faults::default();
        let fault = Fault::on(Effect::LoseReply, OpCode::GetData, "/a").after(1).times(2);
        let id = faults.add(fault);
        let effects: Vec<_> = (0..4).map(|_| strike(&mut faults)).collect();
        assert_eq!(effects, [None, Some(Effect::LoseReply), Some(Effect::LoseReply), None]);
        assert!(!faults.are_waiting());
        assert_eq!(
            (faults.struck(id), faults.remove(id), faults.remove(id)),
            (Some(2), Some(2), None)
        );
    }

    #[test]
    fn the_first_fault_that_wants_a_request_has_it() {
        let mut faults = Faults::default();
        faults.add(Fault::on(Effect::LoseReply, OpCode::GetData, "/b"));
        faults.add(Fault::new(Effect::LoseRequest, |_| true).times(1));
        faults.add(Fault::new(Effect::CutBehindReply, |_| true));
        assert_eq!(strike(&mut faults), Some(Effect::LoseRequest));
        assert_eq!(strike(&mut faults), Some(Effect::CutBehindReply));
        faults.clear();
        assert_eq!(strike(&mut faults), None);
    }
}
