//! The word `mntr`: metrics, one a line.

use std::fmt::Write as _;

use super::Facts;

/// A real server has some four hundred; these are the ones that monitoring reads.
pub(super) fn mntr(facts: &Facts<'_>) -> String {
    let watches = facts.watches.data().len().saturating_add(facts.watches.child().len());
    let local = facts.sessions.iter().filter(|(_, session)| session.local).count();
    let sessions = facts.sessions.len();
    let metrics: [(&str, String); 20] = [
        ("version", facts.version()),
        ("server_state", facts.state().to_owned()),
        ("avg_latency", "0.0".to_owned()),
        ("min_latency", "0".to_owned()),
        ("max_latency", "0".to_owned()),
        ("packets_received", facts.received.to_string()),
        ("packets_sent", facts.sent.to_string()),
        ("num_alive_connections", facts.open_connections().count().to_string()),
        ("outstanding_requests", "0".to_owned()),
        ("uptime", facts.now.as_millis().to_string()),
        ("znode_count", facts.tree.node_count().to_string()),
        ("watch_count", watches.to_string()),
        ("ephemerals_count", facts.tree.ephemerals_count().to_string()),
        ("approximate_data_size", facts.tree.approximate_data_size().to_string()),
        ("global_sessions", sessions.saturating_sub(local).to_string()),
        ("local_sessions", local.to_string()),
        ("last_client_response_size", "-1".to_owned()),
        ("max_client_response_size", "-1".to_owned()),
        ("min_client_response_size", "-1".to_owned()),
        ("auth_failed_count", "0".to_owned()),
    ];
    let mut text = String::new();
    for (key, value) in metrics {
        let _ = writeln!(text, "zk_{key}\t{value}");
    }
    text
}
