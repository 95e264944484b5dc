//! Facts of an ensemble, on our model and on real ones of three: of the releases in
//! `ZOOKIT_REAL_CLASSPATHS`, which `cargo xtask test` sets.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use zookit_conformance::Outcome;
use zookit_conformance::ensemble::{Members, Model, facts, run};
use zookit_conformance::target::Stream;
use zookit_ensemble::blocking::Cluster;
use zookit_ensemble::{Mode, Release};
use zookit_server::core::Profile;

/// A member that says nothing for so long will not say anything.
const PATIENCE: Duration = Duration::from_secs(20);

fn failures(members: &mut dyn Members, read_only: bool) -> Vec<String> {
    let done = run(members, read_only);
    assert_eq!(done.len(), facts().iter().filter(|fact| fact.read_only == read_only).count());
    let failed = done.into_iter().filter_map(|(name, error)| Some(format!("{name}: {}", error?)));
    failed.collect()
}

#[test]
fn the_model_of_an_ensemble_knows_every_fact() {
    for profile in Profile::ALL {
        for read_only in [false, true] {
            let mut model = Model::new(profile, read_only);
            assert_eq!(failures(&mut model, read_only), [""; 0], "{profile}");
        }
    }
}

/// The model, with a network that does nothing of what it is told.
struct Untroubled(Model);

impl Members for Untroubled {
    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        self.0.dial(member)
    }

    fn wait(&mut self, _: Duration) {}

    fn leader(&mut self) -> Outcome<usize> {
        self.0.leader()
    }

    fn hold(&mut self, _: usize, _: usize) {}

    fn release(&mut self) {}

    fn cut_off(&mut self, _: usize) -> Outcome {
        Ok(())
    }

    fn join(&mut self, _: usize) -> Outcome {
        Ok(())
    }
}

#[test]
fn an_ensemble_that_nothing_happens_to_does_not() {
    let failed = |read_only| {
        let mut untroubled = Untroubled(Model::new(Profile::V3_9_5, read_only));
        failures(&mut untroubled, read_only)
    };
    let (failed, reading) = (failed(false), failed(true));
    for fact in ["shows the past", "refuses a client", "lives, and ends", "is void", "a quorum"] {
        assert!(failed.iter().any(|failure| failure.contains(fact)), "{fact}: {failed:?}");
    }
    assert_eq!(reading.len(), 1);
}

#[test]
fn a_real_ensemble_knows_every_fact() {
    for release in releases() {
        let mut real = Real::start(&release, false);
        assert_eq!(failures(&mut real, false), [""; 0], "{}", release.version);
    }
}

#[test]
fn a_real_ensemble_that_serves_readers_knows_the_facts_about_them() {
    for release in releases() {
        let mut real = Real::start(&release, true);
        assert_eq!(failures(&mut real, true), [""; 0], "{}", release.version);
    }
}

fn releases() -> Vec<Release> {
    let releases = Release::listed().unwrap_or_else(|error| panic!("{error}"));
    if releases.is_empty() {
        let line = "skipped: facts of a real ensemble: ZOOKIT_REAL_CLASSPATHS lists no ZooKeeper; \
                    `cargo xtask test` sets it";
        let _ = writeln!(io::stderr(), "{line}");
    }
    releases
}

/// A real ensemble.
struct Real {
    cluster: Cluster,
    read_only: bool,
    held: BTreeSet<(usize, usize)>,
    cut: BTreeSet<usize>,
}

impl Real {
    fn start(release: &Release, read_only: bool) -> Self {
        let builder = Cluster::builder().release(release).partitionable(true);
        let builder = builder.read_only_mode(read_only).config(move |config| {
            // Three seconds, of which what is held takes milliseconds.
            config.sync_limit = Some(6);
            // A server that only reads opens no other sessions.
            config.local_sessions_enabled = read_only.then_some(true);
            config.local_sessions_upgrading_enabled = read_only.then_some(true);
        });
        let cluster = builder.start_blocking().unwrap_or_else(|error| panic!("{error}"));
        Self { cluster, read_only, held: BTreeSet::new(), cut: BTreeSet::new() }
    }

    /// The members that are not cut off hear each other, and nobody else does.
    fn part(&self) {
        let together: Vec<usize> = (0..3).filter(|member| !self.cut.contains(member)).collect();
        self.cluster.partition(&[&together]);
    }

    /// Waits until all have found out.
    fn settle(&self) -> Outcome {
        let quorum = self.cut.len() < 2;
        self.cluster.wait_until(|modes| {
            (0..3).all(|member| match (quorum && !self.cut.contains(&member), modes[member]) {
                (true, mode) => matches!(mode, Mode::Leader | Mode::Follower),
                (false, mode) if self.read_only => mode == Mode::ReadOnly,
                (false, mode) => mode == Mode::NotServing,
            })
        })?;
        Ok(())
    }
}

impl Members for Real {
    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.cluster.client_address(member))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Box::new(stream))
    }

    fn wait(&mut self, time: Duration) {
        let (_sender, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(time);
    }

    fn leader(&mut self) -> Outcome<usize> {
        Ok(self.cluster.leader()?)
    }

    fn hold(&mut self, from: usize, to: usize) {
        self.cluster.link(from, to).cut();
        self.held.insert((from, to));
    }

    fn release(&mut self) {
        self.held.clear();
        self.part();
    }

    fn cut_off(&mut self, member: usize) -> Outcome {
        self.cut.insert(member);
        self.part();
        self.settle()
    }

    fn join(&mut self, member: usize) -> Outcome {
        self.cut.remove(&member);
        self.part();
        self.settle()
    }
}
