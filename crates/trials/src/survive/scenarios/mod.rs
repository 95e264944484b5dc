//! The scenarios, a file each: what may survive, and what happens.

mod prelude;

pub(crate) mod addresses_change;
pub(crate) mod all_restarted;
pub(crate) mod client_expired;
pub(crate) mod client_partitioned;
pub(crate) mod client_paused;
pub(crate) mod dead_ensemble;
pub(crate) mod fence_leader_changed;
pub(crate) mod fence_moved;
pub(crate) mod follower_killed;
pub(crate) mod lagging;
pub(crate) mod leader_killed;
pub(crate) mod leader_paused;
pub(crate) mod linearizable;
pub(crate) mod members_partitioned;
pub(crate) mod name_resolves_late;
pub(crate) mod presumed_gone;
pub(crate) mod read_only_minority;
pub(crate) mod reconnects;
pub(crate) mod replaced;
pub(crate) mod restored;
pub(crate) mod rolling_restart;
pub(crate) mod rolling_upgrade;
pub(crate) mod settled;
pub(crate) mod trust;
