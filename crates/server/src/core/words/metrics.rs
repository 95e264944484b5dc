//! The word `mntr`: metrics, one a line.
//!
//! A real server has some five hundred keys. Here are those that say something of this one, under
//! the same names; most of the others are about processors, ensembles, disks, TLS and Java. The
//! percentiles of latencies are left out as well: a real server takes them of a random sample.

use std::fmt::{Display, Write as _};

use super::super::statistics::AvgMinMax;
use super::{Facts, Role};

/// Lines of keys and values.
struct Metrics(String);

impl Metrics {
    fn line(&mut self, key: &str, value: impl Display) {
        let _ = writeln!(self.0, "zk_{key}\t{value}");
    }

    /// The five lines of amounts that were added up.
    fn summary(&mut self, key: &str, amounts: &AvgMinMax) {
        self.line(&format!("avg_{key}"), amounts.average());
        self.line(&format!("min_{key}"), amounts.min());
        self.line(&format!("max_{key}"), amounts.max());
        self.line(&format!("cnt_{key}"), amounts.count());
        self.line(&format!("sum_{key}"), amounts.sum());
    }
}

pub(super) fn mntr(facts: &Facts<'_>) -> String {
    let mut metrics = Metrics(String::new());
    metrics.line("version", facts.version());
    metrics.line("server_state", facts.state());
    ensemble(facts, &mut metrics);
    gauges(facts, &mut metrics);
    responses(facts, &mut metrics);
    counters(facts, &mut metrics);
    metrics.0
}

/// What a member is in its ensemble.
fn ensemble(facts: &Facts<'_>, metrics: &mut Metrics) {
    let Some((role, members)) = facts.role.filter(|_| !facts.read_only) else { return };
    metrics.line("quorum_size", members);
    if let Role::Leader(learners) = role {
        metrics.line("peer_state", "leading - broadcast");
        metrics.line("learners", learners);
        metrics.line("synced_followers", learners);
    } else {
        metrics.line("peer_state", "following - broadcast");
    }
}

/// What is so now.
fn gauges(facts: &Facts<'_>, metrics: &mut Metrics) {
    let watches = facts.watches.data().len().saturating_add(facts.watches.child().len());
    let local = facts.sessions.iter().filter(|(_, session)| session.local).count();
    metrics.line("uptime", facts.now.as_millis());
    metrics.line("num_alive_connections", facts.open_connections().count());
    metrics.line("outstanding_requests", facts.outstanding());
    metrics.line("znode_count", facts.tree.node_count());
    metrics.line("watch_count", watches);
    metrics.line("ephemerals_count", facts.tree.ephemerals_count());
    metrics.line("approximate_data_size", facts.tree.approximate_data_size());
    metrics.line("global_sessions", facts.sessions.len().saturating_sub(local));
    metrics.line("local_sessions", local);
}

/// Sizes in bytes; -1 before the first, as with a real server.
fn responses(facts: &Facts<'_>, metrics: &mut Metrics) {
    let statistics = facts.statistics;
    match statistics.last_response {
        None => {
            for of in ["last", "min", "max"] {
                metrics.line(&format!("{of}_client_response_size"), -1);
            }
        }
        Some(last) => {
            metrics.line("last_client_response_size", last);
            metrics.line("min_client_response_size", statistics.responses.min());
            metrics.line("max_client_response_size", statistics.responses.max());
        }
    }
}

/// What the word `srst` sets to zero.
fn counters(facts: &Facts<'_>, metrics: &mut Metrics) {
    let statistics = facts.statistics;
    metrics.line("avg_latency", statistics.latency.average());
    metrics.line("min_latency", statistics.latency.min());
    metrics.line("max_latency", statistics.latency.max());
    metrics.line("packets_received", facts.received);
    metrics.line("packets_sent", facts.sent);
    metrics.line("bytes_received_count", statistics.bytes_received);
    metrics.line("watch_bytes", statistics.watch_bytes);
    metrics.line("connection_request_count", statistics.connection_requests);
    metrics.line("connection_revalidate_count", statistics.revalidations);
    metrics.line("connection_rejected", statistics.rejected);
    metrics.line("sessionless_connections_expired", statistics.sessionless_expired);
    metrics.line("stale_sessions_expired", statistics.sessions_expired);
    metrics.summary("readlatency", &statistics.read_latency);
    metrics.summary("updatelatency", &statistics.update_latency);
    metrics.summary("node_created_watch_count", &statistics.created_watches);
    metrics.summary("node_deleted_watch_count", &statistics.deleted_watches);
    metrics.summary("node_changed_watch_count", &statistics.changed_watches);
    metrics.summary("node_children_watch_count", &statistics.children_watches);
}
