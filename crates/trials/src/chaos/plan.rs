//! What goes wrong, and when: all of it follows from the seed.
//!
//! Two plans run side by side: one of what becomes of members, one of what becomes of the network
//! between clients and members. Between two accidents of a plan there is quiet, and now and then
//! there is more of it, so that all can come to rest.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

/// To whom it happens. Who leads is known only when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The leader.
    Leader,
    /// The first of those who follow, or the second, and so on.
    Follower(usize),
    /// This member, counted from 0.
    Member(usize),
}

/// Something that goes wrong, until it is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accident {
    /// A member is killed (SIGKILL), and started again.
    Kill(Who),
    /// A member is stopped (SIGTERM), and started again.
    Stop(Who),
    /// A member is paused (SIGSTOP), and goes on.
    Pause(Who),
    /// All members are killed at once, and started again.
    KillAll,
    /// So many members that no quorum is left are killed, and started again.
    KillMost,
    /// One member after another is stopped and started again.
    RollingRestart,
    /// A member is cut off from all others, and not from its clients.
    Isolate(Who),
    /// Two members cannot reach one another, and both can reach the rest: a bridge.
    Bridge(Who, Who),
    /// Whoever leads, with its clients, is on one side, and the rest on the other.
    Split,
    /// What the clients of a side and this member send one another is kept back until it is mended.
    Hold {
        /// Which side.
        side: usize,
        /// Which member; `None`: all.
        member: Option<usize>,
    },
    /// What they send one another is lost, and their connections with it once it is mended.
    Swallow {
        /// Which side.
        side: usize,
        /// Which member; `None`: all.
        member: Option<usize>,
    },
    /// Their connections are reset, and new ones are refused until it is mended.
    Refuse {
        /// Which side.
        side: usize,
        /// Which member; `None`: all.
        member: Option<usize>,
    },
    /// Their connections are reset.
    Reset {
        /// Which side.
        side: usize,
    },
    /// What they send takes so much longer, and up to as much more.
    Slow {
        /// Which side.
        side: usize,
        /// The least, in milliseconds.
        ms: u64,
    },
    /// Replies to writes are lost, with their connections: one in so many.
    LoseReplies {
        /// Which side.
        side: usize,
        /// One in how many.
        every: u32,
    },
    /// Connections are cut within what is sent to a side: behind so many bytes.
    CutWithin {
        /// Which side.
        side: usize,
        /// Behind how many bytes.
        bytes: u64,
    },
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader => f.write_str("the leader"),
            Self::Follower(number) => write!(f, "follower {number}"),
            Self::Member(number) => write!(f, "member {number}"),
        }
    }
}

impl Accident {
    /// A word for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kill(_) => "kill",
            Self::Stop(_) => "stop",
            Self::Pause(_) => "pause",
            Self::KillAll => "kill-all",
            Self::KillMost => "kill-most",
            Self::RollingRestart => "rolling-restart",
            Self::Isolate(_) => "isolate",
            Self::Bridge(..) => "bridge",
            Self::Split => "split",
            Self::Hold { .. } => "hold",
            Self::Swallow { .. } => "swallow",
            Self::Refuse { .. } => "refuse",
            Self::Reset { .. } => "reset",
            Self::Slow { .. } => "slow",
            Self::LoseReplies { .. } => "lose-replies",
            Self::CutWithin { .. } => "cut-within",
        }
    }

    /// Whether it happens to members, and not between them and clients.
    #[must_use]
    pub const fn is_of_members(&self) -> bool {
        matches!(
            self,
            Self::Kill(_)
                | Self::Stop(_)
                | Self::Pause(_)
                | Self::KillAll
                | Self::KillMost
                | Self::RollingRestart
                | Self::Isolate(_)
                | Self::Bridge(..)
                | Self::Split
        )
    }
}

/// An accident to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// How long it is quiet before.
    pub after: Duration,
    /// What it is.
    pub accident: Accident,
    /// How long it lasts until it is mended; mending may take longer.
    pub lasts: Duration,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// How many members there are.
    pub members: usize,
    /// How many sides clients come from.
    pub sides: usize,
    /// Whether members can be cut off from one another.
    pub partitions: bool,
    /// The longest timeout of any session: some accidents last longer than that.
    pub session_timeout: Duration,
}

/// What becomes of members, one accident after another, without an end.
pub fn of_members(mut rng: Rng, scope: Scope) -> impl Iterator<Item = Planned> {
    std::iter::repeat_with(move || {
        let accident = member_accident(&mut rng, scope);
        let lasts = if accident == Accident::RollingRestart {
            Duration::ZERO
        } else {
            lasting(&mut rng, scope.session_timeout)
        };
        // A member that starts needs a few seconds until it follows.
        Planned { after: quiet(&mut rng, 4_000, 10_000), accident, lasts }
    })
}

