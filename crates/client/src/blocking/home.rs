//! The thread on which a client lives: a current-thread runtime and the ordinary driver.
//!
//! It ends when the last handle is gone and the session closed, or out of time to be.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::runtime::{self, Handle, Runtime};

use super::wait::{is_a_clients_own, this_thread_is_a_clients_own, wait};
use crate::connect_string::ConnectString;
use crate::options::ConnectOptions;

/// How long a look-up of names that hangs in the operating system holds up the end of the thread.
pub(super) const LINGER: Duration = Duration::from_millis(200);

/// What the thread takes beyond the bound of closing, at most.
const MARGIN: Duration = Duration::from_secs(1);

/// Shared by all handles of a client; the thread goes with the last of them.
#[derive(Debug)]
pub(super) struct Home {
    runtime: Handle,
    leaving: Arc<Leaving>,
    /// Disconnected when the thread is through.
    over: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
    /// How long the last handle waits for the thread.
    patience: Duration,
}

impl Home {
    /// Starts a thread, and the client on it.
    pub(super) fn start(
        servers: ConnectString,
        options: ConnectOptions,
    ) -> io::Result<(crate::Client, Arc<Self>)> {
        let patience = options.limits.close_timeout.saturating_add(MARGIN);
        let leaving = Arc::new(Leaving::default());
        let (started, starts) = mpsc::sync_channel(1);
        let (alive, over) = mpsc::sync_channel::<()>(0);
        let left = Arc::clone(&leaving);
        let thread = Builder::new().name("zookit-blocking".to_owned()).spawn(move || {
            // Dropped behind all else.
            let _alive = alive;
            this_thread_is_a_clients_own();
            let (runtime, client) = match begin(servers, options) {
                Ok(begun) => begun,
                Err(error) => return drop(started.send(Err(error))),
            };
            let mut states = client.states();
            if started.send(Ok((client, runtime.handle().clone()))).is_err() {
                return;
            }
            drop(started);
            runtime.block_on(async {
                while states.next().await.is_some() {}
                poll_fn(|context| left.poll(context)).await;
                // Tasks of the runtime that wait for the session hear of its end.
                tokio::task::yield_now().await;
            });
            runtime.shutdown_timeout(LINGER);
        })?;
        let lost = || Err(io::Error::other("the client's thread ended as it began"));
        let (client, runtime) = starts.recv().unwrap_or_else(|_| lost())?;
        let (over, thread) = (Mutex::new(over), Some(thread));
        Ok((client, Arc::new(Self { runtime, leaving, over, thread, patience })))
    }

    /// Waits for a future that may use timers or tasks: those of the client's runtime.
    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.runtime.enter();
        wait(future)
    }

    /// Calls what may spawn a task on the client's runtime.
    pub(super) fn within<T>(&self, call: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        call()
    }
}

fn begin(servers: ConnectString, options: ConnectOptions) -> io::Result<(Runtime, crate::Client)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let client = {
        let _entered = runtime.enter();
        crate::Client::connect_lazy(servers, options)
    };
    let client = client.map_err(io::Error::other)?;
    Ok((runtime, client))
}

/// The last handle has gone: sees the thread off.
impl Drop for Home {
    fn drop(&mut self) {
        self.leaving.leave();
        if is_a_clients_own() {
            return;
        }
        let over = self.over.get_mut().unwrap_or_else(PoisonError::into_inner);
        let waited = over.recv_timeout(self.patience);
        if waited == Err(RecvTimeoutError::Disconnected) {
            // What a panic of the driver said went to stderr, and to each caller as an error.
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

/// Tells the thread that the last handle has gone.
#[derive(Debug, Default)]
struct Leaving(Mutex<Leave>);

#[derive(Debug, Default)]
enum Leave {
    #[default]
    NotYet,
    Awaited(Waker),
    Taken,
}

impl Leaving {
    fn lock(&self) -> MutexGuard<'_, Leave> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self) {
        let before = mem::replace(&mut *self.lock(), Leave::Taken);
        if let Leave::Awaited(waker) = before {
            waker.wake();
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut leave = self.lock();
        if matches!(*leave, Leave::Taken) {
            return Poll::Ready(());
        }
        *leave = Leave::Awaited(context.waker().clone());
        Poll::Pending
    }
}
