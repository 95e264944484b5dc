//! A bound on a test that shares its process with others, whatever it waits for.
//!
//! A wait that was never to end cannot be taken from a thread, and where the clock is paused no
//! timer of the runtime's bounds it either. So the process ends instead, and says for which test.

use std::io::{self, Write as _};
use std::process;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// A test that takes longer hangs. None takes a tenth of it.
pub(crate) const GUARD: Duration = Duration::from_secs(300);

/// From its beginning until it is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    _alive: Sender<()>,
}

impl Guard {
    pub(crate) fn new() -> Self {
        // Tests run in threads of their names.
        let test = thread::current().name().unwrap_or("a thread without a name").to_owned();
        Self::with(GUARD, move || {
            // To stderr itself: what is captured is not shown if the process ends.
            let _ = writeln!(io::stderr(), "{test} has not ended within {GUARD:?}: it hangs");
            process::exit(101)
        })
    }

    pub(crate) fn with(time: Duration, hangs: impl FnOnce() + Send + 'static) -> Self {
        let (alive, dropped) = channel();
        thread::spawn(move || {
            if dropped.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                hangs();
            }
        });
        Self { _alive: alive }
    }
}
