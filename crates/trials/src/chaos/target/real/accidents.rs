//! What can be done to real servers, and to the network between them and clients.

use std::time::Duration;

use zookit_ensemble::Mode;
use zookit_proto::Class;
use zookit_proxy::{Cut, Effect, Fault, Proxy};

use super::super::Begun;
use super::Real;
use crate::chaos::plan::{Accident, Who};

fn failed(error: zookit_ensemble::Error) -> String {
    error.to_string()
}

impl Real {
    /// Which member that is now.
    async fn find(&self, who: Who) -> Result<usize, String> {
        let modes = match who {
            Who::Member(number) => return Ok(number),
            Who::Leader | Who::Follower(_) => self.cluster.modes().await,
        };
        let of_mode = |wanted| (0..modes.len()).filter(move |at| modes[*at] == wanted);
        let found = match who {
            Who::Follower(number) => of_mode(Mode::Follower).cycle().nth(number),
            _ => of_mode(Mode::Leader).next(),
        };
        found.ok_or_else(|| format!("nobody is {who} now"))
    }

    /// Something goes wrong.
    pub(super) async fn happen(&self, accident: &Accident) -> Result<Begun, String> {
        let members = match accident {
            Accident::Kill(who)
            | Accident::Stop(who)
            | Accident::Pause(who)
            | Accident::Isolate(who) => vec![self.find(*who).await?],
            Accident::Bridge(one, other) => {
                vec![self.find(*one).await?, self.find(*other).await?]
            }
            Accident::Split => vec![self.find(Who::Leader).await?],
            Accident::KillAll | Accident::RollingRestart => (0..self.sides[0].len()).collect(),
            Accident::KillMost => self.most().await?,
            _ => Vec::new(),
        };
        match accident {
            Accident::Kill(_) | Accident::KillAll | Accident::KillMost => {
                for member in &members {
                    self.cluster.server(*member).kill().await.map_err(failed)?;
                }
            }
            Accident::Stop(_) => {
                self.cluster.server(members[0]).stop().await.map_err(failed)?;
            }
            Accident::Pause(_) => {
                self.cluster.server(members[0]).pause().await.map_err(failed)?;
            }
            Accident::Isolate(_) => self.cluster.isolate(members[0]),
            Accident::Bridge(..) => self.cluster.cut(members[0], members[1]),
            Accident::Split => self.split(members[0]),
            // It takes its time, so it is done where it is mended.
            Accident::RollingRestart => {}
            accident => self.between(accident),
        }
        let what = self.words(accident, &members);
        Ok(Begun { what, members, cuts_members: accident.is_of_members() })
    }

    /// The leader, and as many others as a quorum cannot do without.
    async fn most(&self) -> Result<Vec<usize>, String> {
        let leader = self.find(Who::Leader).await?;
        let size = self.cluster.servers().len();
        let others = (0..size).filter(|at| *at != leader);
        Ok(std::iter::once(leader).chain(others).take(size / 2 + 1).collect())
    }

    /// A member is on one side with some of the clients, and all others are on the other side.
    fn split(&self, member: usize) {
        let size = self.cluster.servers().len();
        let others: Vec<usize> = (0..size).filter(|at| *at != member).collect();
        self.cluster.partition(&[&[member], &others]);
        for (side, proxies) in self.sides.iter().enumerate() {
            for (at, proxy) in proxies.iter().enumerate() {
                if (side == 0) != (at == member) {
                    proxy.both_ways().hold();
                }
            }
        }
    }

    /// The proxies of a side before a member, or before all of them.
    fn proxies(&self, side: usize, member: Option<usize>) -> impl Iterator<Item = &Proxy> {
        let proxies = self.sides.get(side).into_iter().flatten().enumerate();
        let wanted = proxies.filter(move |(at, _)| member.is_none_or(|member| member == *at));
        wanted.map(|(_, proxy)| proxy)
    }

    /// The proxies that an accident is about.
    fn proxies_of(&self, accident: &Accident) -> Vec<&Proxy> {
        match accident {
            Accident::Hold { side, member }
            | Accident::Swallow { side, member }
            | Accident::Refuse { side, member } => self.proxies(*side, *member).collect(),
            Accident::Reset { side }
            | Accident::Slow { side, .. }
            | Accident::LoseReplies { side, .. }
            | Accident::CutWithin { side, .. } => self.proxies(*side, None).collect(),
            _ => Vec::new(),
        }
    }

