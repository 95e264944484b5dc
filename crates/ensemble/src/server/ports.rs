//! Ports that nobody else gets.
//!
//! A port that was free a moment ago may be taken when the server binds it, by another test or as
//! the local end of any connection. So a socket of ours is bound to it, with `SO_REUSEADDR` and
//! without listening, for as long as the server's value lives. Java's server sockets set
//! `SO_REUSEADDR` too; Linux then lets one of them bind the same address and listen, while the
//! system gives the port to nobody who asks for any port. It stays ours between a stop and a start.
//!
//! Elsewhere a second socket of that kind is refused. There the port is chosen in the same way and
//! then let go, and another process can take it first.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, sockopt};

/// An address that is kept for a server.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    _socket: Option<OwnedFd>,
}

impl Port {
    /// Keeps this address; with port 0, one that is free.
    pub(crate) fn keep(wanted: SocketAddr) -> io::Result<Self> {
        let family = if wanted.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket_of_our_own(family)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &wanted)?;
        let address = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(Self { address, _socket: cfg!(target_os = "linux").then_some(socket) })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// One that no program inherits that is started at this moment.
#[cfg(target_os = "linux")]
fn socket_of_our_own(family: AddressFamily) -> io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    Ok(socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// One that few do: not every system can make it so at once.
#[cfg(not(target_os = "linux"))]
fn socket_of_our_own(family: AddressFamily) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn the_server_may_listen_where_a_port_is_kept_again_and_again() {
        let port = Port::keep(ANY).unwrap();
        for _ in 0..2 {
            // The standard library sets SO_REUSEADDR, as Java does.
            let server = TcpListener::bind(port.address()).unwrap();
            let _client = TcpStream::connect(port.address()).unwrap();
            // What it accepted is left in TIME_WAIT by the end of this side.
            drop(server.accept().unwrap());
        }
    }

    /// Of 28,000 ports that Linux gives by default, so many are asked for that one of those that
    /// are kept would be met.
    #[test]
    fn who_asks_for_any_port_does_not_get_a_kept_one() {
        let ports: Vec<Port> = (0..200).map(|_| Port::keep(ANY).unwrap()).collect();
        let kept: BTreeSet<SocketAddr> = ports.iter().map(Port::address).collect();
        assert_eq!(kept.len(), 200);
        let servers: Vec<TcpListener> = (0..400).map(|_| TcpListener::bind(ANY).unwrap()).collect();
        let clients: Vec<TcpStream> = servers
            .iter()
            .map(|server| TcpStream::connect(server.local_addr().unwrap()).unwrap())
            .collect();
        let servers = servers.iter().map(|server| server.local_addr().unwrap());
        let clients = clients.iter().map(|client| client.local_addr().unwrap());
        for other in servers.chain(clients) {
            assert!(!kept.contains(&other), "{other}");
        }
    }

    #[test]
    fn nobody_listens_at_a_kept_port() {
        let port = Port::keep(ANY).unwrap();
        let error = TcpStream::connect(port.address()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
