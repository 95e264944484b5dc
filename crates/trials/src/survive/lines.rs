//! The lines between one client and the members: a proxy each, so that what happens to them
//! happens to this client alone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use zookit_client::{Client, ConnectOptions};
use zookit_ensemble::Cluster;
use zookit_proxy::{Cut, Proxy};

use super::network::CountingDialer;
use super::setting::Setting;
use super::steady::Counted;
use super::verdict::Failure;

/// A proxy for each member, in their order.
#[derive(Debug)]
pub(crate) struct Lines(Vec<Proxy>);

impl Lines {
    /// # Errors
    /// There is no free port.
    pub(crate) fn to(cluster: &Cluster) -> io::Result<Self> {
        let servers = cluster.servers().into_iter();
        Ok(Self(servers.map(|server| Proxy::start(server.address())).collect::<io::Result<_>>()?))
    }

    pub(crate) fn each(&self) -> &[Proxy] {
        &self.0
    }

    /// A client that has only these lines.
    ///
    /// # Errors
    /// It cannot connect.
    pub(crate) async fn client(
        &self,
        setting: &Setting,
        session_timeout: Duration,
    ) -> Result<Counted, Failure> {
        let members: Vec<_> = (0..self.0.len()).collect();
        self.client_of(&members, setting, session_timeout).await
    }

    /// A client that knows of these members only.
    ///
    /// # Errors
    /// It cannot connect.
    pub(crate) async fn client_of(
        &self,
        members: &[usize],
        setting: &Setting,
        session_timeout: Duration,
    ) -> Result<Counted, Failure> {
        let dialer = CountingDialer::default();
        let options =
            ConnectOptions { dialer: Arc::new(dialer.clone()), ..setting.options(session_timeout) };
        Ok((Client::connect_with(self.connect_string_of(members), options).await?, dialer))
    }

    pub(crate) fn connect_string(&self) -> String {
        let members: Vec<_> = (0..self.0.len()).collect();
        self.connect_string_of(&members)
    }

    fn connect_string_of(&self, members: &[usize]) -> String {
        let address = |member: &usize| self.0[*member].address().to_string();
        members.iter().map(address).collect::<Vec<_>>().join(",")
    }

    /// The line that this client's connection is on.
    pub(crate) fn of(&self, client: &Client) -> Option<(usize, &Proxy)> {
        let server = client.server()?.to_string();
        self.0.iter().enumerate().find(|(_, line)| line.address().to_string() == server)
    }

    /// Nothing passes any more: every packet is lost, and neither side learns of it.
    pub(crate) fn hold(&self) {
        self.0.iter().for_each(|line| line.both_ways().hold());
    }

    /// Everything passes again, what was held too.
    pub(crate) fn release(&self) {
        self.0.iter().for_each(|line| line.both_ways().clear());
    }

    /// All connections break, and new ones are refused or not.
    pub(crate) fn cut(&self, refuse: bool) {
        for line in &self.0 {
            line.refuse_connections(refuse);
            line.cut(Cut::Reset);
        }
    }
}
