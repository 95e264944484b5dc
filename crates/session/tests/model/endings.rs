//! How things end for the client: a connection is lost, a session expires or is presumed dead, a
//! presumed-dead session is buried.

use crate::client::{Contact, Fate, OneShot, Phase};
use crate::rules::Rule;
use crate::world::World;

impl World {
    /// The connection is lost, for whatever reason: every request in flight finds its fate or its
    /// way back into the queue.
    pub(crate) fn lose(&mut self, broken: Option<Rule>) {
        let Some(mut link) = self.link.take() else { return };
        link.abandon();
        self.orphans.push(link);
        let client = &mut self.client;
        if client.phase == Phase::Burying && broken == Some(Rule::BurialIsConfirmed) {
            client.to_bury = None;
        }
        client.phase = Phase::Disconnected;
        if client.stream {
            client.missing_since.get_or_insert(client.replied);
        }
        let mut again = Vec::new();
        let mut lost = None;
        for id in std::mem::take(&mut client.in_flight) {
            if !client.request(id).kind.is_write() || broken == Some(Rule::WritesAreSentOnce) {
                again.push(id);
            } else {
                let denied = broken == Some(Rule::SentIsNotUnsent);
                client.end(id, if denied { Fate::NotSent } else { Fate::NoReply });
                lost = Some(id);
            }
        }
        client.epoch += u8::from(lost.is_some());
        again.append(&mut client.queue);
        client.queue = again;
        if broken != Some(Rule::NothingFollowsALostWrite) {
            client.refuse_queued_writes(|_, id| lost.is_some_and(|lost| lost < id));
        }
    }

    /// The client gives its session up as dead without having heard so. A handshake that is under
    /// way for it turns into its burial.
    pub(crate) fn presume(&mut self, broken: Option<Rule>) {
        let dead = self.client.session;
        self.expire(broken);
        if broken == Some(Rule::ThePresumedDeadAreBuried) {
            self.lose(broken);
            return;
        }
        self.client.to_bury = dead;
        if self.client.phase == Phase::Handshaking(Contact::Resume) {
            self.client.phase = Phase::Handshaking(Contact::Bury);
        }
    }

    /// The session is lost: reported, and the next generation begins.
    pub(crate) fn expire(&mut self, broken: Option<Rule>) {
        let client = &mut self.client;
        self.book.report_expiry(client.generation);
        client.session = None;
        client.generation += 1;
        if broken != Some(Rule::WritesStayInTheirGeneration) {
            client.refuse_queued_writes(|_, _| true);
        }
        for one_shot in &mut client.one_shots {
            if let OneShot::Armed { .. } = one_shot {
                *one_shot = OneShot::Lost;
            }
        }
    }

    pub(crate) fn buried(&mut self) {
        self.client.to_bury = None;
        self.client.phase = Phase::Disconnected;
        self.link = None;
    }
}
