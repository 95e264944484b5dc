//! Which bytes a fault on the way is about: which direction, of which connections.

use std::time::Duration;

use zookit_proto::tap::{ConnectionId, Direction};

use crate::conditions::Conditions;
use crate::cut::Cut;
use crate::proxy::Proxy;

/// One direction or both, of all connections, of new ones or of one: what is wrong on the way.
///
/// From [`Proxy::to_server`], [`Proxy::to_client`] and [`Proxy::both_ways`]. Each method is done
/// when it returns: no byte passes afterwards that it should have concerned.
///
/// ```
/// # fn f(proxy: zookit_proxy::Proxy) {
/// use std::time::Duration;
///
/// proxy.to_client().delay(Duration::from_millis(100));      // whatever the server says is late
/// proxy.both_ways().of_new().hold();                        // nothing passes on connections to come
/// for connection in proxy.connections() {
///     proxy.to_server().of(connection.id).swallow();        // what clients say now is lost
/// }
/// proxy.both_ways().clear();
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it says what is meant, its methods what happens to it"]
pub struct Flow<'a> {
    proxy: &'a Proxy,
    directions: &'static [Direction],
    whose: Whose,
}

/// Of which connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    All,
    New,
    One(ConnectionId),
}

impl<'a> Flow<'a> {
    pub(crate) const fn new(proxy: &'a Proxy, directions: &'static [Direction]) -> Self {
        Self { proxy, directions, whose: Whose::All }
    }

    /// Of the connections that are made from now on, alone.
    pub const fn of_new(mut self) -> Self {
        self.whose = Whose::New;
        self
    }

    /// Of one connection. If it is gone, nothing happens.
    pub const fn of(mut self, connection: ConnectionId) -> Self {
        self.whose = Whose::One(connection);
        self
    }

    /// What is sent arrives so much later, in its order; also an end or a reset of the connection.
    /// Zero is none.
    ///
    /// Up to a mebibyte is on its way at once; when that is reached the sender waits. So of a
    /// mebibyte and a delay of a second follows a bandwidth of a mebibyte a second.
    pub fn delay(&self, delay: Duration) {
        self.change(|conditions| conditions.delay = delay);
    }

    /// To the delay of each piece of the stream up to so much is added, by chance: from the
    /// [seed](crate::Builder::seed). Bytes never overtake each other.
    pub fn jitter(&self, most: Duration) {
        self.change(|conditions| conditions.jitter = most);
    }

    /// No more than so many bytes pass in a second, on each of the connections; at least one.
    pub fn bandwidth(&self, bytes_per_second: u64) {
        self.change(|conditions| conditions.bandwidth = Some(bytes_per_second.max(1)));
    }

    /// Nothing passes, until that is over: then all goes on as if nothing had been.
    ///
    /// Nothing is read from the sender, whose writes succeed until its system's buffers are full.
    /// That is a network which loses every packet, since TCP sends them again; neither side learns
    /// of it, nor of the other's end. New connections are made all the same.
    pub fn hold(&self) {
        self.change(|conditions| conditions.held = true);
    }

    /// What is sent is lost, and the sender does not know. Unlike what is [held](Self::hold) it
    /// does not arrive later.
    ///
    /// That leaves a hole in the stream, behind which nothing makes sense. So a connection that lost
    /// something is reset by [`Proxy::heal`]; [`clear`](Self::clear) lets it go on.
    pub fn swallow(&self) {
        self.change(|conditions| conditions.swallowing = true);
    }

    /// When so many more bytes have passed, the connection is cut, at once: of a connection to come
    /// that many of its first bytes pass. In both directions the first of the two numbers that is
    /// reached counts.
    pub fn cut_after(&self, bytes: u64, cut: Cut) {
        self.change(|conditions| conditions.left = Some((bytes, cut)));
    }

    /// All that is well again. Bytes that are on their way with a delay arrive now.
    pub fn clear(&self) {
        self.change(|conditions| *conditions = Conditions::default());
    }

    fn change(&self, change: impl Fn(&mut Conditions)) {
        let mut state = self.proxy.shared().lock();
        for direction in self.directions {
            match self.whose {
                Whose::New => change(state.template.of_mut(*direction)),
                Whose::One(id) => state.change_line(id, |line| {
                    change(line.conditions.of_mut(*direction));
                }),
                Whose::All => {
                    change(state.template.of_mut(*direction));
                    state.change_lines(|line| change(line.conditions.of_mut(*direction)));
                }
            }
        }
    }
}
