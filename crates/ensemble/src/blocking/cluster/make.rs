//! Members before their first start: their ports, and what each of them knows of the others.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use super::super::server::{Plan, with_ports};
use super::{Cluster, Inner, Place, Server};
use crate::Error;
use crate::cluster::ClusterBuilder;
use crate::cluster::builder::id_of;
use crate::cluster::routes::{Addresses, PeerPort, Routes};
use crate::config::{ClientAddress, ConfigError, Member, MemberAddress, Role};
use crate::release::Version;
use crate::server::ports::Port;

impl Cluster {
    /// Starts all members, and waits until they are an ensemble.
    pub(crate) fn start_as(builder: &ClusterBuilder) -> Result<Self, Error> {
        let mut builder = builder.clone();
        // Looked for once.
        let (java, release) = builder.server(0).found()?;
        builder.each = builder.each.java(&java);
        if builder.releases.is_empty() {
            builder.releases.push(release);
        }
        with_ports(|| {
            let cluster = Self::make(&builder)?;
            for server in cluster.servers() {
                server.launch()?;
            }
            cluster.wait_until_served()?;
            Ok(cluster)
        })
    }

    /// Makes all members, and starts none.
    fn make(builder: &ClusterBuilder) -> Result<Self, Error> {
        let size = builder.voters + builder.observers;
        let kept = (0..size).map(|_| keep_ports()).collect::<Result<Vec<_>, Error>>()?;
        let addresses: Vec<Addresses> = kept.iter().map(|(addresses, _)| *addresses).collect();
        let routes = (builder.routes)(&addresses).map_err(Error::io("start proxies"))?;
        let roles: Vec<Role> = (0..size).map(|at| builder.role(at)).collect();
        let mut places = Vec::new();
        for (at, (bound, ports)) in kept.into_iter().enumerate() {
            let members = lines(builder, &*routes, at, &addresses, &roles);
            let server = member(builder, at, ports, members)?;
            places.push(Place { server, addresses: bound, role: roles[at] });
        }
        let (builder, places) = (builder.clone(), Mutex::new(places));
        Ok(Self { inner: Arc::new(Inner { builder, routes, places }) })
    }

    /// Makes and starts one more, which knows of the members that the leader has.
    pub(super) fn join(&self, role: Role) -> Result<usize, Error> {
        let Inner { builder, routes, .. } = &*self.inner;
        let leader = self.server(self.leader()?);
        let mut members = leader.config()?.members;
        let (bound, ports) = keep_ports()?;
        // Only here: two that are added at once must not get the same number.
        let mut places = self.places();
        let at = places.len();
        // As the manual advises: one that does not belong to it yet takes itself for an observer,
        // so that those who join cannot be an ensemble of their own.
        members.push(line(builder, &**routes, at, at, &bound, Role::Observer));
        let server = member(builder, at, ports, members)?;
        server.set_release(&leader.release());
        places.push(Place { server: server.clone(), addresses: bound, role });
        drop(places);
        server.start()?;
        Ok(at)
    }

    /// The line by which a member belongs to the ensemble, as it is to be.
    pub(super) fn line_of(&self, at: usize) -> Member {
        let Place { addresses, role, .. } = self.places()[at].clone();
        line(&self.inner.builder, &*self.inner.routes, at, at, &addresses, role)
    }
}

/// The server of a place.
fn member(
    builder: &ClusterBuilder,
    at: usize,
    ports: Vec<Port>,
    members: Vec<Member>,
) -> Result<Server, Error> {
    let server = builder.server(at);
    let dynamic = builder.reconfigurable;
    let (_, release) = server.found()?;
    if dynamic && release.version < Version::new(3, 5, 3) {
        let key = "reconfigEnabled".to_owned();
        let why = format!("{} has no dynamic reconfiguration, 3.5.3 is the first", release.version);
        return Err(ConfigError::BadField { key, why }.into());
    }
    let mut config = builder.each.config_of(at);
    let own = members.iter().find(|member| member.id == id_of(at));
    if dynamic {
        config.reconfig_enabled = Some(true);
        config.standalone_enabled = Some(false);
        // It is in its line.
        config.client_port = None;
        config.client_port_address = None;
    } else {
        config.client_port = ports.first().map(|port| port.address().port());
        config.client_port_address = Some(Ipv4Addr::LOCALHOST.to_string());
        config.peer_type = own.and_then(|own| own.role);
    }
    // A list of one would be an ensemble that elects itself, in some releases.
    #[cfg(feature = "proxy")]
    if builder.partitionable {
        crate::partition::Network::check(&config)?;
    }
    config.members = if members.len() > 1 || dynamic { members } else { Vec::new() };
    Server::make(&server, Plan { config, ports, dynamic })
}

/// The ports of a member, and what keeps them: that for clients is the first.
fn keep_ports() -> Result<(Addresses, Vec<Port>), Error> {
    let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let keep = || Port::keep(any).map_err(Error::io("keep a port of 127.0.0.1"));
    let ports = [keep()?, keep()?, keep()?];
    let [client, peer, election] = ports.each_ref().map(Port::address);
    Ok((Addresses { client, peer, election }, ports.into()))
}

/// The members as the one at `from` is to see them.
fn lines(
    builder: &ClusterBuilder,
    routes: &dyn Routes,
    from: usize,
    addresses: &[Addresses],
    roles: &[Role],
) -> Vec<Member> {
    let members = addresses.iter().zip(roles).enumerate();
    members.map(|(to, (bound, role))| line(builder, routes, from, to, bound, *role)).collect()
}

/// The member at `to` as the one at `from` is to see it.
fn line(
    builder: &ClusterBuilder,
    routes: &dyn Routes,
    from: usize,
    to: usize,
    bound: &Addresses,
    role: Role,
) -> Member {
    let port = |port| routes.peer(from, to, port, bound.of(port));
    let (peer, election) = (port(PeerPort::Peer), port(PeerPort::Election));
    let (peer_port, election_port) = (peer.port(), election.port());
    let address = MemberAddress { host: peer.ip().to_string(), peer_port, election_port };
    let client =
        ClientAddress { host: Some(bound.client.ip().to_string()), port: bound.client.port() };
    Member {
        id: id_of(to),
        addresses: vec![address],
        // 3.4 knows no other role in a line.
        role: Some(role).filter(|role| builder.reconfigurable || *role == Role::Observer),
        // Nor this.
        client: Some(client).filter(|_| builder.reconfigurable),
    }
}
