//! The thread on which proxies relay.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle, ThreadId};

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// A thread with a Tokio runtime on it. It ends, and every task with it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Thread {
    runtime: Handle,
    end: Arc<Notify>,
    id: ThreadId,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let end = Arc::new(Notify::new());
        let told = Arc::clone(&end);
        let thread = thread::Builder::new().name(String::from("zookit-proxy"));
        let thread = thread.spawn(move || runtime.block_on(told.notified()))?;
        let id = thread.thread().id();
        Ok(Self { runtime: handle, end, id, thread: Some(thread) })
    }

    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Whether this is called on the thread, which must not wait for itself.
    pub(crate) fn is_current(&self) -> bool {
        thread::current().id() == self.id
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.end.notify_one();
        if self.is_current() {
            return;
        }
        if let Some(thread) = self.thread.take() {
            // It only fails if the thread panicked, which has been said on standard error.
            let _ = thread.join();
        }
    }
}
