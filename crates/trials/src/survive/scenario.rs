//! What a scenario is, and all there are.

use std::future::Future;
use std::pin::Pin;

use zookit_ensemble::Version;

use super::declared::Declared;
use super::scenarios;
use super::setting::Setting;
use super::verdict::{Failure, Verdict};

/// A scenario under way.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Failure>> + 'a>>;

/// An accident, or a few, and what is to be seen.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What happens, in a line.
    pub(crate) about: &'static str,
    /// The oldest release that it applies to, and why no older one.
    pub(crate) since: Since,
    /// What may survive; `None` where a scenario has no steady traffic and says itself what must hold.
    pub(crate) declared: Option<&'static Declared>,
    pub(crate) run: fn(&Setting) -> Running<'_>,
}

/// From which release on something is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Since {
    /// All that are tested.
    Always,
    /// From this one on, for that reason.
    Release(Version, &'static str),
    /// With this line alone.
    Line(u32, u32, &'static str),
}

impl Since {
    /// Why it does not apply to a release, if it does not.
    pub(crate) fn refuses(self, version: Version) -> Option<&'static str> {
        match self {
            Self::Always => None,
            Self::Release(first, why) => (version < first).then_some(why),
            Self::Line(major, minor, why) => {
                ((version.major, version.minor) != (major, minor)).then_some(why)
            }
        }
    }
}

/// All of them, in the order in which they are run.
pub(crate) const ALL: &[Scenario] = &[
    scenarios::leader_killed::SCENARIO,
    scenarios::leader_paused::SCENARIO,
    scenarios::follower_killed::SCENARIO,
    scenarios::rolling_restart::SCENARIO,
    scenarios::rolling_upgrade::SCENARIO,
    scenarios::client_partitioned::SCENARIO,
    scenarios::client_expired::SCENARIO,
    scenarios::client_paused::SCENARIO,
    scenarios::members_partitioned::SCENARIO,
    scenarios::all_restarted::SCENARIO,
    scenarios::dead_ensemble::SCENARIO,
    scenarios::read_only_minority::SCENARIO,
    scenarios::lagging::SCENARIO,
    scenarios::restored::SCENARIO,
    scenarios::replaced::SCENARIO,
    scenarios::name_resolves_late::SCENARIO,
    scenarios::addresses_change::SCENARIO,
    scenarios::reconnects::SCENARIO,
    scenarios::fence_moved::SCENARIO,
    scenarios::fence_leader_changed::SCENARIO,
    scenarios::linearizable::SCENARIO,
    scenarios::settled::SCENARIO,
    scenarios::presumed_gone::SCENARIO,
    scenarios::trust::SCENARIO,
];

/// The one of this name.
pub(crate) fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}
