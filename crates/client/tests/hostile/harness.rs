//! Runs cases: a server here, a client in a process of its own, and a judgement.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Condvar, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::measure;

use crate::child::{self, CASE, Ended, SERVER};
use crate::client::{At, Ends, Op};
use crate::server::{Script, Server};

/// What the heap of a client may hold at any time, beyond the buffers that a case states: runtime,
/// client, receive buffer, and whatever the server made of it.
pub(crate) const GROWTH: u64 = 1 << 20;

/// Children at a time.
const AT_ONCE: usize = 3;

/// A child that takes longer hangs. No case takes a quarter of it.
const GUARD: Duration = Duration::from_secs(30);

/// Behind this no case is begun any more: were each of them to fail by its deadline, all together
/// would take long enough to be taken for a hang. Five times what they take on a machine with much
/// other work.
const ALL: Duration = Duration::from_secs(180);
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What a child says about itself.
const REPORT: &str = "hostile-report";

pub(crate) type Play = Pin<Box<dyn Future<Output = ()>>>;

/// The client's part.
pub(crate) enum Part {
    /// Connects, asks once, and goes on: a second request must succeed, and the close.
    Asks(Op, Ends),
    /// Something else.
    Plays(fn(At) -> Play),
}

/// A server's script, the client's part, and what it may cost.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    server: Script,
    client: Part,
    /// Connections the client may open, those that only ask for a four-letter word included.
    connections: usize,
    /// Bytes that the client's contract lets it keep in this case.
    stated: u64,
    cpu: Duration,
    guard: Duration,
}

impl Case {
    const fn new(name: &'static str, server: Script, client: Part) -> Self {
        let cpu = Duration::from_millis(400);
        Self { name, server, client, connections: 3, stated: 0, cpu, guard: GUARD }
    }

    pub(crate) const fn asks(name: &'static str, server: Script, op: Op, ends: Ends) -> Self {
        Self::new(name, server, Part::Asks(op, ends))
    }

    pub(crate) const fn plays(name: &'static str, server: Script, play: fn(At) -> Play) -> Self {
        Self::new(name, server, Part::Plays(play))
    }

    pub(crate) const fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    pub(crate) const fn stated(self, stated: u64) -> Self {
        Self { stated, ..self }
    }

    pub(crate) const fn cpu_seconds(self, seconds: u64) -> Self {
        Self { cpu: Duration::from_secs(seconds), ..self }
    }

    pub(crate) const fn guard_seconds(self, seconds: u64) -> Self {
        Self { guard: Duration::from_secs(seconds), ..self }
    }

    /// Plays the case; what it cost, or what was wrong.
    pub(crate) fn run(&self, test: &str) -> Result<Cost, String> {
        let Some(_slot) = Slot::take(*BEGUN + ALL) else {
            return Err(format!("not begun: all others together have taken {ALL:?}"));
        };
        let server = Server::start(self.server);
        let begun = Instant::now();
        let ran = child::play(test, self.name, server.address, self.guard);
        let took = begun.elapsed();
        let (connections, faults) = server.stop();
        let mut cost = self.judge(ran?)?;
        cost.took = took;
        if let Some(fault) = faults.first() {
            return Err(format!("the server: {fault}"));
        }
        if connections > self.connections {
            return Err(format!("{connections} connections, and {} may be", self.connections));
        }
        Ok(cost)
    }

    fn judge(&self, child: Ended) -> Result<Cost, String> {
        let Ended { success, stdout, stderr } = child;
        if !success || !stderr.is_empty() {
            return Err(format!("the client failed:\n{stderr}"));
        }
        let report = stdout.split_once(REPORT).and_then(|(_, rest)| rest.lines().next());
        let mut numbers = report.unwrap_or_default().split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(heap)), Some(Ok(cpu))) = (numbers.next(), numbers.next()) else {
            return Err(format!("no report from the client:\n{stdout}"));
        };
        let cpu = Duration::from_nanos(cpu);
        if heap > self.stated + GROWTH {
            return Err(format!("{heap} bytes of heap, and {} are stated", self.stated));
        }
        if cpu > self.cpu {
            return Err(format!("{cpu:?} of CPU time, and {:?} may be", self.cpu));
        }
        Ok(Cost { heap: heap.saturating_sub(self.stated), cpu, took: Duration::ZERO })
    }
}