    /// Something goes wrong between clients and members.
    fn between(&self, accident: &Accident) {
        for proxy in self.proxies_of(accident) {
            match accident {
                Accident::Hold { .. } => proxy.both_ways().hold(),
                Accident::Swallow { .. } => proxy.both_ways().swallow(),
                Accident::Refuse { .. } => {
                    proxy.refuse_connections(true);
                    proxy.cut(Cut::Reset);
                }
                Accident::Reset { .. } => proxy.cut(Cut::Reset),
                Accident::Slow { ms, .. } => {
                    proxy.both_ways().delay(Duration::from_millis(*ms));
                    proxy.both_ways().jitter(Duration::from_millis(*ms));
                }
                Accident::LoseReplies { every, .. } => drop(proxy.add_fault(losing(*every))),
                Accident::CutWithin { bytes, .. } => {
                    proxy.to_client().cut_after(*bytes, Cut::Reset);
                }
                _ => {}
            }
        }
    }

    fn words(&self, accident: &Accident, members: &[usize]) -> String {
        let of_side = |side: usize, member: Option<usize>| match member {
            Some(member) => format!("side {side} and member {member}"),
            None => format!("side {side} and all members"),
        };
        match accident {
            Accident::Hold { side, member }
            | Accident::Swallow { side, member }
            | Accident::Refuse { side, member } => of_side(*side, *member),
            Accident::Reset { side } => of_side(*side, None),
            Accident::Slow { side, ms } => format!("{}, by {ms} ms", of_side(*side, None)),
            Accident::LoseReplies { side, every } => {
                format!("{}, one write in {every}", of_side(*side, None))
            }
            Accident::CutWithin { side, bytes } => {
                format!("{}, behind {bytes} bytes", of_side(*side, None))
            }
            Accident::Kill(who)
            | Accident::Stop(who)
            | Accident::Pause(who)
            | Accident::Isolate(who) => format!("{who} (members {members:?})"),
            _ => format!("members {members:?}"),
        }
    }

    /// What went wrong is mended. A member that cannot be, for now, is one that is tended later.
    pub(super) async fn repair(&self, accident: &Accident, begun: Begun) {
        match accident {
            Accident::Kill(_) | Accident::Stop(_) | Accident::KillAll | Accident::KillMost => {
                for member in begun.members {
                    let launched = self.cluster.server(member).launch().await;
                    self.remark_failure(member, launched);
                }
            }
            Accident::Pause(_) => {
                for member in begun.members {
                    // If it has ended by itself, whoever tends it sees that.
                    drop(self.cluster.server(member).resume().await);
                }
            }
            Accident::RollingRestart => {
                for member in begun.members {
                    let rolled = self.roll(member).await;
                    self.remark_failure(member, rolled);
                }
            }
            Accident::Isolate(_) | Accident::Bridge(..) => self.cluster.heal(),
            Accident::Split => {
                self.cluster.heal();
                // Another accident may swallow meanwhile: a connection with a hole in its stream
                // must not go on.
                self.sides.iter().flatten().for_each(Proxy::heal);
            }
            accident => {
                self.proxies_of(accident).into_iter().for_each(Proxy::heal);
            }
        }
    }

    async fn roll(&self, member: usize) -> Result<(), zookit_ensemble::Error> {
        let server = self.cluster.server(member);
        server.stop().await?;
        server.launch().await?;
        self.cluster.wait_until_served().await
    }

    fn remark_failure(&self, member: usize, result: Result<(), zookit_ensemble::Error>) {
        if let Err(error) = result {
            self.remark(format!("member {member}: {error}"));
        }
    }

    /// The whole network is well.
    pub(super) fn heal(&self) {
        self.cluster.heal();
        self.sides.iter().flatten().for_each(Proxy::heal);
    }
}

/// Loses the reply to one write in so many.
fn losing(every: u32) -> Fault {
    let mut writes = 0_u32;
    Fault::new(Effect::LoseReply, move |asked| {
        let is_write = asked.opcode().class() == Class::Write;
        writes = writes.wrapping_add(u32::from(is_write));
        is_write && writes % every.max(1) == 0
    })
}
