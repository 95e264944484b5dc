//! Which threads run where: the clients on the first core we may use, the stub on the last.

use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What was allowed when it was first asked for, before anything was pinned.
static ALLOWED: OnceLock<Vec<usize>> = OnceLock::new();

/// The cores that this process may use, in order.
pub fn allowed() -> &'static [usize] {
    ALLOWED.get_or_init(|| {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect()
    })
}

/// Keeps the calling thread, and what it starts, on the stub's core, if there is a second one.
pub fn pin_server() {
    if let [_, .., last] = allowed() {
        pin(&[*last]);
    }
}

/// Keeps the calling thread, and what it starts, on the clients' core, if there is a second one.
pub fn pin_clients() {
    if let [first, _, ..] = allowed() {
        pin(&[*first]);
    }
}

/// Lets the calling thread use all cores again.
pub fn unpin() {
    pin(allowed());
}

fn pin(cores: &[usize]) {
    let mut set = CpuSet::new();
    cores.iter().for_each(|&core| set.set(core));
    // Where that is forbidden the scheduler decides, and the figures vary more.
    let _ = sched_setaffinity(None, &set);
}
