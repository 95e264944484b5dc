//! How a server is to be, before it starts.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Server;
use crate::control::Control;
use crate::core::{self, Config, Profile};
use crate::listener::shared::Shared;
use crate::listener::{Limits, Listening};

/// How a server is to be.
#[derive(Debug, Clone)]
#[must_use = "it starts with `start`"]
pub struct Builder {
    config: Config,
    limits: Limits,
    address: SocketAddr,
    seed: Option<u64>,
    load: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A server for tests, on a free port of 127.0.0.1. It is as Apache's newest, except that
    /// whatever a test may need is allowed: TTL znodes, every four-letter word, any number of
    /// connections, session timeouts from 50 ms to an hour, and sessions that expire within 50 ms
    /// of their time.
    pub fn new() -> Self {
        let config = Config {
            tick: Duration::from_millis(50),
            min_session_timeout: Some(Duration::from_millis(50)),
            max_session_timeout: Some(Duration::from_secs(3600)),
            max_client_connections: 0,
            four_letter_words: BTreeSet::from([String::from("*")]),
            extended_types: true,
            ..Config::default()
        };
        Self::exactly(config)
    }

    /// A server that is just so, on a free port of 127.0.0.1; its date is that of its start.
    pub fn exactly(config: Config) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { config, limits: Limits::default(), address, seed: None, load: None }
    }

    /// The version it behaves as.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.config.profile = profile;
        self
    }

    /// Changes anything about how it behaves.
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// What its network may take.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Where it listens; of port 0 any that is free.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// What decides everything random: where the ids of sessions begin. Without it they begin
    /// elsewhere in every run, as those of a real server do.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The tree to begin with, as JSON: a dump, or written by hand. [`json`](crate::json) has its
    /// form.
    pub fn load(mut self, text: impl Into<String>) -> Self {
        self.load = Some(text.into());
        self
    }

    /// Starts it. When this returns it takes connections.
    ///
    /// # Errors
    ///
    /// If it cannot listen where it should, the system gives no thread, or what is to be
    /// [loaded](Self::load) cannot be (`InvalidData`).
    pub fn start(mut self) -> io::Result<Server> {
        let since_epoch = date().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.config.origin_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        let chance = since_epoch.as_nanos().to_le_bytes();
        let chance = u64::from_le_bytes(std::array::from_fn(|at| chance[at]));
        let machine = core::Server::new(self.config, self.seed.unwrap_or(chance));
        let shared = Arc::new(Shared::new(machine, self.limits));
        let control = Control::new(Arc::clone(&shared));
        if let Some(text) = &self.load {
            let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
            control.load(text).map_err(invalid)?;
        }
        Ok(Server::new(control, Listening::start(shared, self.address)?))
    }
}

#[expect(clippy::disallowed_methods, reason = "the date that the core has not")]
fn date() -> SystemTime {
    SystemTime::now()
}
