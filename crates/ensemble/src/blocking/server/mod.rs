//! A server's process, from start to start.

mod about;
mod make;

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::make::{Plan, with_ports};
use crate::Error;
use crate::server::ServerBuilder;
use crate::server::launch::Launch;
use crate::server::ports::Port;
use crate::server::process::Process;
use crate::server::warden::Warden;

/// How long to wait before a server that starts is asked again whether it serves: first so long,
/// and each time a little longer.
const FIRST_POLL: Duration = Duration::from_millis(10);
const LONGEST_POLL: Duration = Duration::from_millis(200);

/// SIGTERM ends a server within milliseconds, if nothing is wrong with it.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A real server. A handle: clones are the same server, which ends, and leaves nothing behind, when
/// the last of them is dropped.
///
/// ```
/// use zookit_ensemble::{Mode, blocking::Server};
///
/// # if zookit_ensemble::Release::listed()?.is_empty() {
/// #     eprintln!("skipped: a server: `cargo xtask test` sets ZOOKIT_REAL_CLASSPATHS");
/// #     return Ok::<(), zookit_ensemble::Error>(());
/// # }
/// let server = Server::standalone()?;
/// server.restart()?;
/// assert_eq!(server.mode(), Mode::Standalone);
/// # Ok::<(), zookit_ensemble::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    log: PathBuf,
    addresses: Addresses,
    data_dir: PathBuf,
    start_limit: Duration,
    launch: Mutex<Launch>,
    running: Mutex<Running>,
    /// Kept for as long as this lives.
    _ports: Vec<Port>,
}

/// Where its ports for clients are bound.
#[derive(Clone, Copy, Debug)]
struct Addresses {
    client: SocketAddr,
    secure: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

#[derive(Debug)]
struct Running {
    process: Option<Process>,
    warden: Warden,
}

impl Drop for Running {
    fn drop(&mut self) {
        // As it would if this process were killed.
        self.warden.end();
        if let Some(process) = &mut self.process {
            let _ = process.kill();
        }
    }
}

impl Server {
    /// Starts a standalone server that is [made for tests](ServerBuilder::new).
    ///
    /// # Errors
    ///
    /// As those of [`ServerBuilder::start`].
    pub fn standalone() -> Result<Self, Error> {
        Self::builder().start_blocking()
    }

    /// One that is otherwise; it starts with [`ServerBuilder::start_blocking`].
    pub fn builder() -> ServerBuilder {
        ServerBuilder::new()
    }

    /// Starts it, unless it runs, and waits until it serves.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] and [`Error::NotServing`] with the end of its log; [`Error::Io`].
    pub fn start(&self) -> Result<(), Error> {
        self.launch()?;
        self.wait_until_serving()
    }

    /// Starts its process, unless it runs, and does not wait until it serves: a member of an
    /// ensemble does not while it is alone.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the process cannot be started.
    pub fn launch(&self) -> Result<(), Error> {
        // One that ended by itself is no longer there.
        drop(self.end_status());
        let mut running = self.running();
        let Running { process, warden } = &mut *running;
        if process.is_some() {
            return Ok(());
        }
        let log = open_log(&self.inner.log)
            .map_err(Error::io(format!("write {}", self.inner.log.display())))?;
        let command = self.launch_settings().command(&self.inner.directory);
        let started = Process::start(&command, log, warden);
        *process = Some(started.map_err(Error::io("start Java"))?);
        Ok(())
    }

    /// Waits until it serves, as [`start`](Self::start) does.
    ///
    /// # Errors
    ///
    /// As those of [`start`](Self::start).
    pub fn wait_until_serving(&self) -> Result<(), Error> {
        let limit = self.inner.start_limit;
        let begun = Instant::now();
        let mut poll = FIRST_POLL;
        loop {
            if let Some(status) = self.end_status() {
                return Err(self.ended(&status));
            }
            let serves = self.mode().serves() && self.is_ours();
            let silent = if serves { self.silent_ports() } else { Vec::new() };
            if serves && silent.is_empty() {
                return Ok(());
            }
            if begun.elapsed() >= limit {
                let missing: String =
                    silent.iter().map(|port| format!("nobody listens at {port}\n")).collect();
                let (server, log) = (self.title(), missing + &self.log_end());
                return Err(Error::NotServing { server, waited: limit, log });
            }
            thread::sleep(poll);
            poll = LONGEST_POLL.min(poll * 5 / 4);
        }
    }

    /// Ends it with SIGTERM, and waits for its end; with SIGKILL if that takes 10 s. Nothing, if it
    /// does not run. Its data and its ports are kept.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the signal is refused.
    pub fn stop(&self) -> Result<(), Error> {
        self.end_by(|process| process.stop(STOP_LIMIT).map(drop))
    }

    /// Ends it with SIGKILL, as a crash would, and waits for its end. Nothing, if it does not run.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the signal is refused.
    pub fn kill(&self) -> Result<(), Error> {
        self.end_by(|process| process.kill().map(drop))
    }

    /// Pauses it with SIGSTOP: it stands still when this returns. Its connections stay open, and
    /// the system accepts new ones for it.
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`]; [`Error::Io`].
    pub fn pause(&self) -> Result<(), Error> {
        self.with_process(Process::pause)
    }

    /// Lets it go on, with SIGCONT, after a [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// [`Error::NotRunning`]; [`Error::Io`].
    pub fn resume(&self) -> Result<(), Error> {
        self.with_process(Process::resume)
    }

    /// [Stops](Self::stop) it, [starts](Self::start) it on its data, and waits until it serves.
    ///
    /// # Errors
    ///
    /// As those of both.
    pub fn restart(&self) -> Result<(), Error> {
        self.stop()?;
        self.start()
    }

    fn ended(&self, status: &str) -> Error {
        Error::Ended { server: self.title(), status: status.to_owned(), log: self.log_end() }
    }

    /// How its process ended, if it has; then the next start is a new one.
    pub(crate) fn end_status(&self) -> Option<String> {
        let mut running = self.running();
        let Running { process, warden } = &mut *running;
        let Some(ended) = process else { return Some("it was stopped".to_owned()) };
        if !ended.has_ended() {
            return None;
        }
        let status = ended.wait().map_or_else(|error| error.to_string(), |it| it.to_string());
        *process = None;
        warden.forget();
        Some(status)
    }

    /// That it has not ended.
    pub(crate) fn check_alive(&self) -> Result<(), Error> {
        self.end_status().map_or(Ok(()), |status| Err(self.ended(&status)))
    }

    fn end_by(&self, end: impl FnOnce(&mut Process) -> std::io::Result<()>) -> Result<(), Error> {
        let mut running = self.running();
        let Running { process, warden } = &mut *running;
        if let Some(running) = process {
            end(running).map_err(Error::io("end Java"))?;
            *process = None;
            warden.forget();
        }
        Ok(())
    }

    fn with_process(
        &self,
        signal: impl FnOnce(&mut Process) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let mut running = self.running();
        match &mut running.process {
            Some(process) if !process.has_ended() => {
                signal(process).map_err(Error::io("signal Java"))
            }
            _ => Err(Error::NotRunning { server: self.title() }),
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch_settings(&self) -> MutexGuard<'_, Launch> {
        self.inner.launch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was logged by an earlier start stays.
fn open_log(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}
