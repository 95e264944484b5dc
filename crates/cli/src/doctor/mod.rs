//! `zk doctor`: looks at each server step by step, and at all of them side by side.
//!
//! `server.rs` takes the steps with one server, `session.rs` those within a session, `ensemble.rs`
//! compares, `finding.rs` is what they find, and this is what is made of it.

mod ensemble;
mod finding;
mod server;
mod session;

use serde_json::{Value, json};

use self::finding::{Finding, Level};
use self::server::Examined;
use crate::connection::Setup;
use crate::error::Failure;
use crate::output::{Output, escape};
use crate::{exit, interrupt};

/// Examines all servers at once, compares them, and reports.
pub(crate) async fn run(setup: &Setup, output: &mut Output) -> Result<(), Failure> {
    interrupt::at_once()?;
    let servers = setup.servers.servers();
    let started: Vec<_> = (servers.iter())
        .map(|server| tokio::spawn(server::examine(server.clone(), setup.clone())))
        .collect();
    let mut examined = Vec::with_capacity(started.len());
    for task in started {
        match task.await {
            Ok(one) => examined.push(one),
            // A task of ours that was not cancelled ends otherwise only by a panic.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    let compared = ensemble::compare(&examined, setup).await;
    let verdict = Verdict::of(&examined, &compared);
    if output.is_json() {
        output.json(&document(&examined, &compared, verdict));
    } else {
        print(&examined, &compared, verdict, output);
    }
    output.flush().await?;
    match verdict {
        Verdict::Well => Ok(()),
        Verdict::Wrong(_) => Err(Failure::silent(exit::NEGATIVE)),
        Verdict::Unreachable => {
            Err(Failure::new(exit::CONNECTION, "none of the servers can be reached"))
        }
    }
}

/// What all findings together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    /// So many findings need mending.
    Wrong(usize),
    /// No server takes connections.
    Unreachable,
}

impl Verdict {
    fn of(examined: &[Examined], compared: &[Finding]) -> Self {
        let all = examined.iter().flat_map(|one| &one.findings).chain(compared);
        let wrong = all.filter(|finding| finding.level == Level::Wrong).count();
        match wrong {
            _ if examined.iter().all(|one| !one.takes_connections) => Self::Unreachable,
            0 => Self::Well,
            wrong => Self::Wrong(wrong),
        }
    }
}

fn print(examined: &[Examined], compared: &[Finding], verdict: Verdict, output: &mut Output) {
    let mut part = |name: &str, findings: &[Finding]| {
        output.line(&escape::line(name));
        for finding in findings {
            output.line(&finding.line());
            if let Some(advice) = &finding.advice {
                output.line(&format!("{:16}-> {}", "", escape::line(advice)));
            }
        }
    };
    for one in examined {
        part(&one.server.to_string(), &one.findings);
    }
    if !compared.is_empty() {
        part("all of them", compared);
    }
    output.line(&match verdict {
        Verdict::Well => "all is well".into(),
        Verdict::Wrong(1) => "1 thing is wrong".into(),
        Verdict::Wrong(count) => format!("{count} things are wrong"),
        Verdict::Unreachable => "no server can be reached".to_owned(),
    });
}

fn document(examined: &[Examined], compared: &[Finding], verdict: Verdict) -> Value {
    let findings = |all: &[Finding]| all.iter().map(Finding::json).collect::<Vec<_>>();
    let server = |one: &Examined| json!({ "server": one.server.to_string(), "findings": findings(&one.findings) });
    json!({
        "servers": examined.iter().map(server).collect::<Vec<_>>(),
        "compared": findings(compared),
        "verdict": match verdict {
            Verdict::Well => "well",
            Verdict::Wrong(_) => "wrong",
            Verdict::Unreachable => "unreachable",
        },
    })
}
