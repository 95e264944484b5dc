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

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};

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
        let socket = socket(family, SocketType::STREAM, None)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &wanted)?;
        let address = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(Self { address, _socket: cfg!(target_os = "linux").then_some(socket) })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn who_asks_for_any_port_does_not_get_a_kept_one() {
        let kept: Vec<Port> = (0..100).map(|_| Port::keep(ANY).unwrap()).collect();
        let others: Vec<TcpListener> = (0..1000).map(|_| TcpListener::bind(ANY).unwrap()).collect();
        for other in others {
            let address = other.local_addr().unwrap();
            assert!(kept.iter().all(|port| port.address() != address), "{address}");
        }
    }

    #[test]
    fn nobody_listens_at_a_kept_port() {
        let port = Port::keep(ANY).unwrap();
        let error = TcpStream::connect(port.address()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
