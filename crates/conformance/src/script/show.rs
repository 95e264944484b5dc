//! Steps for a person to read.

use zookit_proto::Request;
use zookit_proto::types::{Acl, Perms};

use super::{Ask, Step};

/// A step in words.
#[must_use]
pub fn show(step: &Step) -> String {
    match step {
        Step::Connect { slot, hello } => format!("{slot}: {hello:?}"),
        Step::Ask { slot, asks } => {
            let asks: Vec<String> = asks.iter().map(show_ask).collect();
            format!("{slot}: {}", asks.join("\n   + "))
        }
        Step::Drop { slot } => format!("{slot}: the connection is dropped"),
        Step::Expire { slot } => format!("{slot}: the session expires"),
    }
}

fn show_ask(ask: &Ask) -> String {
    match ask.request() {
        Some(Request::Auth(auth)) => {
            let credentials =
                auth.auth.as_ref().map(|auth| auth.expose().escape_ascii().to_string());
            format!("Auth({:?}, {credentials:?})", auth.scheme)
        }
        Some(request) if Ask::of(&request).body == ask.body => {
            let open = format!("{:?}", Some([Acl::world(Perms::ALL)]));
            format!("{request:?}").replace(&open, "open")
        }
        _ => format!("{} with the body {:?}", ask.opcode, ask.body),
    }
}
