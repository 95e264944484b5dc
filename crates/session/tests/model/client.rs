//! The client: the rules of the design, as steps of one handle.
//!
//! Fields marked *(book)* are there for the properties; no step of the client reads them.

use crate::book::Fault;
use crate::network::{Down, Link, Node, Nodes, RequestId, SessionId, Up, Zxid};
use crate::rules::Rule;
use crate::world::World;

/// What a new connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Contact {
    New,
    Resume,
    Bury,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    #[default]
    Disconnected,
    Handshaking(Contact),
    /// closeSession of the presumed-dead session is on its way.
    Burying,
    /// The batch of setWatches that waits for its reply: one per node.
    Restoring {
        batch: Node,
        relative: Zxid,
    },
    Connected,
}

/// What the caller asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Write,
    Fence,
    Read,
    /// A read that leaves a one-shot watch.
    OneShot(Node),
    /// addWatch, persistent, on node A.
    Stream,
}

impl Kind {
    /// Class Write: it must not be sent twice.
    pub(crate) fn is_write(self) -> bool {
        matches!(self, Self::Write | Self::Fence)
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Ok,
    NotSent,
    NoReply,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    /// The generation it was submitted in.
    pub(crate) generation: u8,
    /// *(book)* How many losses that took a write were known when it was submitted.
    pub(crate) epoch: u8,
    pub(crate) fate: Option<Fate>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum OneShot {
    #[default]
    Unarmed,
    /// *(book)* since: the zxid of the reply that armed it.
    Armed {
        since: Zxid,
    },
    Fired,
    /// Ended with "session lost".
    Lost,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) phase: Phase,
    pub(crate) generation: u8,
    /// The session of this generation, once it is known.
    pub(crate) session: Option<SessionId>,
    /// The presumed-dead session of an earlier generation.
    pub(crate) to_bury: Option<SessionId>,
    /// The newest zxid of a reply, that of setWatches only when the restore is complete: the next
    /// setWatches carries it.
    pub(crate) replied: Zxid,
    /// The newest zxid of anything: the handshake carries it.
    pub(crate) seen: Zxid,
    pub(crate) requests: Vec<Request>,
    /// Submitted, not handed to the transport.
    pub(crate) queue: Vec<RequestId>,
    /// Handed to the transport, not answered.
    pub(crate) in_flight: Vec<RequestId>,
    /// One-shot watches by node.
    pub(crate) one_shots: [OneShot; 2],
    /// Whether the persistent watch on A was answered Ok.
    pub(crate) stream: bool,
    /// After this zxid the persistent watch has missed what it has missed; until the gap is
    /// published.
    pub(crate) missing_since: Option<Zxid>,
    /// *(book)* Losses made known that took a write with them.
    pub(crate) epoch: u8,
}

impl Client {
    pub(crate) fn submit(&mut self, kind: Kind) {
        let (generation, epoch) = (self.generation, self.epoch);
        self.queue.push(self.requests.len() as RequestId);
        self.requests.push(Request { kind, generation, epoch, fate: None });
    }

    pub(crate) fn request(&self, id: RequestId) -> &Request {
        &self.requests[usize::from(id)]
    }

    pub(crate) fn end(&mut self, id: RequestId, fate: Fate) {
        self.requests[usize::from(id)].fate = Some(fate);
    }

    fn armed(&self, node: Node) -> bool {
        matches!(self.one_shots[node.index()], OneShot::Armed { .. })
    }

    /// Ends queued writes as *not sent*: those that the condition picks.
    pub(crate) fn refuse_queued_writes(&mut self, picked: impl Fn(&Self, RequestId) -> bool) {
        for id in std::mem::take(&mut self.queue) {
            if self.request(id).kind.is_write() && picked(self, id) {
                self.end(id, Fate::NotSent);
            } else {
                self.queue.push(id);
            }
        }
    }
}

impl World {
    /// Opens a connection: burial first, then the session there is, else a new one.
    pub(crate) fn dial(&mut self, member: u8, broken: Option<Rule>) {
        let (contact, session) = match (self.client.to_bury, self.client.session) {
            (Some(dead), _) => (Contact::Bury, Some(dead)),
            (None, Some(session)) => (Contact::Resume, Some(session)),
            (None, None) => (Contact::New, None),
        };
        let forgets = broken == Some(Rule::HandshakesCarryTheZxidSeen);
        let seen = if forgets { 0 } else { self.client.seen };
        let generation = self.client.generation;
        self.client.phase = Phase::Handshaking(contact);
        self.link = Some(Link::new(member, Up::Connect { session, seen, generation }));
        if broken == Some(Rule::NothingRidesBehindANewHandshake) && contact == Contact::New {
            while !self.client.queue.is_empty() {
                self.transmit();
            }
        }
    }