/// What a case cost the client.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// The most that the heap held beyond what is stated.
    heap: u64,
    cpu: Duration,
    took: Duration,
}

/// Runs all cases of a test. `test` is its full name, by which a child is told to run it.
///
/// In such a child: plays the client's part of one case.
pub(crate) fn run(test: &str, cases: &[Case]) {
    if is_child() {
        return play_one(cases.iter());
    }
    let begun = Instant::now();
    let results: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.run(test))).collect();
        running.into_iter().map(|case| case.join().expect("a case does not panic")).collect()
    });
    let mut most = Cost::default();
    let mut failed = 0;
    for (case, result) in cases.iter().zip(results) {
        match result {
            Ok(cost) => {
                most.heap = most.heap.max(cost.heap);
                most.cpu = most.cpu.max(cost.cpu);
                most.took = most.took.max(cost.took);
            }
            Err(wrong) => {
                failed += 1;
                say(&format!("hostile: {test}: {}: {wrong}", case.name));
            }
        }
    }
    say(&format!(
        "hostile: {test}: {} cases in {:.1?}, {failed} failed; of one case at most {} KiB of heap \
         beyond what is stated, {:.0?} of CPU, {:.1?} in all",
        cases.len(),
        begun.elapsed(),
        most.heap / 1024,
        most.cpu,
        most.took,
    ));
    assert_eq!(failed, 0, "cases failed");
}

/// Whether this process is to play one case.
pub(crate) fn is_child() -> bool {
    env::var_os(CASE).is_some()
}

/// In a child: plays the client's part of its case.
pub(crate) fn play_one<'a>(mut cases: impl Iterator<Item = &'a Case>) {
    let name = env::var(CASE).expect("the parent says which case");
    play(cases.find(|case| case.name == name).expect("the case is of this test"));
}

/// To stderr itself, so that it is seen when the test succeeds too.
fn say(line: &str) {
    writeln!(io::stderr(), "{line}").expect("stderr is there");
}

/// The client's part, measured.
///
/// All of the client runs on this thread, whose allocations are counted: the runtime has no other,
/// and addresses need no resolver. A reallocation counts as both blocks for a moment.
fn play(case: &Case) {
    let server = env::var(SERVER).expect("the parent says where the server is");
    let at = At { address: server.parse().expect("an address") };
    let before = cpu_time();
    let heap = measure(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        match &case.client {
            Part::Asks(op, ends) => runtime.block_on(at.asks(*op, *ends)),
            Part::Plays(play) => runtime.block_on(play(at)),
        }
    });
    let cpu = cpu_time().saturating_sub(before);
    println!("\n{REPORT} {} {}", heap.bytes_max, cpu.as_nanos());
}

/// What this thread has computed so far. Only Linux says; elsewhere nothing is known and connections
/// are all that shows a busy loop.
pub(crate) fn cpu_time() -> Duration {
    let path = "/proc/thread-self/schedstat";
    if !cfg!(target_os = "linux") {
        return Duration::ZERO;
    }
    let text = fs::read_to_string(path).expect("Linux tells the CPU time of a thread");
    let nanos = text.split_whitespace().next().expect("it begins with the time on the CPU");
    Duration::from_nanos(nanos.parse().expect("in nanoseconds"))
}

/// The right to run a child.
struct Slot;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Slot {
    /// Waits for its turn, until `end`.
    fn take(end: Instant) -> Option<Self> {
        let time = end.saturating_duration_since(Instant::now());
        let taken = TAKEN.lock().expect("nobody panics with it");
        let all_taken = |taken: &mut usize| *taken >= AT_ONCE;
        let waited = FREED.wait_timeout_while(taken, time, all_taken);
        let (mut taken, waited) = waited.expect("nor waiting");
        if waited.timed_out() || time.is_zero() {
            return None;
        }
        *taken += 1;
        Some(Self)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().expect("nobody panics with it") -= 1;
        FREED.notify_one();
    }
}
