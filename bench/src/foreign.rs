//! How much of the processor others take meanwhile: a round in which they take much says little.
//!
//! `/proc/stat` tells what all processes together have taken, `/proc/PID/stat` what the clients and
//! the stub have; the rest is foreign, and so is what a hypervisor stole. Time in interrupts is not
//! counted: nearly all of it here is the kernel's with our own packets, and it is told apart from
//! our processes' own. Both files count in the same ticks, of 10 ms on most machines.

use std::fs;
use std::process;

use crate::Res;
use crate::cores;

/// A round in which others take more than this, of the time of the cores that we work on, is
/// discarded.
pub const MOST: f64 = 0.10;

/// The clients work on one core, and the stub on another.
const OUR_CORES: usize = 2;

/// What was taken when the round began.
#[derive(Debug)]
pub struct Watch {
    server: u32,
    begun: Reading,
}

/// Ticks since the machine, or a process, was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    /// Of all processes, on the cores that we may use.
    taken: u64,
    /// Of these cores, idle or not.
    passed: u64,
    /// Of ourselves and the server.
    ours: u64,
}

impl Watch {
    /// Begins to watch; this process and that of the server are ours.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn begin(server: u32) -> Res<Self> {
        Ok(Self { server, begun: Reading::now(server)? })
    }

    /// What others took since, as a share of the time of the cores that we work on. It may be over
    /// 1, since they may use all that we may.
    ///
    /// # Errors
    /// The kernel does not tell, or the server has ended.
    pub fn share(&self) -> Res<f64> {
        Ok(share(self.begun, Reading::now(self.server)?, cores::allowed().len()))
    }
}

impl Reading {
    fn now(server: u32) -> Res<Self> {
        let all = fs::read_to_string("/proc/stat")?;
        let (taken, passed) = of_cores(&all, cores::allowed()).ok_or("/proc/stat is unreadable")?;
        let mut ours = 0;
        for process in [process::id(), server] {
            let told = fs::read_to_string(format!("/proc/{process}/stat"))?;
            ours += of_process(&told).ok_or("/proc/PID/stat is unreadable")?;
        }
        Ok(Self { taken, passed, ours })
    }
}

fn share(begun: Reading, now: Reading, cores: usize) -> f64 {
    let taken = now.taken.saturating_sub(begun.taken);
    let foreign = taken.saturating_sub(now.ours.saturating_sub(begun.ours));
    let of_one_core = now.passed.saturating_sub(begun.passed) as f64 / cores.max(1) as f64;
    match of_one_core * cores.clamp(1, OUR_CORES) as f64 {
        // No tick has passed.
        0.0 => 0.0,
        ours => foreign as f64 / ours,
    }
}

/// Of `/proc/stat` the lines of these cores: ticks taken by processes or stolen, and all ticks.
/// `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`, the last two of which
/// are in the first two already.
fn of_cores(text: &str, cores: &[usize]) -> Option<(u64, u64)> {
    let (mut taken, mut passed) = (0, 0);
    for core in cores {
        let name = format!("cpu{core}");
        let line = text.lines().find(|line| line.split(' ').next() == Some(&name))?;
        let ticks: Option<Vec<u64>> =
            line.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().ok()).collect();
        let [user, nice, system, idle, iowait, irq, softirq, stolen] = ticks?.try_into().ok()?;
        taken += user + nice + system + stolen;
        passed += user + nice + system + idle + iowait + irq + softirq + stolen;
    }
    Some((taken, passed))
}

/// Of `/proc/PID/stat`: ticks in user mode and in the kernel, of all threads there were. The second
/// field, the name, is in brackets and may hold anything.
fn of_process(text: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(')')?;
    // The third field is the first here; these are the 14th and the 15th.
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 10 1 20 1000 5 7 8 2 10 1\n\
        cpu1 30 0 40 2000 0 0 0 0 0 0\ncpu10 9 9 9 9 9 9 9 9 9 9\nintr 1 2 3\n";

    #[test]
    fn the_cores_that_we_may_use_are_summed() {
        assert_eq!(of_cores(STAT, &[0]), Some((33, 1053)));
        assert_eq!(of_cores(STAT, &[0, 1]), Some((33 + 70, 1053 + 2070)));
        assert_eq!(of_cores(STAT, &[2]), None);
        assert_eq!(of_cores("cpu0 1 2 three", &[0]), None);
    }

    #[test]
    fn a_process_may_have_any_name() {
        let told = "7 (a) R (b) S 1 7 7 0 -1 4194304 100 0 0 0 250 31 0 0 20 0 3 0 99 1 2";
        assert_eq!(of_process(told), Some(281));
        assert_eq!(of_process("7 (a) S 1 2"), None);
    }

    #[test]
    fn what_is_not_ours_is_foreign_and_counts_against_the_cores_that_we_work_on() {
        let begun = Reading { taken: 1000, passed: 8000, ours: 500 };
        // A second of four cores, on which we took 150 ticks and others 50.
        let now = Reading { taken: 1200, passed: 8400, ours: 650 };
        assert_eq!(share(begun, now, 4), 0.25);
        assert_eq!(share(begun, Reading { ours: 700, ..now }, 4), 0.0);
        assert_eq!(share(begun, begun, 4), 0.0);
        // Of two cores it is half as long, and of one too.
        assert_eq!(share(begun, Reading { passed: 8200, ..now }, 2), 0.25);
        assert_eq!(share(begun, Reading { passed: 8100, ..now }, 1), 0.5);
    }

    /// Whatever runs beside this test: what it takes itself is not foreign.
    #[test]
    fn this_machine_tells() {
        let watch = Watch::begin(process::id()).unwrap();
        assert!(watch.begun.taken > 0 && watch.begun.passed > watch.begun.taken);
        assert!(watch.share().unwrap() >= 0.0);
        assert!(Watch::begin(u32::MAX).is_err());
    }
}
