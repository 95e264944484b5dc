//! What one member says to another.

use std::time::Duration;

use zookit_proxy::{Cut, Flow, Proxy};

use super::{Network, Way};

/// What one member says to another one, whoever of the two has connected. From
/// [`Cluster::link`](crate::Cluster::link).
///
/// Calls are done when they return.
#[derive(Debug)]
#[must_use = "it says what is meant, its methods what happens to it"]
pub struct Link<'a> {
    /// The proxies where the one who speaks has connected.
    there: &'a Way,
    /// Those where the other one has.
    back: &'a Way,
}

impl<'a> Link<'a> {
    pub(super) fn new(network: &'a Network, from: usize, to: usize) -> Self {
        Self { there: network.way(from, to), back: network.way(to, from) }
    }

    /// Nothing arrives from now on, and neither side is told, as if every packet were lost: each
    /// finds out by what it misses. Neither of the two can make a new connection to the other, since
    /// that takes both directions.
    ///
    /// What is on its way arrives when the link is [cleared](Self::clear), if the connections still
    /// exist by then.
    pub fn cut(&self) {
        self.flows().iter().for_each(Flow::hold);
        self.set_cut(true);
    }

    /// What is said arrives so much later; see [`Flow::delay`].
    pub fn delay(&self, delay: Duration) {
        self.flows().iter().for_each(|flow| flow.delay(delay));
    }

    /// Up to so much is added to the delay, by chance; see [`Flow::jitter`].
    pub fn jitter(&self, most: Duration) {
        self.flows().iter().for_each(|flow| flow.jitter(most));
    }

    /// No more than so many bytes a second pass, on each connection; see [`Flow::bandwidth`].
    pub fn bandwidth(&self, bytes_per_second: u64) {
        self.flows().iter().for_each(|flow| flow.bandwidth(bytes_per_second));
    }

    /// Resets what connections there are between the two, so that both find out at once. If the link
    /// is not cut they connect again.
    pub fn reset(&self) {
        self.proxies().iter().for_each(|proxy| proxy.cut(Cut::Reset));
    }

    /// What is said arrives again, as it is said.
    pub fn clear(&self) {
        self.flows().iter().for_each(Flow::clear);
        self.set_cut(false);
    }

    /// The proxies between the two, for whatever else is to go wrong: those for the port at which a
    /// leader awaits followers, and those for elections, first where the one who speaks is the
    /// client.
    #[must_use]
    pub fn proxies(&self) -> [&'a Proxy; 4] {
        let ([peer, election], [peer_back, election_back]) =
            (self.there.proxies(), self.back.proxies());
        [peer, election, peer_back, election_back]
    }

    fn set_cut(&self, cut: bool) {
        self.there.set_cut(cut);
        let refuse = cut || self.back.is_cut();
        self.proxies().iter().for_each(|proxy| proxy.refuse_connections(refuse));
    }

    fn flows(&self) -> [Flow<'a>; 4] {
        let [peer, election, peer_back, election_back] = self.proxies();
        [peer.to_server(), election.to_server(), peer_back.to_client(), election_back.to_client()]
    }
}
