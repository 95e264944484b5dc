//! What a server is and has.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use super::Server;
use crate::Error;
use crate::config::ServerConfig;
use crate::release::Release;
use crate::server::launch::ZOO_CFG;
use crate::server::process::Process;
use crate::server::{Mode, four_letter};
use crate::text::last_lines;

/// How much of a log an error shows.
const LOG_LINES: usize = 25;

/// What servers log of each time that they are asked whether they serve.
const OUR_ASKING: [&str; 4] = [
    "Accepted socket connection from",
    "Processing srvr command from",
    "Processing conf command from",
    "Closed socket connection for client",
];

impl Server {
    /// What it is now. A server that does not answer within 2 s is [`Mode::NotServing`].
    #[must_use]
    pub fn mode(&self) -> Mode {
        match &self.running().process {
            None => return Mode::Down,
            Some(process) if process.has_ended() => return Mode::Down,
            Some(process) if process.is_paused() => return Mode::NotServing,
            Some(_) => {}
        }
        self.ask("srvr").map_or(Mode::NotServing, |answer| four_letter::mode(&answer))
    }

    /// Its answer to a four-letter word, asked at its own port.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if there is none: within 2 s it must be there.
    pub fn ask(&self, word: &str) -> Result<String, Error> {
        let asked = four_letter::ask(self.address(), word);
        asked.map_err(Error::io(format!("ask {} for {word}", self.title())))
    }

    /// Where its port for clients is. If that is bound at all addresses, 127.0.0.1 is given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        reached_at(self.inner.addresses.client)
    }

    /// Where its port for clients with TLS is. It has one if its configuration has a
    /// [key store](crate::config::TlsConfig::key_store), or the
    /// [port](ServerConfig::secure_client_port) itself.
    #[must_use]
    pub fn secure_address(&self) -> Option<SocketAddr> {
        self.inner.addresses.secure.map(reached_at)
    }

    /// Where its AdminServer is, if that is
    /// [switched on](crate::config::AdminConfig::enabled).
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.inner.addresses.admin.map(reached_at)
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

    /// The number of its process, while it runs; also while it is paused.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let running = self.running();
        let process = running.process.as_ref()?;
        (!process.has_ended()).then(|| process.id())
    }

    /// Whether it is [paused](Self::pause).
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.running().process.as_ref().is_some_and(Process::is_paused)
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
        ServerConfig::read(&path).map_err(Error::io("read the configuration"))
    }

    /// Changes its configuration on disk, for its next start. The ports for clients are to stay as
    /// they are: they are kept, and [`address`](Self::address) tells them.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Config`].
    pub fn configure(&self, change: impl FnOnce(&mut ServerConfig)) -> Result<(), Error> {
        let mut config = self.config()?;
        let members = config.members.clone();
        change(&mut config);
        let mut files = vec![(self.inner.directory.join(ZOO_CFG), config.to_zoo_cfg()?)];
        if let Some(dynamic) =
            config.dynamic_config_file.as_ref().filter(|_| config.members != members)
        {
            files.push((dynamic.clone(), config.members_text()?));
        }
        for (path, text) in files {
            std::fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))?;
        }
        Ok(())
    }

    /// Where the port is not kept, a server of someone else may have taken it while ours loads.
    pub(super) fn is_ours(&self) -> bool {
        let conf = self.ask("conf").unwrap_or_default();
        // No answer, if the list of words does not have it.
        four_letter::data_dir(&conf).is_none_or(|dir| Path::new(dir) == self.inner.data_dir)
    }

    /// Its ports that are not there: a server serves by one before it binds the next; and without
    /// Jetty among its jars it has no AdminServer.
    pub(super) fn silent_ports(&self) -> Vec<SocketAddr> {
        let others = [self.secure_address(), self.admin_address()].into_iter().flatten();
        others.filter(|address| TcpStream::connect(address).is_err()).collect()
    }

    pub(super) fn title(&self) -> String {
        format!("ZooKeeper {} on {}", self.release().version, self.address())
    }

    pub(super) fn log_end(&self) -> String {
        end_of(&self.log())
    }
}

/// The address that reaches a port bound to all addresses.
fn reached_at(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    address
}

/// The end of a log, without what our own asking left there.
fn end_of(log: &str) -> String {
    let told = log.lines().filter(|line| !OUR_ASKING.iter().any(|noise| line.contains(noise)));
    last_lines(&told.collect::<Vec<_>>().join("\n"), LOG_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_about_the_server_and_not_about_our_asking() {
        let asked = "22:58:59,924 INFO  NIOServerCnxnFactory: Accepted socket connection from /h:1\n\
                     22:58:59,938 INFO  NIOServerCnxn: Processing srvr command from /h:1\n\
                     22:58:59,940 INFO  NIOServerCnxn: Closed socket connection for client /h:1\n\
                     22:58:59,948 INFO  NIOServerCnxn: Processing conf command from /h:2\n";
        let log = "LOOKING\n".to_owned() + &asked.repeat(20) + "Cannot open channel to 2\n" + asked;
        assert_eq!(end_of(&log), "LOOKING\nCannot open channel to 2");
    }
}
