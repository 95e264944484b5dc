//! The rows of the table: one for each method that asks a server, or several where it can be asked
//! in several ways; and the methods that ask none.

mod reading;
mod sessions;
mod watching;
mod writing;

use zookit_client::{BoxFuture, ConnectOptions};

use super::{Lack, Scene};
use crate::real::Server;

/// An operation, and how it is tried.
pub(super) struct Row {
    pub(super) method: &'static str,
    /// In which way, if there are several.
    way: &'static str,
    pub(super) options: fn(&Server) -> ConnectOptions,
    pub(super) probe: fn(Scene) -> BoxFuture<'static, Result<(), Lack>>,
}

impl Row {
    /// What stands in the first cell.
    pub(super) fn label(&self) -> String {
        let Self { method, way, .. } = self;
        if way.is_empty() { format!("`{method}`") } else { format!("`{method}`, {way}") }
    }
}

/// `"method", "way": |scene| { … }`, apart by semicolons. What stands there asks with `?`, and
/// panics if a value is wrong.
macro_rules! probes {
    ($($method:literal, $way:literal: |$scene:ident| $body:block;)*) => {
        &[$(super::Row {
            method: $method,
            way: $way,
            options: crate::real::Server::options,
            probe: |$scene| Box::pin(async move {
                $body
                Ok(())
            }),
        }),*]
    };
}
use probes;

/// In the order of the page.
pub(super) fn rows() -> Vec<&'static Row> {
    let families =
        [sessions::OPENING, writing::ROWS, reading::ROWS, watching::ROWS, sessions::ENDING];
    families.into_iter().chain([sessions::DEFAULT_FLOOR]).flatten().collect()
}

/// The methods that ask no server by themselves, and what they do instead.
pub(super) const LOCAL: &[(&[&str], &str)] = &[
    (
        &["state", "states", "generation", "pinned_to", "session_id", "session_timeout"],
        "what is known of the session.",
    ),
    (
        &["server", "zxid", "trusted_until", "diagnosis", "stats"],
        "what is known of the connection.",
    ),
    (&["chroot", "with_deadline", "session", "update_servers"], "what a handle is bound to."),
    (&["wait_connected"], "waits; `connect_lazy` above has it."),
    (&["find_unique", "unique_id"], "fence and read, by operations that stand above; an id."),
    (&["batch", "reserve"], "submit operations that stand above, each with its own answer."),
    (&["retry"], "runs what it is given; it does not repeat what a server does not know."),
];
