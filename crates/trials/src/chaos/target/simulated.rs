//! The simulated ensemble, in virtual time: hours of it in seconds, and no Java.
//!
//! It has no sides: what happens to the network of one happens to all.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use zookit_client::ConnectOptions;
use zookit_proto::Class;
use zookit_server::core::{Effect, Fault, Server};
use zookit_sim::check::MemberLeft;
use zookit_sim::observe::ClientId;
use zookit_sim::whole::SimulatedEnsemble;

use super::{Begun, Boxed, Held, Target};
use crate::chaos::plan::{Accident, Who};

/// The ensemble of the simulator as a target.
#[derive(Debug)]
pub struct Simulated {
    ensemble: SimulatedEnsemble,
    wall_ms: i64,
}

impl Simulated {
    /// Starts so many members.
    ///
    /// # Panics
    /// Outside a runtime of one thread whose clock is paused.
    #[must_use]
    pub fn start(members: usize, seed: u64) -> Self {
        let ensemble = SimulatedEnsemble::start(members, seed);
        let wall_ms = ensemble.now().as_millis();
        Self { ensemble, wall_ms }
    }

    fn find(&self, who: Who) -> usize {
        let leader = self.ensemble.leader();
        match who {
            Who::Leader => leader.unwrap_or(0),
            Who::Follower(number) => {
                let followers = (0..self.ensemble.size()).filter(|at| Some(*at) != leader);
                followers.cycle().nth(number).unwrap_or(0)
            }
            Who::Member(number) => number,
        }
    }

    /// The sessions of all clients.
    fn each_session(&self, act: impl Fn(zookit_proto::SessionId) -> bool) -> usize {
        let sessions = self.ensemble.sessions();
        sessions.into_iter().filter(|session| act(session.id)).count()
    }

    fn cut(&self, members: &[usize]) {
        for member in members {
            self.ensemble.cut(*member);
        }
    }

    /// Loses the replies of one in so many writes, for as long as the fault lives.
    fn lose_replies(&self, every: u32) {
        for member in 0..self.ensemble.size() {
            let mut count = 0;
            let fault = Fault::new(Effect::LoseReply, move |asked| {
                count += u32::from(asked.opcode().class() == Class::Write);
                asked.opcode().class() == Class::Write && count % every == 0
            });
            self.ensemble.add_fault(member, fault.times(8));
        }
    }

    fn happen(&self, accident: &Accident) -> Begun {
        let all = || (0..self.ensemble.size()).collect::<Vec<_>>();
        let members = match accident {
            Accident::Kill(who)
            | Accident::Stop(who)
            | Accident::Pause(who)
            | Accident::Isolate(who)
            | Accident::Bridge(who, _) => vec![self.find(*who)],
            Accident::Split => vec![self.find(Who::Leader)],
            Accident::KillMost => all().split_off(self.ensemble.size() / 2),
            Accident::KillAll => all(),
            _ => Vec::new(),
        };
        let what = match accident {
            Accident::RollingRestart => {
                all().into_iter().for_each(|member| self.ensemble.restart(member));
                "all members".into()
            }
            Accident::Hold { .. } | Accident::Swallow { .. } | Accident::Refuse { .. } => {
                format!("{} sessions", self.each_session(|id| self.ensemble.silence(id)))
            }
            Accident::Reset { .. } | Accident::CutWithin { .. } => {
                format!("{} sessions", self.each_session(|id| self.ensemble.reset_connection(id)))
            }
            Accident::Slow { ms, .. } => {
                let least = Duration::from_millis(*ms);
                self.ensemble.set_delay(least, least.saturating_mul(2));
                "all connections".into()
            }
            Accident::LoseReplies { every, .. } => {
                self.lose_replies(*every);
                format!("one in {every}")
            }
            _ => {
                self.cut(&members);
                format!("{members:?}")
            }
        };
        let cuts_members = accident.is_of_members();
        Begun { what, members, cuts_members }
    }

    fn repair(&self, accident: &Accident, begun: &Begun) {
        for member in &begun.members {
            self.ensemble.join(*member);
        }
        match accident {
            Accident::Slow { .. } => {
                self.ensemble.set_delay(Duration::ZERO, Duration::from_millis(3));
            }
            // An election, now and then, by whoever was away.
            Accident::Isolate(_) => {
                begun.members.iter().for_each(|member| {
                    self.ensemble.elect(*member);
                });
            }
            _ => {}
        }
    }

    fn is_at_rest(&self) -> bool {
        let zxid = self.ensemble.agreed(Server::last_zxid);
        (0..self.ensemble.size()).all(|member| {
            self.ensemble.look(member, |server| server.last_zxid() == zxid).unwrap_or(false)
        })
    }
}

impl Target for Simulated {
    fn members(&self) -> usize {
        self.ensemble.size()
    }

    fn release(&self) -> String {
        "simulated".into()
    }

    fn sides(&self) -> usize {
        1
    }

    fn partitions(&self) -> bool {
        true
    }

    fn wall_ms(&self) -> Option<i64> {
        Some(self.wall_ms)
    }

    fn way(&self, _: ClientId) -> (String, ConnectOptions) {
        (self.ensemble.connect_string(), self.ensemble.options())
    }

    fn begin<'a>(&'a self, accident: &'a Accident) -> Boxed<'a, Begun> {
        Box::pin(async { Ok(self.happen(accident)) })
    }

    fn mend<'a>(&'a self, accident: &'a Accident, begun: Begun) -> Boxed<'a, ()> {
        Box::pin(async move {
            self.repair(accident, &begun);
            Ok(())
        })
    }

    fn rest(&self, within: Duration) -> Boxed<'_, ()> {
        Box::pin(async move {
            (0..self.ensemble.size()).for_each(|member| self.ensemble.join(member));
            let served = async {
                while self.ensemble.leader().is_none() {
                    sleep(Duration::from_millis(50)).await;
                }
            };
            timeout(within, served).await.map_err(|_| "nobody leads".to_owned())
        })
    }

    fn left(&self, within: Duration) -> Boxed<'_, Vec<MemberLeft>> {
        Box::pin(async move {
            let until = Instant::now() + within;
            while !self.is_at_rest() {
                if Instant::now() > until {
                    return Err("the members do not have the same".into());
                }
                sleep(Duration::from_millis(50)).await;
            }
            let left = |member| self.ensemble.look(member, MemberLeft::of);
            Ok((0..self.ensemble.size()).filter_map(left).collect())
        })
    }

    fn end(&self) -> Boxed<'_, Held> {
        Box::pin(async { Ok(Held { transactions: self.ensemble.history(), remarks: Vec::new() }) })
    }
}
