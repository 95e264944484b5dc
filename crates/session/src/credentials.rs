//! Who the client says it is, told to each connection before anything else.

use bytes::Bytes;
use zookit_proto::{Text, Time};

use crate::ids::Ticket;

/// A scheme and what goes with it; never printed.
pub(crate) struct Credential {
    pub(crate) scheme: Text,
    pub(crate) auth: Bytes,
    /// Whoever waits for a server's answer to it, until when.
    waiting: Vec<(Ticket, Option<Time>)>,
}

/// All credentials of a handle, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Credentials(Vec<Credential>);

impl Credentials {
    /// Adds one and says which it is. The same one again only adds somebody who waits.
    pub(crate) fn add(
        &mut self,
        scheme: Text,
        auth: Bytes,
        ticket: Ticket,
        deadline: Option<Time>,
    ) -> usize {
        let same = |known: &Credential| known.scheme == scheme && known.auth == auth;
        let known = self.0.iter().position(same);
        let credential = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Credential { scheme, auth, waiting: Vec::new() });
        }
        if let Some(known) = self.0.get_mut(credential) {
            known.waiting.push((ticket, deadline));
        }
        credential
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, credential: usize) -> Option<&Credential> {
        self.0.get(credential)
    }

    /// Whoever waits for the answer to this credential; they do no longer.
    pub(crate) fn take_waiting_for(&mut self, credential: usize) -> Vec<Ticket> {
        let waiting = self.0.get_mut(credential).map(|known| std::mem::take(&mut known.waiting));
        waiting.unwrap_or_default().into_iter().map(|(ticket, _)| ticket).collect()
    }

    /// All who wait; they do no longer.
    pub(crate) fn take_waiting(&mut self) -> Vec<Ticket> {
        let taken = self.0.iter_mut().flat_map(|credential| credential.waiting.drain(..));
        taken.map(|(ticket, _)| ticket).collect()
    }

    /// Those whose deadline has passed; they wait no longer, but the credential stays.
    pub(crate) fn expire(&mut self, now: Time) -> Vec<Ticket> {
        let mut expired = Vec::new();
        for credential in &mut self.0 {
            credential.waiting.retain(|(ticket, deadline)| {
                let late = deadline.is_some_and(|deadline| deadline <= now);
                if late {
                    expired.push(*ticket);
                }
                !late
            });
        }
        expired
    }

    /// The first deadline of anyone who waits.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.0.iter().flat_map(|credential| &credential.waiting).filter_map(|(_, at)| *at).min()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.0.len())
    }
}
