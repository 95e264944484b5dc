//! A server before its first start: its ports, its directory and its files.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{Addresses, Inner, Running, Server};
use crate::Error;
use crate::config::{ConfigError, ServerCnxnFactory, ServerConfig};
use crate::release::Version;
use crate::server::ServerBuilder;
use crate::server::directory::fresh;
use crate::server::launch::{DATA, DYNAMIC, LOG, Launch, prepare};
use crate::server::ports::Port;
use crate::server::warden::Warden;

/// Between the choice of a port and the server's bind another process may take it, where ports
/// cannot be kept.
const PORT_ATTEMPTS: u32 = 5;

/// What a server is made of, beside its builder.
pub(crate) struct Plan {
    pub(crate) config: ServerConfig,
    /// Ports of its configuration that are kept for it already.
    pub(crate) ports: Vec<Port>,
    /// Whether its members are to be in a file of their own, for dynamic reconfiguration.
    pub(crate) dynamic: bool,
}

/// Makes something with ports of its own and starts it, again if another process had a port.
pub(crate) fn with_ports<T>(start: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        match start() {
            Err(error) if error.is_port_taken() && attempt < PORT_ATTEMPTS => attempt += 1,
            started => return started,
        }
    }
}

impl Server {
    /// Starts one by itself, and waits until it serves.
    pub(crate) fn start_as(builder: &ServerBuilder) -> Result<Self, Error> {
        with_ports(|| {
            let config = builder.config_of(0);
            let server = Self::make(builder, Plan { config, ports: Vec::new(), dynamic: false })?;
            server.start()?;
            Ok(server)
        })
    }

    /// Makes its directory and writes its files, and starts nothing. Of the configuration, ports
    /// and the data directory are chosen if they are not set.
    pub(crate) fn make(builder: &ServerBuilder, plan: Plan) -> Result<Self, Error> {
        let (java, release) = builder.found()?;
        let Plan { mut config, mut ports, dynamic } = plan;
        check(&config)?;
        let addresses = choose(&mut config, &mut ports, builder.my_id, release.version)?;
        let parent = builder.parent.clone().unwrap_or_else(std::env::temp_dir);
        let (directory, warden) = directory_in(&parent)?;
        // From here on the warden removes the directory, whatever happens.
        let data_dir = config.data_dir.get_or_insert_with(|| directory.join(DATA)).clone();
        let mut files = Vec::new();
        if dynamic {
            let path = directory.join(DYNAMIC);
            files.push((path.clone(), config.members_text()?));
            config.dynamic_config_file = Some(path);
        }
        let zoo_cfg = config.to_zoo_cfg()?;
        prepare(&directory, &data_dir, builder.my_id, &zoo_cfg)
            .and_then(|()| files.iter().try_for_each(|(path, text)| std::fs::write(path, text)))
            .map_err(Error::io(format!("write to {}", directory.display())))?;
        let log = builder.log.clone().unwrap_or_else(|| directory.join(LOG));
        let launch = Launch { java, release, flags: builder.flags.clone() };
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                log,
                addresses,
                data_dir,
                start_limit: builder.start_limit,
                launch: Mutex::new(launch),
                running: Mutex::new(Running { process: None, warden }),
                _ports: ports,
            }),
        })
    }
}

/// A fresh directory, and who removes it.
fn directory_in(parent: &Path) -> Result<(PathBuf, Warden), Error> {
    let making = |error| Error::io(format!("make a directory in {}", parent.display()))(error);
    let directory = fresh(parent, "server").map_err(making)?;
    let usable = match directory.to_str() {
        // It stands in a class path, and in zoo.cfg.
        Some(path) if !path.contains(':') => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "a colon, or not UTF-8")),
    };
    let warden = usable
        .map_err(making)
        .and_then(|()| Warden::start(&directory).map_err(Error::io("start sh")));
    match warden {
        Ok(warden) => Ok((directory, warden)),
        Err(error) => {
            let _ = std::fs::remove_dir_all(&directory);
            Err(error)
        }
    }
}

/// What the server would take, and this cannot work with.
fn check(config: &ServerConfig) -> Result<(), Error> {
    let words = config.four_letter_words.as_deref();
    if words.is_some_and(|words| !words.iter().any(|word| word == "srvr" || word == "*")) {
        let key = "4lw.commands.whitelist".to_owned();
        let why = "without srvr nobody can tell when the server serves".to_owned();
        return Err(ConfigError::BadField { key, why }.into());
    }
    Ok(())
}

/// Keeps the ports for clients, those that are set and those that are chosen here.
fn choose(
    config: &mut ServerConfig,
    ports: &mut Vec<Port>,
    my_id: Option<u64>,
    version: Version,
) -> Result<Addresses, Error> {
    let mut keep = |host: Option<&str>, port: Option<u16>| {
        let ip = match host {
            Some(host) => resolve(host)?,
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        let wanted = SocketAddr::new(ip, port.unwrap_or(0));
        if ports.iter().any(|port| port.address() == wanted) {
            return Ok(wanted);
        }
        let port = Port::keep(wanted).map_err(Error::io(format!("keep the port {wanted}")))?;
        let address = port.address();
        ports.push(port);
        Ok::<_, Error>(address)
    };
    let host = config.client_port_address.clone();
    let own = my_id.and_then(|id| config.members.iter().find(|member| member.id == id));
    let client = match own.and_then(|member| member.client.as_ref()) {
        Some(client) => keep(client.host.as_deref(), Some(client.port))?,
        None => {
            let address = keep(host.as_deref(), config.client_port)?;
            config.client_port = Some(address.port());
            address
        }
    };
    // 3.4 has neither of the others.
    let has_others = version >= Version::new(3, 5, 0);
    let mut secure = None;
    let wants_secure = config.secure_client_port.is_some() || config.tls.key_store.is_some();
    if has_others && wants_secure {
        let its_host = config.secure_client_port_address.clone().or_else(|| host.clone());
        let address = keep(its_host.as_deref(), config.secure_client_port)?;
        config.secure_client_port = Some(address.port());
        config.secure_client_port_address = its_host;
        // The other one has no TLS.
        config.server_cnxn_factory.get_or_insert(ServerCnxnFactory::Netty);
        secure = Some(address);
    }
    let mut admin = None;
    if has_others && config.admin.enabled == Some(true) {
        let its_host = config.admin.address.clone().or(host);
        let address = keep(its_host.as_deref(), config.admin.port)?;
        config.admin.port = Some(address.port());
        config.admin.address = its_host;
        admin = Some(address);
    }
    Ok(Addresses { client, secure, admin })
}

fn resolve(host: &str) -> Result<IpAddr, Error> {
    let nothing = || io::Error::new(io::ErrorKind::NotFound, "no address");
    let mut found = (host, 0).to_socket_addrs();
    let first = found.as_mut().map(Iterator::next).map_err(|error| io::Error::from(error.kind()));
    let first = first.and_then(|first| first.ok_or_else(nothing));
    first.map(|address| address.ip()).map_err(Error::io(format!("resolve {host}")))
}