/// What becomes of the network of clients, one accident after another, without an end.
pub fn of_network(mut rng: Rng, scope: Scope) -> impl Iterator<Item = Planned> {
    std::iter::repeat_with(move || {
        let accident = network_accident(&mut rng, scope);
        let lasts = match accident {
            Accident::Reset { .. } => Duration::ZERO,
            _ => lasting(&mut rng, scope.session_timeout),
        };
        Planned { after: quiet(&mut rng, 2_000, 8_000), accident, lasts }
    })
}

fn member_accident(rng: &mut Rng, scope: Scope) -> Accident {
    let who = who(rng, scope);
    let partitions = scope.partitions && scope.members > 1;
    loop {
        return match rng.u8(0..30) {
            0..6 => Accident::Kill(who),
            6..8 => Accident::Stop(who),
            8..14 => Accident::Pause(who),
            14 => Accident::KillAll,
            15 => Accident::KillMost,
            16 => Accident::RollingRestart,
            17..22 if partitions => Accident::Isolate(who),
            22..26 if partitions => {
                let (one, other) = two(rng, scope.members);
                Accident::Bridge(Who::Member(one), Who::Member(other))
            }
            26..30 if partitions => Accident::Split,
            _ => continue,
        };
    }
}

/// The leader as often as all others together.
fn who(rng: &mut Rng, scope: Scope) -> Who {
    match rng.u8(0..4) {
        0 | 1 => Who::Leader,
        2 => Who::Follower(rng.usize(0..scope.members.saturating_sub(1).max(1))),
        _ => Who::Member(rng.usize(0..scope.members)),
    }
}

fn two(rng: &mut Rng, members: usize) -> (usize, usize) {
    let one = rng.usize(0..members);
    let other = (one + rng.usize(1..members)) % members;
    (one, other)
}

fn network_accident(rng: &mut Rng, scope: Scope) -> Accident {
    let side = rng.usize(0..scope.sides);
    let member = (rng.u8(0..3) > 0).then(|| rng.usize(0..scope.members));
    match rng.u8(0..16) {
        0..3 => Accident::Hold { side, member },
        3..6 => Accident::Swallow { side, member },
        6..8 => Accident::Refuse { side, member },
        8 => Accident::Reset { side },
        9..11 => Accident::Slow { side, ms: [5, 40, 200][rng.usize(0..3)] },
        11..14 => Accident::LoseReplies { side, every: [3, 20, 100][rng.usize(0..3)] },
        _ => Accident::CutWithin { side, bytes: rng.u64(1..20_000) },
    }
}

/// Mostly a moment; sometimes as long as sessions last, and longer.
fn lasting(rng: &mut Rng, session_timeout: Duration) -> Duration {
    let timeout = u64::try_from(session_timeout.as_millis()).unwrap_or(u64::MAX);
    let most = if rng.u8(0..3) == 0 { timeout.saturating_mul(7) / 4 } else { timeout / 2 };
    Duration::from_millis(rng.u64(200..most.max(201)))
}

/// Sometimes much more than usual.
fn quiet(rng: &mut Rng, least: u64, most: u64) -> Duration {
    let times = if rng.u8(0..8) == 0 { 3 } else { 1 };
    Duration::from_millis(rng.u64(least..most).saturating_mul(times))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SCOPE: Scope =
        Scope { members: 3, sides: 2, partitions: true, session_timeout: Duration::from_secs(8) };

    fn names(plan: impl Iterator<Item = Planned>) -> BTreeSet<&'static str> {
        plan.take(500).map(|planned| planned.accident.name()).collect()
    }

    #[test]
    fn a_seed_is_a_plan() {
        let plan = |seed| of_members(Rng::with_seed(seed), SCOPE).take(50).collect::<Vec<_>>();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn everything_comes_about() {
        assert_eq!(names(of_members(Rng::with_seed(1), SCOPE)).len(), 9);
        assert_eq!(names(of_network(Rng::with_seed(1), SCOPE)).len(), 7);
        let without = Scope { partitions: false, ..SCOPE };
        assert_eq!(names(of_members(Rng::with_seed(1), without)).len(), 6);
        let of_one = Scope { members: 1, ..SCOPE };
        assert_eq!(names(of_members(Rng::with_seed(1), of_one)).len(), 6);
    }

    #[test]
    fn pauses_are_shorter_and_longer_than_a_session() {
        let plan = of_members(Rng::with_seed(1), SCOPE);
        let lasts: Vec<_> = plan.take(200).map(|planned| planned.lasts).collect();
        let longer = lasts.iter().filter(|lasts| **lasts > SCOPE.session_timeout).count();
        assert!((10..150).contains(&longer), "{longer} of 200");
    }
}
