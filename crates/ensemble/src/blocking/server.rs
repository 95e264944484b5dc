//! A server's process, files and ports.

use std::fs::{File, OpenOptions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::config::{ServerCnxnFactory, ServerConfig};
use crate::release::Release;
use crate::server::directory::fresh;
use crate::server::launch::{LOG, Launch, ZOO_CFG, own_data_dir, prepare};
use crate::server::ports::Port;
use crate::server::process::Process;
use crate::server::warden::Warden;
use crate::server::{Mode, ServerBuilder, four_letter};
use crate::text::last_lines;

/// How often a server that starts is asked whether it serves.
const POLL: Duration = Duration::from_millis(20);

/// SIGTERM ends a server within milliseconds, if nothing is wrong with it.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How much of a log an error shows.
const LOG_LINES: usize = 25;

/// A real server. A handle: clones are the same server, which ends, and leaves nothing behind, when
/// the last of them is dropped.
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    log: PathBuf,
    address: SocketAddr,
    secure: Option<SocketAddr>,
    data_dir: PathBuf,
    start_limit: Duration,
    launch: Mutex<Launch>,
    running: Mutex<Running>,
    /// Kept for as long as this lives.
    _ports: Vec<Port>,
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
    /// Makes its directory and writes its files, and starts nothing. Of the configuration, client
    /// ports and the data directory are chosen if they are not set.
    pub(crate) fn create(builder: &ServerBuilder, config: ServerConfig) -> Result<Self, Error> {
        Self::create_at(builder, config, Vec::new())
    }

    /// The same, with ports that are kept for it already.
    pub(crate) fn create_at(
        builder: &ServerBuilder,
        mut config: ServerConfig,
        mut ports: Vec<Port>,
    ) -> Result<Self, Error> {
        let (java, release) = builder.found()?;
        let host = config.client_port_address.as_deref();
        let ip = host.map_or(Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), str::parse);
        let ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut keep = |wanted: Option<u16>| {
            let wanted = SocketAddr::new(ip, wanted.unwrap_or(0));
            if ports.iter().any(|port| port.address() == wanted) {
                return Ok(wanted);
            }
            let port = Port::keep(wanted).map_err(Error::io(format!("keep the port {wanted}")))?;
            let address = port.address();
            ports.push(port);
            Ok::<_, Error>(address)
        };
        let address = keep(config.client_port)?;
        config.client_port = Some(address.port());
        let mut secure = None;
        if builder.secure || config.secure_client_port.is_some() {
            let address = keep(config.secure_client_port)?;
            config.secure_client_port = Some(address.port());
            config.secure_client_port_address.get_or_insert_with(|| ip.to_string());
            config.server_cnxn_factory.get_or_insert(ServerCnxnFactory::Netty);
            secure = Some(address);
        }
        let parent = builder.parent.clone().unwrap_or_else(std::env::temp_dir);
        let making = || format!("make a directory in {}", parent.display());
        let directory = fresh(&parent, "server").map_err(Error::io(making()))?;
        let warden = Warden::start(&directory).inspect_err(|_| {
            let _ = std::fs::remove_dir_all(&directory);
        });
        let warden = warden.map_err(Error::io("start sh"))?;
        // From here on the warden removes the directory, whatever happens.
        let data_dir = config.data_dir.get_or_insert_with(|| own_data_dir(&directory)).clone();
        let zoo_cfg = config.to_zoo_cfg()?;
        prepare(&directory, &data_dir, builder.my_id, &zoo_cfg)
            .map_err(Error::io(format!("write to {}", directory.display())))?;
        let log = builder.log.clone().unwrap_or_else(|| directory.join(LOG));
        let launch = Launch { java, release, flags: builder.flags.clone() };
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                log,
                address,
                secure,
                data_dir,
                start_limit: builder.start_limit,
                launch: Mutex::new(launch),
                running: Mutex::new(Running { process: None, warden }),
                _ports: ports,
            }),
        })
    }

    /// Starts it, unless it runs, and waits until it serves.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] and [`Error::NotServing`] with the end of its log; [`Error::Io`].
    pub fn start(&self) -> Result<(), Error> {
        self.launch()?;
        self.wait_until_serving(self.inner.start_limit)
    }

    /// Starts its process, unless it runs, and does not wait until it serves: a member of an
    /// ensemble does not while it is alone.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the process cannot be started.
    pub fn launch(&self) -> Result<(), Error> {
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

    /// Waits until it serves.
    ///
    /// # Errors
    ///
    /// As those of [`start`](Self::start).
    pub fn wait_until_serving(&self, limit: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.end_status() {
                return Err(self.ended(&status));
            }
            if self.mode().serves() && self.is_ours() {
                return Ok(());
            }
            if begun.elapsed() >= limit {
                let (server, log) = (self.title(), self.log_end());
                return Err(Error::NotServing { server, waited: limit, log });
            }
            thread::sleep(POLL);
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

    /// What it is now. A server that does not answer within 2 s is [`Mode::NotServing`].
    #[must_use]
    pub fn mode(&self) -> Mode {
        {
            match &self.running().process {
                None => return Mode::Down,
                Some(process) if process.has_ended() => return Mode::Down,
                Some(process) if process.is_paused() => return Mode::NotServing,
                Some(_) => {}
            }
        }
        self.ask("srvr").map_or(Mode::NotServing, |answer| four_letter::mode(&answer))
    }

    /// Its answer to a four-letter word.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if there is none.
    pub fn ask(&self, word: &str) -> Result<String, Error> {
        let asked = four_letter::ask(self.reached_at(), word);
        asked.map_err(Error::io(format!("ask {} for {word}", self.title())))
    }

    /// Where its port for clients is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.reached_at()
    }

    /// Where its port for clients with TLS is, if it has one.
    #[must_use]
    pub fn secure_address(&self) -> Option<SocketAddr> {
        self.inner.secure
    }

    /// Its directory: configuration, log and, unless it is elsewhere, data. It goes with the server.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// The file with its log, and whatever else it prints.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.inner.log.clone()
    }

    /// What it has logged, over all of its starts.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.inner.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The number of its process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let running = self.running();
        let process = running.process.as_ref()?;
        (!process.has_ended()).then(|| process.id())
    }

    /// The release that it runs, or runs from its next start on.
    #[must_use]
    pub fn release(&self) -> Release {
        self.launch_settings().release.clone()
    }

    /// From its next start on it runs this release, on the same data.
    pub fn set_release(&self, release: &Release) {
        self.launch_settings().release = release.clone();
    }

    /// Its configuration, as it is on disk now: with dynamic reconfiguration a server rewrites it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read.
    pub fn config(&self) -> Result<ServerConfig, Error> {
        let path = self.inner.directory.join(ZOO_CFG);
        ServerConfig::read(&path).map_err(Error::io(format!("read {}", path.display())))
    }

    /// Changes its configuration on disk, for its next start.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Config`].
    pub fn configure(&self, change: impl FnOnce(&mut ServerConfig)) -> Result<(), Error> {
        let path = self.inner.directory.join(ZOO_CFG);
        let mut config = self.config()?;
        if config.dynamic_config_file.is_some() {
            // They are in their own file.
            config.members.clear();
        }
        change(&mut config);
        let text = config.to_zoo_cfg()?;
        std::fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))
    }

    /// The address that reaches a port bound to all addresses.
    fn reached_at(&self) -> SocketAddr {
        let mut address = self.inner.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address
    }

    /// Where the port is not kept, a server of someone else may have taken it while ours loads.
    fn is_ours(&self) -> bool {
        let conf = self.ask("conf").unwrap_or_default();
        // No answer, if the list of words does not have it.
        four_letter::data_dir(&conf).is_none_or(|dir| Path::new(dir) == self.inner.data_dir)
    }

    pub(crate) fn title(&self) -> String {
        format!("ZooKeeper {} on {}", self.release().version, self.inner.address)
    }

    pub(crate) fn log_end(&self) -> String {
        last_lines(&self.log(), LOG_LINES)
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
