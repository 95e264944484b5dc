//! `zk serve`: the embedded server, until a signal.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use serde_json::json;
use zookit_server::settings::Settings;
use zookit_server::testing::{Builder, Server};

use crate::args::Serve;
use crate::error::Failure;
use crate::output::{Output, escape, message};
use crate::{embedded, interrupt};

/// Where servers of ZooKeeper are, where nobody says otherwise.
const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2181);

/// A dump may take a while; only a second signal ends that.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves until a signal, and then writes the dump.
pub(crate) async fn run(serve: &Serve, output: &mut Output) -> Result<(), Failure> {
    let settings = Settings::read(serve.config.as_deref(), &serve.properties);
    let settings = settings.map_err(|error| Failure::usage(error.to_string()))?;
    let address = address(serve, &settings)?;
    if let Some(dump) = &serve.dump {
        refuse_dump(dump)?;
    }
    tell(&settings, serve);
    // Caught from before the address is known: whoever reads that may send one at once.
    let interrupt = interrupt::graceful(GRACE)?;
    let mut server = start(serve, settings, address)?;
    let listening = server.address();
    if output.is_json() {
        output.json(&json!({ "address": listening.to_string() }));
    } else {
        output.line(&listening.to_string());
    }
    output.flush().await?;
    interrupt.wait().await;
    // First, so that nothing changes any more. That the port is not kept is as it should be.
    let _ = server.stop();
    match &serve.dump {
        Some(file) => write(file, &server.dump())
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display()))),
        None => Ok(()),
    }
}

fn start(serve: &Serve, settings: Settings, address: SocketAddr) -> Result<Server, Failure> {
    let most = settings.max_connections;
    let mut builder = Builder::exactly(settings.config).listen(address);
    builder = builder.limits(|limits| limits.connections = most);
    if let Some(profile) = serve.profile {
        builder = builder.profile(profile);
    }
    if let Some(file) = &serve.load {
        builder = embedded::load(builder, file)?;
    }
    builder.start().map_err(|error| match (error.kind(), &serve.load) {
        (io::ErrorKind::InvalidData, Some(file)) => embedded::not_loaded(file, &error),
        (io::ErrorKind::AddrInUse, _) => {
            Failure::usage(format!("cannot listen on {address}: somebody else does"))
                .hint("--listen HOST:0 takes a port that is free, and prints it")
        }
        _ => Failure::usage(format!("cannot listen on {address}: {error}")),
    })
}

/// What `--listen` says, else what the file says, else the usual.
fn address(serve: &Serve, settings: &Settings) -> Result<SocketAddr, Failure> {
    let (host, port) = match (&serve.listen, settings.client_port) {
        (Some(listen), _) => return resolve(listen, listen.to_socket_addrs()),
        (None, Some(port)) => (settings.client_port_address.as_deref(), port),
        (None, None) => return Ok(DEFAULT),
    };
    match host {
        Some(host) => resolve(host, (host, port).to_socket_addrs()),
        // As Apache's server: on all of them.
        None => Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))),
    }
}

fn resolve(
    name: &str,
    addresses: io::Result<impl Iterator<Item = SocketAddr>>,
) -> Result<SocketAddr, Failure> {
    let wrong = |why: String| {
        Failure::usage(format!("cannot listen on {name}: {why}"))
            .hint("HOST:PORT, an IPv6 address in brackets: [::1]:2181")
    };
    let mut addresses = addresses.map_err(|error| wrong(error.to_string()))?;
    addresses.next().ok_or_else(|| wrong("no address has this name".into()))
}

/// What people should know, on standard error.
fn tell(settings: &Settings, serve: &Serve) {
    if let Some(ignored) = settings.ignored_line() {
        message(&escape::line(&ignored));
    }
    let about_data = match &settings.data_dir {
        Some(dir) => format!("dataDir {dir} is not written: all data is in memory"),
        None if serve.dump.is_none() => "all data is in memory, and gone at the end".into(),
        None => return,
    };
    message(&escape::line(&about_data));
}

/// What can be known to fail at the end is refused at the beginning.
fn refuse_dump(file: &Path) -> Result<(), Failure> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    if file.is_dir() || dir.is_some_and(|dir| !dir.is_dir()) {
        return Err(Failure::usage(format!("cannot dump to {}: no such place", file.display())));
    }
    Ok(())
}

/// In one step: nobody finds half of it.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    fs::write(&part, text)?;
    fs::rename(part, file)
}
