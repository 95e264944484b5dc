//! A run: workloads and accidents, then calm, the last reads, and what is left.

mod phases;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::runtime::Handle;
use zookit_client::{Client, ConnectOptions};
use zookit_sim::observe::ClientId;

use super::client::Subject;
use super::history::{History, Recorder, Start};
use super::plan::Scope;
use super::target::Target;
use super::workload::visitor::Host;
use super::workload::{Common, Pace, Stop};

pub use phases::play;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What all that is chosen follows from.
    pub seed: u64,
    /// How long accidents happen.
    pub lasting: Duration,
    /// How many clients there are all the time.
    pub clients: u32,
    /// How many operations a second all of them together try, when all is well.
    pub rate: u32,
    /// The timeouts that sessions ask for, one client after another.
    pub session_timeouts: Vec<Duration>,
    /// Where lines are written to.
    pub out: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            lasting: Duration::from_secs(60),
            clients: 6,
            rate: 120,
            session_timeouts: [4, 10, 6].map(Duration::from_secs).to_vec(),
            out: None,
        }
    }
}

impl Settings {
    /// The longest timeout of any session.
    #[must_use]
    pub fn longest_timeout(&self) -> Duration {
        self.session_timeouts.iter().copied().max().unwrap_or(Duration::from_secs(10))
    }

    fn timeout(&self, client: ClientId) -> Duration {
        let timeouts = &self.session_timeouts;
        let at = usize::try_from(client.0).unwrap_or(0) % timeouts.len().max(1);
        timeouts.get(at).copied().unwrap_or(Duration::from_secs(10))
    }

    /// How long a lane waits between two operations, so that all together are as fast as wanted.
    fn pace(&self, lanes: usize) -> Pace {
        let lanes = f64::from(u32::try_from(lanes).unwrap_or(u32::MAX));
        Pace::new(Duration::from_secs_f64(lanes / f64::from(self.rate.max(1))))
    }
}

/// What all phases of a run have in common.
struct Run {
    settings: Settings,
    target: Arc<dyn Target>,
    recorder: Recorder,
    rng: Rng,
    scope: Scope,
    host: Arc<Host>,
    common: Arc<Common>,
    stop: Stop,
}

impl Run {
    fn new(
        settings: Settings,
        target: Arc<dyn Target>,
        apart: Option<Handle>,
    ) -> Result<Self, String> {
        let start = Start {
            seed: settings.seed,
            seconds: settings.lasting.as_secs(),
            members: target.members(),
            release: target.release(),
            wall_us: 0,
        };
        let recorder = Recorder::begin(start, settings.out.as_deref(), target.wall_ms());
        let recorder = recorder.map_err(|error| format!("the history: {error}"))?;
        let scope = Scope {
            members: target.members(),
            sides: target.sides(),
            partitions: target.partitions(),
            session_timeout: settings.longest_timeout(),
        };
        let host = Arc::new(host(&settings, &target, &recorder, apart));
        let rng = Rng::with_seed(settings.seed);
        let (common, stop) = (Arc::default(), Stop::default());
        Ok(Self { settings, target, recorder, rng, scope, host, common, stop })
    }

    fn finish(&self) -> Result<History, String> {
        self.recorder.finish().map_err(|error| format!("the history: {error}"))
    }
}

/// Every other client's driver runs apart, if there is a runtime for it.
fn host(
    settings: &Settings,
    target: &Arc<dyn Target>,
    recorder: &Recorder,
    apart: Option<Handle>,
) -> Host {
    let (settings, target, recorder) = (settings.clone(), Arc::clone(target), recorder.clone());
    Host::new(move |id| {
        let (servers, options) = target.way(id);
        let session_timeout = settings.timeout(id);
        let seed = Some(settings.seed.wrapping_mul(1_000).wrapping_add(u64::from(id.0)));
        let options = ConnectOptions { session_timeout, seed, ..options };
        let apart = apart.as_ref().filter(|_| id.0 % 2 == 0);
        let subject = Subject::connect(&recorder, id, &servers, options, apart);
        subject.map_err(|error| error.to_string())
    })
}

/// Whether the client is one that goes on.
fn is_there(client: &Client) -> bool {
    !client.state().is_terminal()
}
