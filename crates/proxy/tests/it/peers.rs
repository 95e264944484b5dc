//! Two plain TCP peers, with the proxy between them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;
use zookit_proxy::{Builder, ConnectionId, Proxy, Statistics};

/// Nothing here takes a tenth of it.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// A proxy, and the server behind it.
pub(crate) struct Pair {
    pub(crate) listener: TcpListener,
    pub(crate) proxy: Proxy,
}

/// Both ends of a connection.
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) client: Peer,
    pub(crate) server: Peer,
}

/// One end of a connection.
pub(crate) struct Peer(pub(crate) TcpStream);

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let builder = Proxy::builder(listener.local_addr().unwrap());
        Self { listener, proxy: change(builder).start().unwrap() }
    }

    pub(crate) fn client(&self) -> Peer {
        Peer::connect(self.proxy.address())
    }

    pub(crate) fn accept(&self) -> Peer {
        Peer::of(self.listener.accept().unwrap().0)
    }

    pub(crate) fn link(&self) -> Link {
        let before = self.proxy.statistics().reached;
        let client = self.client();
        let server = self.accept();
        self.wait(|statistics| statistics.reached > before);
        let own = client.0.local_addr().unwrap();
        let id = |proxy: &Proxy| proxy.connections().into_iter().find(|info| info.client == own);
        let id = id(&self.proxy).expect("it is relayed").id;
        Link { id, client, server }
    }

    /// Waits until the proxy has done this.
    #[track_caller]
    pub(crate) fn wait(&self, holds: impl FnMut(&Statistics) -> bool) {
        assert!(self.proxy.wait(GUARD, holds), "{:?}", self.proxy.statistics());
    }

    /// A byte passes both ways on a connection of its own: so much the proxy has done by now that
    /// it would have relayed anything else that it could.
    #[track_caller]
    pub(crate) fn beat(&self, other: &mut Link) {
        for _ in 0..10 {
            other.client.say(b"?");
            other.server.hear(b"?");
            other.server.say(b"!");
            other.client.hear(b"!");
        }
    }
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.set_write_timeout(Some(GUARD)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    #[track_caller]
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    #[track_caller]
    pub(crate) fn hear(&mut self, expected: &[u8]) {
        let mut bytes = vec![0; expected.len()];
        self.0.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, expected);
    }

    /// Ends its direction.
    pub(crate) fn end(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the connection at once.
    pub(crate) fn reset(self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// All that comes before the end, and whether that is orderly.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, Result<(), ErrorKind>) {
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes);
        (bytes, end.map(drop).map_err(|error| error.kind()))
    }

    #[track_caller]
    pub(crate) fn hears_the_end(&mut self) {
        assert_eq!(self.rest(), (vec![], Ok(())));
    }

    #[track_caller]
    pub(crate) fn hears_a_reset(&mut self) {
        assert_eq!(self.rest(), (vec![], Err(ErrorKind::ConnectionReset)));
    }

    /// Whether there is nothing to be read now, and no end.
    pub(crate) fn hears_nothing(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let heard: io::Result<usize> = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}
