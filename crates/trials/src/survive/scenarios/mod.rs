//! The scenarios, a file each: what may survive, and what happens.

mod prelude;

pub(crate) mod all_restarted;
pub(crate) mod follower_killed;
pub(crate) mod leader_killed;
pub(crate) mod leader_paused;
pub(crate) mod rolling_restart;
pub(crate) mod rolling_upgrade;