    /// The head of the queue goes to the transport. A read whose path has a persistent watch, or
    /// has one on its way, sets no flag: before 3.9 it would replace it.
    pub(crate) fn transmit(&mut self) {
        let client = &mut self.client;
        let id = client.queue.remove(0);
        let shared = client.stream
            || client.in_flight.iter().any(|id| client.request(*id).kind == Kind::Stream);
        let message = match client.request(id).kind {
            Kind::Write => Up::Write(id),
            Kind::Fence => Up::Fence(id),
            Kind::Read => Up::Read { id, node: Node::A, flag: false },
            Kind::OneShot(node) => Up::Read { id, node, flag: !(shared && node == Node::A) },
            Kind::Stream => Up::AddWatch(id),
        };
        client.in_flight.push(id);
        if let Some(link) = self.link.as_mut().filter(|link| link.open) {
            link.up.push(message);
        }
    }

    /// The client reads one message.
    pub(crate) fn deliver(&mut self, broken: Option<Rule>) {
        let Some(link) = self.link.as_mut() else { return };
        let message = link.down.remove(0);
        match message {
            Down::Session(session) => self.accepted(session, broken),
            Down::Expired if self.client.phase == Phase::Handshaking(Contact::Bury) => {
                if broken == Some(Rule::ExpiryIsReportedOnce) {
                    self.book.report_expiry(self.client.generation - 1);
                }
                self.buried();
            }
            Down::Expired => {
                self.lose(broken);
                self.expire(broken);
            }
            Down::Closed => self.buried(),
            Down::WatchesSet { zxid } => {
                self.client.seen = self.client.seen.max(zxid);
                self.watches_set(zxid, broken);
            }
            Down::Event { node, zxid, replayed } => self.event(node, zxid, replayed, broken),
            Down::Reply { id, zxid, shows } => self.reply(id, zxid, shows, broken),
        }
    }

    fn accepted(&mut self, session: SessionId, broken: Option<Rule>) {
        if self.client.phase == Phase::Handshaking(Contact::Bury) {
            self.client.phase = Phase::Burying;
            if let Some(link) = self.link.as_mut().filter(|link| link.open) {
                link.up.push(Up::Close);
            }
            return;
        }
        self.client.session = Some(session);
        self.book.learn(session);
        if broken == Some(Rule::WatchesAreSetAgain) {
            self.client.missing_since = None;
            self.client.phase = Phase::Connected;
            return;
        }
        self.restore(Node::A, self.client.replied, broken);
    }

    /// Sends the first batch from `batch` on that has something to set, or is done.
    fn restore(&mut self, batch: Node, relative: Zxid, broken: Option<Rule>) {
        let client = &mut self.client;
        let stream = batch == Node::A && client.stream;
        let mut one_shots = Nodes::default();
        let unlisted = stream && broken == Some(Rule::SharedOneShotsAreListed);
        if client.armed(batch) && !unlisted {
            one_shots.add(batch);
        }
        if stream || one_shots != Nodes::default() {
            client.phase = Phase::Restoring { batch, relative };
            if let Some(link) = self.link.as_mut().filter(|link| link.open) {
                link.up.push(Up::SetWatches { relative, one_shots, stream });
            }
        } else if batch == Node::A {
            self.restore(Node::B, relative, broken);
        } else {
            client.phase = Phase::Connected;
        }
    }

