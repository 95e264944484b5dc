//! The shortest script that shows a difference.

use zookit_proto::Request;

use super::{Difference, both};
use crate::Outcome;
use crate::script::{Ask, Step};
use crate::target::Which;

/// So many attempts at most.
const ATTEMPTS: usize = 400;

/// Takes out of a script whatever is not needed to see a difference of the same kind.
///
/// # Errors
/// A server is not there, or does not let itself be tidied up.
pub fn shrink(servers: &[Which; 2], difference: Difference) -> Outcome<Difference> {
    let mut attempts = Attempts { servers, left: ATTEMPTS, shortest: difference };
    loop {
        let before = attempts.shortest.script_text();
        attempts.without_steps()?;
        attempts.simpler_steps()?;
        if attempts.left == 0 || attempts.shortest.script_text() == before {
            return Ok(attempts.shortest);
        }
    }
}

struct Attempts<'a> {
    servers: &'a [Which; 2],
    left: usize,
    shortest: Difference,
}

impl Attempts<'_> {
    /// Whether this script shows it too; if so it is the shortest from now on.
    fn attempt(&mut self, script: &[Step]) -> Outcome<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let seen = both(self.servers, script)?;
        match Difference::first(script, &seen) {
            Some(difference) if difference.kind == self.shortest.kind => {
                self.shortest = difference;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// First half of the steps, then a quarter, down to single ones.
    fn without_steps(&mut self) -> Outcome {
        let mut size = self.shortest.script.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < self.shortest.script.len() {
                let mut script = self.shortest.script.clone();
                let end = (at + size).min(script.len());
                script.drain(at..end);
                if !self.attempt(&script)? {
                    at += size;
                }
            }
            size /= 2;
        }
        Ok(())
    }

    fn simpler_steps(&mut self) -> Outcome {
        let mut at = 0;
        while at < self.shortest.script.len() {
            let step = self.shortest.script[at].clone();
            for simpler in simpler(&step) {
                let mut script = self.shortest.script.clone();
                script[at] = simpler;
                if self.attempt(&script)? {
                    break;
                }
            }
            at += 1;
        }
        Ok(())
    }
}

/// Steps that do a little less.
fn simpler(step: &Step) -> Vec<Step> {
    let Step::Ask { slot, asks } = step else { return Vec::new() };
    let mut all = Vec::new();
    for at in 0..asks.len() {
        if asks.len() > 1 {
            let mut fewer = asks.clone();
            fewer.remove(at);
            all.push(Step::Ask { slot: *slot, asks: fewer });
        }
        for ask in simpler_ask(&asks[at]) {
            let mut simpler = asks.clone();
            simpler[at] = ask;
            all.push(Step::Ask { slot: *slot, asks: simpler });
        }
    }
    all
}

fn simpler_ask(ask: &Ask) -> Vec<Ask> {
    let without = |lists: &mut dyn FnMut(usize) -> Option<Request>| {
        let all = (0..).map_while(lists);
        all.map(|request| Ask::of(&request)).collect()
    };
    match ask.request() {
        Some(Request::Multi(multi)) => without(&mut |at| {
            let mut fewer = multi.clone();
            (at < fewer.ops.len()).then(|| fewer.ops.remove(at))?;
            Some(Request::Multi(fewer))
        }),
        Some(Request::MultiRead(multi)) => without(&mut |at| {
            let mut fewer = multi.clone();
            (at < fewer.ops.len()).then(|| fewer.ops.remove(at))?;
            Some(Request::MultiRead(fewer))
        }),
        Some(Request::SetWatches(set)) => without(&mut |at| {
            let mut fewer = set.clone();
            let lists =
                [&mut fewer.data_watches, &mut fewer.exist_watches, &mut fewer.child_watches];
            remove_nth(&mut lists.into_iter(), at)?;
            Some(Request::SetWatches(fewer))
        }),
        Some(Request::SetWatches2(set)) => without(&mut |at| {
            let mut fewer = set.clone();
            let lists = [
                &mut fewer.data_watches,
                &mut fewer.exist_watches,
                &mut fewer.child_watches,
                &mut fewer.persistent_watches,
                &mut fewer.persistent_recursive_watches,
            ];
            remove_nth(&mut lists.into_iter(), at)?;
            Some(Request::SetWatches2(fewer))
        }),
        _ => Vec::new(),
    }
}

/// Removes the nth element of lists one behind the other; `None`: there are not that many.
fn remove_nth<'a, T: 'a>(
    lists: &mut dyn Iterator<Item = &'a mut Vec<T>>,
    mut at: usize,
) -> Option<T> {
    for list in lists {
        if at < list.len() {
            return Some(list.remove(at));
        }
        at -= list.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use zookit_proto::Zxid;
    use zookit_proto::ops::set_watches::SetWatchesRequest;

    #[test]
    fn a_step_gets_simpler_by_one_part_at_a_time() {
        let set = SetWatchesRequest {
            relative_zxid: Zxid(0),
            data_watches: vec!["/a".into()],
            exist_watches: Vec::new(),
            child_watches: vec!["/b".into(), "/c".into()],
        };
        let ping = Ask::of(&Request::Ping(()));
        let step = Step::Ask { slot: 0, asks: vec![Ask::of(&Request::SetWatches(set)), ping] };
        let simpler = simpler(&step);
        // Without the one, without the other, and with one path less.
        assert_eq!(simpler.len(), 2 + 3);
        assert!(simpler.iter().all(|less| less != &step));
    }
}
