//! The workload: so many callers, each of which keeps so many reads in flight, oldest first.
//!
//! The same code drives every client. A slot's future is replaced in place, so nothing is
//! allocated per operation here. A caller with more than one slot needs a client whose calls are
//! eager: the future of a lazy one does nothing until its turn has come.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

use crate::Res;
use crate::alloc;
use crate::peers::Peer;
use crate::stub::frames::DATA_BYTES;

/// Nanoseconds, to three digits.
pub type Latencies = Histogram<u64>;

/// An empty one, for up to a minute.
///
/// # Errors
/// None, with these bounds.
pub fn latencies() -> Res<Latencies> {
    Ok(Latencies::new_with_bounds(1, 60_000_000_000, 3)?)
}

/// How a run is shaped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// Reads in flight, of all callers together.
    pub window: usize,
    /// Tasks that call; each keeps its share of the window in flight.
    pub callers: usize,
    /// Whether each caller has two batches of half its share in flight, in place of single calls.
    pub batches: bool,
    /// How long the measured part takes, about.
    pub span: Duration,
    /// Whether to count allocations, in a pass of their own.
    pub allocations: bool,
    /// Whether to take latencies, in a pass of their own: reading the clock costs too.
    pub latencies: bool,
}

/// What one run found.
#[derive(Debug)]
pub struct Sample {
    /// Operations per second.
    pub rate: f64,
    /// Nanoseconds of CPU of this process per operation, in user and kernel.
    pub cpu: f64,
    /// Allocations per operation.
    pub allocations: Option<f64>,
    /// From the call to the answer in hand.
    pub latencies: Option<Latencies>,
}

/// An instant, and the CPU time of the process then.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    wall: Instant,
    cpu: Duration,
}

impl Mark {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = u64::try_from(cpu.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(cpu.tv_nsec).unwrap_or_default();
        Self { wall: Instant::now(), cpu: Duration::new(seconds, nanos) }
    }

    /// Seconds passed, and seconds of CPU used.
    #[must_use]
    pub fn since(self) -> (f64, f64) {
        let now = Self::now();
        let cpu = now.cpu.saturating_sub(self.cpu);
        (now.wall.duration_since(self.wall).as_secs_f64(), cpu.as_secs_f64())
    }

    /// Operations per second, and nanoseconds of CPU per operation.
    #[must_use]
    pub fn per_op(self, ops: usize) -> (f64, f64) {
        let (wall, cpu) = self.since();
        (ops as f64 / wall, cpu * 1e9 / ops as f64)
    }
}

/// How many operations fill the span at this rate: the same number for each slot, and some.
#[must_use]
pub fn enough(rate: f64, plan: &Plan) -> usize {
    let wanted = (rate * plan.span.as_secs_f64()) as usize;
    wanted.div_ceil(plan.window).max(10) * plan.window
}

/// Operations to warm up with, and to find the rate by.
#[must_use]
pub fn probe(plan: &Plan) -> usize {
    400_usize.div_ceil(plan.window).max(2) * plan.window
}

/// Warms up, then measures.
///
/// # Errors
/// A caller has failed.
pub async fn run<P: Peer>(client: &P, plan: Plan) -> Res<Sample> {
    let probe = probe(&plan);
    pass(client, &plan, probe, None).await?;
    let mark = Mark::now();
    pass(client, &plan, probe, None).await?;
    let ops = enough(mark.per_op(probe).0, &plan);

    let mark = Mark::now();
    pass(client, &plan, ops, None).await?;
    let (rate, cpu) = mark.per_op(ops);

    let allocations = if plan.allocations {
        let few = 400_usize.div_ceil(plan.window).max(5) * plan.window;
        let many = 3 * few;
        let counted = (count(client, &plan, few).await?, count(client, &plan, many).await?);
        Some((counted.1 as f64 - counted.0 as f64) / (many - few) as f64)
    } else {
        None
    };
    let latencies = if plan.latencies {
        let taken = Arc::new(Mutex::new(latencies()?));
        pass(client, &plan, enough(rate / 4.0, &plan), Some(Arc::clone(&taken))).await?;
        Arc::into_inner(taken).and_then(|taken| taken.into_inner().ok())
    } else {
        None
    };
    Ok(Sample { rate, cpu, allocations, latencies })
}

/// The difference of two such counts leaves out what a pass allocates to begin with.
async fn count<P: Peer>(client: &P, plan: &Plan, ops: usize) -> Res<u64> {
    let before = alloc::allocations();
    alloc::count(true);
    let passed = pass(client, plan, ops, None).await;
    alloc::count(false);
    passed.map(|()| alloc::allocations() - before)
}

/// So many operations, by all callers together.
///
/// # Errors
/// A caller has failed.
pub async fn pass<P: Peer>(
    client: &P,
    plan: &Plan,
    ops: usize,
    latencies: Option<Arc<Mutex<Latencies>>>,
) -> Res<()> {
    let (window, ops) = (plan.window / plan.callers, ops / plan.callers);
    let call = || match plan.batches {
        true => tokio::spawn(batch_caller(client.clone(), window / 2, ops, latencies.clone())),
        false => tokio::spawn(caller(client.clone(), window, ops, latencies.clone())),
    };
    let callers: Vec<_> = (0..plan.callers).map(|_| call()).collect();
    for caller in callers {
        caller.await?;
    }
    Ok(())
}

async fn caller<P: Peer>(
    client: P,
    window: usize,
    ops: usize,
    latencies: Option<Arc<Mutex<Latencies>>>,
) {
    let mut begun = vec![Instant::now(); window];
    let mut slots: Vec<_> = (0..window).map(|_| Box::pin(client.get())).collect();
    let mut next = 0;
    for done in 0..ops {
        let slot = &mut slots[next];
        assert_eq!(slot.as_mut().await, DATA_BYTES);
        if let Some(latencies) = &latencies {
            begun[next] = record(latencies, begun[next]);
        }
        if done + window < ops {
            slot.set(client.get());
        } else if done + 1 == ops {
            return;
        }
        next = if next + 1 == window { 0 } else { next + 1 };
    }
}

/// Two batches, of which one is under way while the other is taken in.
async fn batch_caller<P: Peer>(
    client: P,
    count: usize,
    ops: usize,
    latencies: Option<Arc<Mutex<Latencies>>>,
) {
    let mut begun = [Instant::now(); 2];
    let mut slots = [(); 2].map(|()| Box::pin(client.get_batch(count)));
    let batches = ops / count;
    for done in 0..batches {
        let (slot, begun) = (&mut slots[done % 2], &mut begun[done % 2]);
        assert_eq!(slot.as_mut().await, count * DATA_BYTES);
        if let Some(latencies) = &latencies {
            *begun = record(latencies, *begun);
        }
        if done + 2 < batches {
            slot.set(client.get_batch(count));
        }
    }
}

/// Now, which is also when the next one begins.
fn record(latencies: &Mutex<Latencies>, begun: Instant) -> Instant {
    let now = Instant::now();
    let nanos = u64::try_from((now - begun).as_nanos()).unwrap_or(u64::MAX);
    latencies.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(nanos);
    now
}
