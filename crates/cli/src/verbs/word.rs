//! `zk ruok`, `zk srvr`, …: a four-letter word, asked of every server, without a session.

use bytes::Bytes;
use serde_json::json;
use zookit::Endpoint;
use zookit::admin::{self, AdminError, AdminErrorKind, FourLetterWord};

use crate::connection::Setup;
use crate::error::Failure;
use crate::output::{Output, answers, escape, message};
use crate::{exit, interrupt};

pub(crate) async fn run(
    word: FourLetterWord,
    setup: &Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    interrupt::at_once()?;
    let options = setup.ask_options();
    let ask = |server: Endpoint| {
        let options = options.clone();
        async move { admin::text(&server, word, &options).await }
    };
    let answers = each(setup, ask).await;
    let mut tally = Tally::new(answers.len());
    for (server, answer) in answers {
        match answer.and_then(|answer| print(word, &server, &answer, tally.several(), output)) {
            Ok(()) => output.flush_if_much().await?,
            Err(error) => tally.note(error),
        }
    }
    output.flush().await?;
    tally.end()
}

/// Asks all servers at once; the answers are in the order of the servers.
pub(super) async fn each<T, F>(
    setup: &Setup,
    ask: impl Fn(Endpoint) -> F,
) -> Vec<(Endpoint, Result<T, AdminError>)>
where
    T: Send + 'static,
    F: Future<Output = Result<T, AdminError>> + Send + 'static,
{
    let start = |server: &Endpoint| (server.clone(), tokio::spawn(ask(server.clone())));
    let started: Vec<_> = setup.servers.servers().iter().map(start).collect();
    let mut answers = Vec::with_capacity(started.len());
    for (server, answer) in started {
        match answer.await {
            Ok(answer) => answers.push((server, answer)),
            // A task of ours that was not cancelled ends otherwise only by a panic.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    answers
}

/// Of one server exactly its text; of several each behind its name.
fn print(
    word: FourLetterWord,
    server: &Endpoint,
    answer: &Bytes,
    several: bool,
    output: &mut Output,
) -> Result<(), AdminError> {
    let parsed = answers::parsed(word, server, answer);
    if output.is_json() {
        let answer = parsed?;
        let document =
            json!({ "server": server.to_string(), "word": word.to_string(), "answer": answer });
        output.json(&document);
        return Ok(());
    }
    if several {
        output.line(&format!("--- {}", escape::line(&server.to_string())));
        output.bytes(answer);
        // Some answers end without a line end, and the next name begins a line.
        if !answer.ends_with(b"\n") && !output.ends_with_line() {
            output.line("");
        }
    } else {
        output.bytes(answer);
    }
    // A text that is no answer is shown, and is no success either.
    parsed.map(drop)
}

/// How many of the servers did not answer, and why.
pub(super) struct Tally {
    asked: usize,
    failed: Vec<AdminError>,
}

impl Tally {
    pub(super) const fn new(asked: usize) -> Self {
        Self { asked, failed: Vec::new() }
    }

    pub(super) const fn several(&self) -> bool {
        self.asked > 1
    }

    pub(super) fn note(&mut self, error: AdminError) {
        self.failed.push(error);
    }

    /// Says what failed. With some answers the run is done in part; without any the exit code says
    /// whether nobody could be reached, or those who were refused.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        let unreachable = self.failed.iter().all(AdminError::is_unreachable);
        let code = match self.failed.len() {
            0 => return Ok(()),
            failed if failed < self.asked => exit::PARTIAL,
            _ if unreachable => exit::CONNECTION,
            _ => exit::UNAVAILABLE,
        };
        let Some(last) = self.failed.pop() else { return Ok(()) };
        for error in &self.failed {
            message(&escape::line(&format!("error: {}", explain(error))));
        }
        let failure = Failure::new(code, explain(&last));
        Err(match hint(last.kind()) {
            Some(hint) => failure.hint(hint),
            None => failure,
        })
    }
}

/// The error with its source, which it does not repeat.
pub(crate) fn explain(error: &AdminError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("cannot ask {error}: {source}"),
        None => format!("cannot ask {error}"),
    }
}

const fn hint(kind: &AdminErrorKind) -> Option<&'static str> {
    match kind {
        AdminErrorKind::NotWhitelisted => Some(
            "the server's zoo.cfg allows words with 4lw.commands.whitelist=srvr,mntr,…; \
             `zk admin` asks the AdminServer, which has no such list",
        ),
        AdminErrorKind::Connect { .. } | AdminErrorKind::TimedOut { .. } => {
            Some("is a ZooKeeper serving there? `zk doctor` looks step by step")
        }
        AdminErrorKind::NoAnswer => Some("`zk doctor` looks step by step"),
        _ => None,
    }
}
