//! Whether what the clients were told, and what the servers hold in the end, is what it may be.
//!
//! `content.rs`: writes against what is there; `history.rs`: against what the servers' logs say; `order.rs`: in which order they took effect;
//! `arms.rs`: how requests ended; `reads.rs`: what they showed; `sessions.rs`: states, sessions and
//! ephemeral znodes; `one_shots.rs` and `stream.rs`: what watches were told. Each answers with what
//! is wrong, one sentence a fault; nothing is right because nobody looked: `arms.rs` also asks that
//! there was traffic at all.

mod arms;
mod content;
mod history;
mod one_shots;
mod order;
mod reads;
mod sessions;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use self::history::History;
use super::declared::Expected;
use super::traffic::changer::Change;
use super::traffic::notes::Noted;
use super::truth::Truth;

/// What is told of each kind of fault; more of it says nothing new.
const MOST_FAULTS: usize = 5;

/// What the judge looks at: one client.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) noted: &'a Noted,
    pub(crate) truth: &'a Truth,
    pub(crate) changes: &'a [Change],
    pub(crate) expected: &'a Expected,
    /// What the servers agreed on, if their logs were read.
    pub(crate) history: Option<&'a History>,
    /// Whether there was a persistent watch.
    pub(crate) streams: bool,
}

/// All that is wrong.
pub(crate) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut faults: Vec<String> = case.noted.troubles.clone();
    for look in [
        arms::look,
        content::look,
        order::look,
        history::look,
        reads::look,
        sessions::look,
        one_shots::look,
        stream::look,
    ] {
        let mut found = look(case);
        let more = found.len().saturating_sub(MOST_FAULTS);
        found.truncate(MOST_FAULTS);
        if more > 0 {
            found.push(format!("… and {more} more of the kind"));
        }
        faults.append(&mut found);
    }
    let index = case.noted.index;
    faults.into_iter().map(|fault| format!("client {index}: {fault}")).collect()
}
