//! Containers that are empty again, and znodes whose time to live is over: when they are looked at,
//! and how fast they go.
//!
//! Facts: `ContainerManager` of Apache ZooKeeper.

use std::collections::VecDeque;
use std::time::Duration;

use zookit_proto::{SessionId, Text};

use super::super::{Change, Config, Time, prepare, reaper};
use super::Server;

const MINUTE: Duration = Duration::from_secs(60);

/// What is to be deleted, and when.
#[derive(Debug)]
pub(super) struct Reaping {
    /// When znodes are looked at next.
    look_at: Time,
    /// What was found last time and is not deleted yet.
    found: VecDeque<Text>,
    /// When the first of those may be deleted.
    delete_at: Time,
}

impl Reaping {
    /// Of a server that begins now.
    pub(super) fn begin(now: Time, config: &Config) -> Self {
        let look_at = now.after(interval(config));
        Self { look_at, found: VecDeque::new(), delete_at: now }
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Time {
        if self.found.is_empty() { self.look_at } else { self.look_at.min(self.delete_at) }
    }
}

fn interval(config: &Config) -> Duration {
    config.container_check_interval.max(Duration::from_millis(1))
}

impl Server {
    /// Looks at znodes if it is time to, and deletes what may be deleted now. Each deletion is a
    /// transaction of its own, also one that has become pointless.
    pub(super) fn reap(&mut self) {
        if self.reaping.look_at <= self.now {
            self.reaping.look_at = self.now.after(interval(&self.config));
            // What was found before and is there still is found again.
            self.reaping.found =
                reaper::candidates(&self.tree, &self.config, self.date_ms()).into();
        }
        let pause = MINUTE.checked_div(self.config.container_max_per_minute).unwrap_or(MINUTE);
        while self.reaping.delete_at <= self.now {
            let Some(path) = self.reaping.found.pop_front() else { return };
            self.reaping.delete_at = self.now.after(pause);
            let change = prepare::reap(&self.tree, &self.config, &path);
            if self.commit(SessionId::NONE, change.unwrap_or_else(Change::Error)).is_none() {
                return;
            }
        }
    }
}
