//! What is compared: a client, the runtime under it, and how its callers are shaped.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::Res;
use crate::cores;
use crate::load::{self, Plan, Sample};
use crate::peers::{Peer, TokioZookeeper, ZookeeperAsync, ZookeeperClient, Zookit};
use crate::raw;

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Whose code runs.
    pub client: Who,
    runtime: Flavour,
    shape: Shape,
}

/// Whose code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Who {
    Raw,
    Zookit,
    ZookeeperClient,
    TokioZookeeper,
    ZookeeperAsync,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    /// A current-thread runtime, on the clients' core.
    Ct,
    /// Two workers, on whichever cores the scheduler likes.
    Mt2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One task keeps the whole window in flight, by eager calls; on two workers, two tasks half
    /// of it each.
    Pipeline,
    /// As many tasks as the window, each with one read at a time.
    Tasks,
    /// One task keeps two batches of half the window in flight; on two workers, two tasks do so
    /// with a quarter.
    Batch,
}

impl Variant {
    /// The limit itself.
    pub const RAW: Self = Self { client: Who::Raw, runtime: Flavour::Ct, shape: Shape::Pipeline };

    /// All that are measured, without the limit.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for shape in [Shape::Pipeline, Shape::Tasks] {
            for runtime in [Flavour::Ct, Flavour::Mt2] {
                all.push(Self { client: Who::Zookit, runtime, shape });
            }
            all.push(Self { client: Who::ZookeeperClient, runtime: Flavour::Ct, shape });
        }
        for runtime in [Flavour::Ct, Flavour::Mt2] {
            all.push(Self { client: Who::Zookit, runtime, shape: Shape::Batch });
        }
        // Their calls are lazy, so that a caller has one in flight.
        for client in [Who::TokioZookeeper, Who::ZookeeperAsync] {
            all.push(Self { client, runtime: Flavour::Ct, shape: Shape::Tasks });
        }
        all
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().chain([Self::RAW]).find(|variant| variant.to_string() == name)
    }

    /// With one in flight the shapes are the same, so tasks alone are measured.
    #[must_use]
    pub fn runs_at(&self, window: usize) -> bool {
        match self.shape {
            Shape::Tasks => true,
            Shape::Pipeline => window > 1,
            // Four halves of something.
            Shape::Batch => window >= 4,
        }
    }

    /// Whether it is compared with this client, and not this client.
    #[must_use]
    pub fn is_peer(&self) -> bool {
        !matches!(self.client, Who::Raw | Who::Zookit)
    }

    /// This client on a current-thread runtime.
    #[must_use]
    pub fn is_ours_on_ct(&self) -> bool {
        self.client == Who::Zookit && self.runtime == Flavour::Ct
    }

    fn callers(&self, window: usize) -> usize {
        match (self.shape, self.runtime) {
            (Shape::Tasks, _) => window,
            (Shape::Pipeline | Shape::Batch, Flavour::Ct) => 1,
            (Shape::Pipeline | Shape::Batch, Flavour::Mt2) => window.min(2),
        }
    }

    /// Connects anew, warms up, and measures.
    ///
    /// # Errors
    /// There is no session, or a caller has failed.
    pub fn run(&self, address: SocketAddr, mut plan: Plan) -> Res<Sample> {
        plan.callers = self.callers(plan.window);
        plan.batches = self.shape == Shape::Batch;
        match self.client {
            Who::Raw => raw::run(address, plan),
            Who::Zookit => self.run_as::<Zookit>(address, plan),
            Who::ZookeeperClient => self.run_as::<ZookeeperClient>(address, plan),
            Who::TokioZookeeper => self.run_as::<TokioZookeeper>(address, plan),
            Who::ZookeeperAsync => self.run_as::<ZookeeperAsync>(address, plan),
        }
    }

    fn run_as<P: Peer>(&self, address: SocketAddr, plan: Plan) -> Res<Sample> {
        let runtime = self.runtime()?;
        let sample = runtime.block_on(async {
            let client = P::connect(address).await?;
            load::run(&client, plan).await
        });
        // Sessions end in the background; whatever hangs there is not waited for.
        runtime.shutdown_timeout(Duration::from_millis(100));
        sample
    }

    /// So many operations and nothing else, to be looked at from outside.
    ///
    /// # Errors
    /// There is no session, or a caller has failed.
    pub fn run_plainly(&self, address: SocketAddr, window: usize, ops: usize) -> Res<()> {
        match self.client {
            Who::Raw => Err("the limit has no plain run".into()),
            Who::Zookit => self.run_plainly_as::<Zookit>(address, window, ops),
            Who::ZookeeperClient => self.run_plainly_as::<ZookeeperClient>(address, window, ops),
            Who::TokioZookeeper => self.run_plainly_as::<TokioZookeeper>(address, window, ops),
            Who::ZookeeperAsync => self.run_plainly_as::<ZookeeperAsync>(address, window, ops),
        }
    }

    fn run_plainly_as<P: Peer>(&self, address: SocketAddr, window: usize, ops: usize) -> Res<()> {
        let plan = Plan {
            window,
            callers: self.callers(window),
            batches: self.shape == Shape::Batch,
            ..Plan::default()
        };
        self.runtime()?.block_on(async {
            let client = P::connect(address).await?;
            load::pass(&client, &plan, ops, None).await
        })
    }

    fn runtime(&self) -> Res<Runtime> {
        let mut builder = match self.runtime {
            Flavour::Ct => Builder::new_current_thread(),
            Flavour::Mt2 => Builder::new_multi_thread(),
        };
        if self.runtime == Flavour::Mt2 {
            builder.worker_threads(2).on_thread_start(cores::unpin);
        }
        Ok(builder.enable_all().build()?)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = match self.client {
            Who::Raw => return f.write_str("RAW"),
            Who::Zookit => Zookit::NAME,
            Who::ZookeeperClient => ZookeeperClient::NAME,
            Who::TokioZookeeper => TokioZookeeper::NAME,
            Who::ZookeeperAsync => ZookeeperAsync::NAME,
        };
        let runtime = match self.runtime {
            Flavour::Ct => "ct",
            Flavour::Mt2 => "mt2",
        };
        let shape = match self.shape {
            Shape::Pipeline => "pipeline",
            Shape::Tasks => "tasks",
            Shape::Batch => "batch",
        };
        write!(f, "{client} {runtime} {shape}")
    }
}
