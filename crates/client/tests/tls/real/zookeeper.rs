//! A standalone server with a port with TLS and one without; it ends with its value.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::tls::{ClientCertificate, Pem, Roots, TlsDialer, TlsOptions};
use zookit_client::{Client, ConnectOptions, Dialer as _, Endpoint};

use super::Release;
use crate::issue::{Pair, client, root, server};

/// A server answers after about two seconds on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

/// Between our choice of ports and the server's bind another process may take one.
const PORT_ATTEMPTS: u32 = 5;

/// Runs Java until its own standard input ends, which it does however this process ends.
const SUPERVISOR: &str = r#"
trap '' INT TERM HUP
exec 3<&0
"$@" </dev/null 3<&- &
java=$!
{ read -r _ <&3; kill -9 "$java"; } >/dev/null 2>&1 &
watcher=$!
wait "$java"
kill -9 "$watcher" 2>/dev/null
"#;

/// How a server differs from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// `ssl.clientAuth`: `need` or `none`.
    pub(crate) client_auth: &'static str,
}

/// Who issues what around one server.
pub(crate) struct Authorities {
    root: Pair,
    server: Pair,
    clients: Pair,
}

impl Authorities {
    pub(crate) fn new() -> Self {
        let root = root("root of servers");
        let server = root.issue(server(&["localhost", "127.0.0.1"]));
        Self { root, server, clients: crate::issue::root("root of clients") }
    }
}

/// A server that runs.
pub(crate) struct Zookeeper {
    pub(crate) secure: SocketAddr,
    pub(crate) plain: SocketAddr,
    pub(crate) authorities: Authorities,
    release: Release,
    directory: PathBuf,
    process: Option<Child>,
}

impl Zookeeper {
    pub(crate) async fn start(
        release: &Release,
        settings: Settings,
        authorities: Authorities,
    ) -> Self {
        let unspecified = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut this = Self {
            secure: unspecified,
            plain: unspecified,
            authorities,
            release: release.clone(),
            directory: fresh_directory(),
            process: None,
        };
        for _ in 0..PORT_ATTEMPTS {
            let ports = [(); 2].map(|()| TcpListener::bind(unspecified).unwrap());
            [this.secure, this.plain] = ports.each_ref().map(|port| port.local_addr().unwrap());
            drop(ports);
            this.prepare(settings);
            if this.run().await {
                return this;
            }
        }
        panic!("no ports stayed free in {PORT_ATTEMPTS} attempts");
    }

    /// Ends the server as a crash would, and starts it again on its data.
    pub(crate) async fn restart(&mut self) {
        self.end();
        assert!(self.run().await, "its ports are taken");
    }

    /// Trusts the server, and shows nothing.
    pub(crate) fn trusting(&self) -> TlsOptions {
        let roots = Roots::pem(Pem::bytes(self.authorities.root.pem()));
        TlsOptions { roots, ..TlsOptions::default() }
    }

    /// Shows a certificate, of this common name, that the server trusts.
    pub(crate) fn showing(&self, name: &str) -> TlsOptions {
        self.showing_of(&self.authorities.clients, name)
    }

    /// Shows one of this issuer.
    pub(crate) fn showing_of(&self, issuer: &Pair, name: &str) -> TlsOptions {
        let pair = issuer.issue(client(name));
        let chain = Pem::bytes(pair.pem());
        let key = Pem::bytes(pair.key_pem());
        let client_certificate = Some(ClientCertificate { chain, key });
        TlsOptions { client_certificate, ..self.trusting() }
    }

    pub(crate) async fn connect(&self, tls: &TlsOptions) -> Client {
        let options = ConnectOptions {
            connect_timeout: START_LIMIT,
            ..ConnectOptions::default().with_tls(tls).unwrap()
        };
        let connected = Client::connect_with(self.secure.to_string(), options).await;
        connected.unwrap_or_else(|error| panic!("{error}\n{}", self.log()))
    }

    fn prepare(&self, settings: Settings) {
        let path = |name: &str| self.directory.join(name);
        let _ = fs::remove_dir_all(&self.directory);
        fs::create_dir_all(path("data")).unwrap();
        let Authorities { server, clients, .. } = &self.authorities;
        fs::write(path("server.pem"), server.key_pem() + &server.pem()).unwrap();
        fs::write(path("clients.pem"), clients.pem()).unwrap();
        let at = self.directory.display();
        let lines = [
            "tickTime=500\nminSessionTimeout=1000\nmaxSessionTimeout=60000".to_owned(),
            "admin.enableServer=false\n4lw.commands.whitelist=*".to_owned(),
            "forceSync=no\npreAllocSize=64".to_owned(),
            format!("dataDir={at}/data"),
            format!("clientPort={}\nclientPortAddress=127.0.0.1", self.plain.port()),
            format!("secureClientPort={}", self.secure.port()),
            "secureClientPortAddress=127.0.0.1".to_owned(),
            // The other one, NIO, has no TLS.
            "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory".to_owned(),
            format!("ssl.keyStore.location={at}/server.pem\nssl.keyStore.type=PEM"),
            format!("ssl.trustStore.location={at}/clients.pem\nssl.trustStore.type=PEM"),
            format!("ssl.clientAuth={}", settings.client_auth),
            "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider".into(),
        ];
        fs::write(path("zoo.cfg"), lines.join("\n") + "\n").unwrap();
    }

    /// Whether it runs; not if its ports are taken.
    async fn run(&mut self) -> bool {
        let log = File::create(self.directory.join("server.log")).unwrap();
        let child = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh"])
            .arg(java())
            .args(["-Xmx160m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            .args(["-Dzookeeper.jmx.log4j.disable=true", "-cp", &self.release.classpath])
            .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
            .arg(self.directory.join("zoo.cfg"))
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let child = self.process.insert(child);
        // It shows the certificate that was made for it: so it is no other server. Nothing is
        // shown to it, which it may refuse, but only behind its own part.
        let roots = Roots::pem(Pem::bytes(self.authorities.root.pem()));
        let dialer = TlsDialer::new(&TlsOptions { roots, ..TlsOptions::default() }).unwrap();
        let name = Endpoint::new("localhost", self.secure.port());
        let end = Instant::now() + START_LIMIT;
        while Instant::now() < end {
            if child.try_wait().unwrap().is_some() {
                let log = self.log();
                let taken = log.contains("BindException") || log.contains("already in use");
                assert!(taken, "{:?} ended: {log}", self.release.version);
                return false;
            }
            let serves = match dialer.dial(self.secure, &name).await {
                Ok(_) => true,
                Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
            };
            if serves {
                return true;
            }
            sleep(POLL).await;
        }
        panic!("{:?} does not serve: {}", self.release.version, self.log());
    }

    /// The end of the pipe makes the shell kill Java, which it then waits for.
    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }

    fn log(&self) -> String {
        let log = fs::read(self.directory.join("server.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Zookeeper {
    fn drop(&mut self) {
        self.end();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    home.filter(|java| java.is_file()).unwrap_or_else(|| "java".into())
}

fn fresh_directory() -> PathBuf {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let name = format!("zookeeper-tls-{}-{number}", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
