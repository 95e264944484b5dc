//! What each member says that it has, once all have the same.

use std::net::SocketAddr;

use zookit_client::Endpoint;
use zookit_client::admin::{self, AskOptions, Dump, WatchesBySession};
use zookit_proto::{SessionId, Text, Zxid};
use zookit_server::core::WatchMode;
use zookit_sim::check::{MemberLeft, WatchLeft};

/// Asks all members, by four-letter words.
///
/// # Errors
/// One does not answer, or they do not have the same yet.
pub(super) async fn of_all(addresses: &[SocketAddr]) -> Result<Vec<MemberLeft>, String> {
    let mut all = Vec::new();
    for address in addresses {
        all.push(of(*address).await?);
    }
    // What was asked first must still be true when the last has answered.
    for (address, left) in addresses.iter().zip(&all) {
        let now = zxid(&endpoint(*address)).await?;
        if now != left.zxid {
            return Err(format!("{address} had {}, and has {now}", left.zxid));
        }
    }
    match all.iter().find(|left| left.zxid != all.first().map_or(Zxid(0), |first| first.zxid)) {
        None => Ok(all),
        Some(left) => Err(format!("one member has {}, and another one has not", left.zxid)),
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::new(address.ip().to_string(), address.port())
}

async fn zxid(server: &Endpoint) -> Result<Zxid, String> {
    let stats = admin::srvr(server, &AskOptions::default()).await;
    let stats = stats.map_err(|error| error.to_string())?;
    stats.zxid.ok_or_else(|| format!("{server} does not tell its zxid"))
}

async fn of(address: SocketAddr) -> Result<MemberLeft, String> {
    let (server, options) = (endpoint(address), AskOptions::default());
    let zxid = zxid(&server).await?;
    let dump = admin::dump(&server, &options).await.map_err(|error| error.to_string())?;
    let watches = admin::wchc(&server, &options).await.map_err(|error| error.to_string())?;
    Ok(made(zxid, &dump, &watches))
}

fn made(zxid: Zxid, dump: &Dump, watches: &WatchesBySession) -> MemberLeft {
    let connected = |session: SessionId| dump.connections.iter().any(|at| at.session == session);
    let watches = watches.sessions.iter().flat_map(|watching| {
        watching.paths.iter().map(move |path| WatchLeft {
            path: Text::from(path.as_str()),
            session: watching.session,
            mode: WatchMode::Data,
            connected: connected(watching.session),
        })
    });
    let ephemerals = dump.ephemerals.iter().flat_map(|owned| {
        owned.paths.iter().map(move |path| (Text::from(path.as_str()), owned.session))
    });
    MemberLeft {
        zxid,
        sessions: dump.sessions.iter().map(|at| at.session).collect(),
        ephemerals: ephemerals.collect(),
        watches: watches.collect(),
        // `wchc` is about `DataTree.dataWatches`.
        data_watches_only: true,
    }
}
