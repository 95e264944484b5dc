//! The servers side by side: are they one ensemble, and is each of them up to date?

use zookit::admin::{self, Mode, ServerStats};
use zookit::{Endpoint, Zxid};

use super::finding::Finding;
use super::server::Examined;
use crate::connection::Setup;

/// Nothing is found of a server alone.
pub(super) async fn compare(examined: &[Examined], setup: &Setup) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(members(examined));
    if examined.len() < 2 {
        return findings;
    }
    let known: Vec<(&Endpoint, &ServerStats)> =
        examined.iter().filter_map(|one| Some((&one.server, one.stats.as_ref()?))).collect();
    findings.extend(releases(&known));
    let separate = roles(&known);
    let is_one = separate.is_none();
    findings.extend(separate);
    if is_one {
        findings.extend(zxids(&known, setup).await);
    }
    findings
}

/// Whether all members are in the list: with fewer the others are of no use when these fail.
fn members(examined: &[Examined]) -> Option<Finding> {
    let members = examined.iter().map(|one| one.members).max()?;
    let listed = examined.len();
    (members > listed).then(|| {
        let message = format!(
            "the ensemble has {members} members, and {listed} of them are listed: a client knows \
             only those that are"
        );
        Finding::note("members", message)
    })
}

fn releases(known: &[(&Endpoint, &ServerStats)]) -> Option<Finding> {
    let mut all: Vec<_> = known.iter().filter_map(|(_, stats)| stats.release()).collect();
    all.sort_unstable();
    all.dedup();
    let names: Vec<String> =
        all.iter().map(|[major, minor, patch]| format!("{major}.{minor}.{patch}")).collect();
    (all.len() > 1).then(|| {
        Finding::note("releases", format!("they run different releases: {}", names.join(", ")))
    })
}

/// What is wrong with their roles, if they cannot be one ensemble.
fn roles(known: &[(&Endpoint, &ServerStats)]) -> Option<Finding> {
    let of = |mode: Mode| {
        let those = known.iter().filter(|(_, stats)| stats.mode.as_ref() == Some(&mode));
        those.map(|(server, _)| server.to_string()).collect::<Vec<_>>()
    };
    let (standalone, leaders) = (of(Mode::Standalone), of(Mode::Leader));
    if !standalone.is_empty() {
        return Some(Finding::wrong(
            "roles",
            format!("{} runs standalone: these servers are no ensemble", standalone.join(", ")),
            "each has data of its own, and a client would see now one, now the other: list the \
             members of one ensemble",
        ));
    }
    (leaders.len() > 1).then(|| {
        Finding::wrong(
            "roles",
            format!("{} lead: these servers are no one ensemble", leaders.join(" and ")),
            "list the members of one ensemble; if they should be one, look at their server.N lines",
        )
    })
}

/// Who is behind now what another had before is behind indeed: the newest of the first answers is
/// the mark, and whoever was short of it is asked once more, after all else was done.
async fn zxids(known: &[(&Endpoint, &ServerStats)], setup: &Setup) -> Vec<Finding> {
    let of = |(server, stats): &(&Endpoint, &ServerStats)| Some((stats.zxid?, (*server).clone()));
    let mut all: Vec<(Zxid, Endpoint)> = known.iter().filter_map(of).collect();
    all.sort();
    let Some((newest, ahead)) = all.pop() else { return Vec::new() };
    let mut findings = Vec::new();
    for (first, server) in all.into_iter().filter(|(zxid, _)| *zxid < newest) {
        let again = admin::srvr(&server, &setup.ask_options()).await;
        let zxid = again.ok().and_then(|stats| stats.zxid).unwrap_or(first);
        if zxid < newest {
            findings.push(behind(&server, zxid, &ahead, newest));
        }
    }
    if findings.is_empty() && known.len() > 1 {
        findings.push(Finding::ok("zxid", format!("all have what is up to {newest}")));
    }
    findings
}

fn behind(server: &Endpoint, zxid: Zxid, ahead: &Endpoint, newest: Zxid) -> Finding {
    let how_far = if zxid.epoch() == newest.epoch() {
        format!("{} transactions", newest.counter().saturating_sub(zxid.counter()))
    } else {
        format!("{} epochs", newest.epoch().saturating_sub(zxid.epoch()))
    };
    Finding::wrong(
        "zxid",
        format!("{server}, at {zxid}, is {how_far} behind {ahead}, which was at {newest} before"),
        "it does not follow the leader, or slowly: look at its log and its disk; if it was never \
         of that ensemble, take it off the list",
    )
}