    fn watches_set(&mut self, zxid: Zxid, broken: Option<Rule>) {
        let Phase::Restoring { batch, relative } = self.client.phase else { return };
        if broken == Some(Rule::AnInterruptedRestoreStartsFromTheSameZxid) {
            self.advance(zxid);
        }
        let late = broken == Some(Rule::TheGapComesFirst);
        if batch == Node::A && !late {
            self.publish_gap(zxid, broken);
        }
        if batch == Node::A {
            let again = broken == Some(Rule::OneZxidForAllBatches);
            let relative = if again { zxid } else { relative };
            self.restore(Node::B, relative, broken);
        } else {
            self.client.phase = Phase::Connected;
        }
        if self.client.phase == Phase::Connected {
            self.advance(zxid);
            if late {
                self.publish_gap(zxid, broken);
            }
        }
    }

    fn publish_gap(&mut self, until: Zxid, broken: Option<Rule>) {
        let Some(after) = self.client.missing_since.take() else { return };
        if broken != Some(Rule::GapsArePublished) {
            self.book.cover(after, until);
        }
    }

    fn event(&mut self, node: Node, zxid: Zxid, replayed: bool, broken: Option<Rule>) {
        let client = &mut self.client;
        if client.armed(node) {
            client.one_shots[node.index()] = OneShot::Fired;
        }
        if !replayed {
            if broken != Some(Rule::EventsRaiseTheZxidOfTheHandshake) {
                client.seen = client.seen.max(zxid);
            }
            if broken == Some(Rule::EventsDoNotRaiseTheZxidOfSetWatches) {
                client.replied = client.replied.max(zxid);
            }
        }
        // What comes before the gap was published is a replay for a one-shot watch.
        let early = client.missing_since.is_some() && broken != Some(Rule::TheGapComesFirst);
        if client.stream && node == Node::A && !early {
            self.book.stream_sees(&self.server, zxid);
        }
        if !replayed {
            self.book.event_seen = self.book.event_seen.max(zxid);
        }
    }

    fn reply(&mut self, id: RequestId, zxid: Zxid, shows: Zxid, broken: Option<Rule>) {
        self.book.blame(self.client.in_flight.first() != Some(&id), Fault::Misaligned);
        self.book.blame(zxid < self.book.reply_seen, Fault::ReplyGoesBack);
        self.book.blame(zxid < self.book.event_seen, Fault::ReplyBehindEvent);
        self.book.reply_seen = self.book.reply_seen.max(zxid);
        self.advance(zxid);
        self.client.in_flight.retain(|other| *other != id);
        let kind = self.client.request(id).kind;
        let node = if let Kind::OneShot(node) = kind { node } else { Node::A };
        if let OneShot::Armed { since } = self.client.one_shots[node.index()] {
            self.book.blame(since < shows, Fault::ShownBeforeEvent);
        }
        self.book.stream_was_shown(&self.server, if node == Node::A { shows } else { 0 });
        self.client.end(id, Fate::Ok);
        match kind {
            Kind::OneShot(node) => {
                self.client.one_shots[node.index()] = OneShot::Armed { since: zxid };
            }
            Kind::Stream => {
                self.client.stream = true;
                self.book.stream_since = Some(zxid);
            }
            Kind::Read => self.judge_lost_writes(id, zxid, broken),
            Kind::Write | Kind::Fence => {}
        }
    }

    /// A caller reads what became of its lost writes, right behind a fence.
    fn judge_lost_writes(&mut self, read: RequestId, zxid: Zxid, broken: Option<Rule>) {
        let requests = &self.client.requests;
        let fenced = |(id, request): (usize, &Request)| {
            id + 1 == usize::from(read)
                && request.kind == Kind::Fence
                && request.fate == Some(Fate::Ok)
        };
        let judged_from = if broken == Some(Rule::FenceBeforeJudging) {
            Some(self.client.request(read).epoch)
        } else {
            let fence = requests.iter().enumerate().find(|entry| fenced(*entry));
            fence.map(|(_, fence)| fence.epoch)
        };
        for (lost, request) in requests.iter().enumerate() {
            let judged = judged_from.is_some_and(|epoch| request.epoch < epoch);
            if judged && request.kind == Kind::Write && request.fate == Some(Fate::NoReply) {
                self.book.judge(&self.server, lost as RequestId, zxid);
            }
        }
    }

    fn advance(&mut self, zxid: Zxid) {
        self.client.replied = self.client.replied.max(zxid);
        self.client.seen = self.client.seen.max(zxid);
    }
}
