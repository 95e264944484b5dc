//! When it was told that a reply is lost.
//!
//! A client tells of a lost reply before anybody can ask it for anything on its next connection, but
//! the task that waits for that reply may hear of it later, when another has asked for more. What the
//! other one asked for was not submitted before the loss was told: so it is shown as told before the
//! first request of that client which was submitted when the connection was gone.

use std::collections::{BTreeMap, BTreeSet};

use zookit_sim::observe::{Call, ClientId};

use crate::chaos::history::{Event, Invoke, Line, Told};

/// Calls whose replies are lost, and who has told of them.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// The connection on which each was submitted, of those that are under way.
    open: BTreeMap<(ClientId, u64), BTreeSet<Call>>,
    /// All of them.
    calls: BTreeSet<Call>,
    told: BTreeSet<Call>,
}

impl Lost {
    pub(super) fn of(lines: &[Line]) -> Self {
        let completes = lines.iter().filter_map(|line| match &line.event {
            Event::Complete(complete) => Some(&complete.ends),
            _ => None,
        });
        let lost = completes.flatten().filter(|(_, told)| *told == Told::NoReply);
        Self { calls: lost.map(|(call, _)| *call).collect(), ..Self::default() }
    }

    /// The calls of which it has been told by then that their replies are lost. The operation's own
    /// are under way from now on.
    pub(super) fn told_before(&mut self, invoke: &Invoke) -> Vec<(ClientId, Call)> {
        let Invoke { client, connection, calls, .. } = invoke;
        let before = (*client, 0)..(*client, *connection);
        let gone: Vec<_> = self.open.range(before).map(|(key, _)| *key).collect();
        let gone = gone.into_iter().filter_map(|key| self.open.remove(&key)).flatten();
        let gone: Vec<_> = gone.filter(|call| self.told.insert(*call)).collect();
        let own = calls.iter().map(|asked| asked.call).filter(|call| self.calls.contains(call));
        let own: BTreeSet<_> = own.collect();
        if !own.is_empty() {
            self.open.entry((*client, *connection)).or_default().extend(own);
        }
        gone.into_iter().map(|call| (*client, call)).collect()
    }

    /// Whether it was told before that the reply to this call is lost. It counts as told from now on.
    pub(super) fn was_told(&mut self, call: Call) -> bool {
        self.calls.contains(&call) && !self.told.insert(call)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use zookit_proto::Zxid;
    use zookit_session::Generation;

    use super::*;
    use crate::chaos::history::{Ask, Asked, Complete, Function, Outcome, Workload};

    fn invoke(call: u64, connection: u64) -> Invoke {
        Invoke {
            process: call,
            workload: Workload::Register,
            function: Function::Write,
            key: "1".into(),
            client: ClientId(1),
            generation: Generation(1),
            pinned: false,
            connection,
            seen: Zxid(0),
            calls: vec![Asked { call: Call(call), ask: Ask::Fence, watcher: None }],
        }
    }

    fn lost(calls: &[u64]) -> Lost {
        let line = |call: &u64| {
            let (process, outcome, seen) = (*call, Outcome::Info, Zxid(0));
            let ends = vec![(Call(*call), Told::NoReply)];
            let event = Event::Complete(Complete { process, outcome, seen, ends });
            Line { at: Duration::ZERO, event }
        };
        Lost::of(&calls.iter().map(line).collect::<Vec<_>>())
    }

    #[test]
    fn a_loss_is_told_before_the_next_connection_is_asked_for_anything() {
        let mut lost = lost(&[1, 2]);
        assert_eq!(lost.told_before(&invoke(1, 0)), []);
        assert_eq!(lost.told_before(&invoke(9, 0)), []);
        assert_eq!(lost.told_before(&invoke(2, 1)), [(ClientId(1), Call(1))]);
        assert!(lost.was_told(Call(1)));
        // Of this one its own caller hears first.
        assert!(!lost.was_told(Call(2)));
        assert_eq!(lost.told_before(&invoke(10, 2)), []);
        assert!(!lost.was_told(Call(10)));
    }
}
