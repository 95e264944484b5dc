//! The whole world as one value, and every step it can take: this is the state graph that the
//! checker explores.

use stateright::{Model, Property};

use crate::book::Book;
use crate::client::{Client, Contact, Kind, Phase};
use crate::network::{Link, Node, Nodes, SessionId};
use crate::properties;
use crate::rules::{Budget, Rule, Scope};
use crate::server::{Server, Txn};

/// Client, connections and ensemble; the book is what only the properties may read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) client: Client,
    /// The connection the client has.
    pub(crate) link: Option<Link>,
    /// Connections that the client has left and the server has not noticed yet.
    pub(crate) orphans: Vec<Link>,
    pub(crate) server: Server,
    pub(crate) book: Book,
    /// What may still happen.
    pub(crate) left: Budget,
}

/// Which of the server's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Live,
    Orphan(usize),
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The caller submits a request.
    Submit(Kind),
    /// The client opens a connection to a member and sends its ConnectRequest.
    Dial(u8),
    /// The client hands the head of its queue to the transport.
    Transmit,
    /// The server reads one message and answers it.
    Serve,
    /// The server reads one message from a connection that the client has already left.
    ServeOrphan(usize),
    /// The client reads one message.
    Deliver,
    /// The client finds that the server has closed the connection, everything before it read.
    NoticeClose,
    /// The network cuts the connection, or the client gives it up.
    Cut,
    /// A member that lags applies one more transaction.
    CatchUp(u8),
    /// The ensemble expires a session.
    Expire(SessionId),
    /// 4/3 of the timeout have passed without hearing anything.
    Presume,
    /// Another client's transaction.
    Others(Nodes),
}

/// A scope, with all rules obeyed or one broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zoo {
    pub(crate) scope: Scope,
    pub(crate) broken: Option<Rule>,
}

impl World {
    pub(crate) fn link_mut(&mut self, end: End) -> &mut Link {
        match end {
            End::Live => self.link.as_mut().expect("only a connected client's link is served"),
            End::Orphan(index) => &mut self.orphans[index],
        }
    }

    /// All connections the server knows.
    pub(crate) fn ends(&self) -> Vec<End> {
        let live = self.link.iter().map(|_| End::Live);
        live.chain((0..self.orphans.len()).map(End::Orphan)).collect()
    }

    /// Whether everything sent has been read, on a connection that is up: what the client was not
    /// told by now, no message on its way will tell it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.client.phase == Phase::Connected
            && self
                .link
                .as_ref()
                .is_some_and(|link| link.open && link.up.is_empty() && link.down.is_empty())
    }

    fn can_submit(&self) -> Vec<Kind> {
        let left = &self.left;
        let mut kinds = Vec::new();
        kinds.extend((left.writes > 0).then_some(Kind::Write));
        kinds.extend((left.fences > 0).then_some(Kind::Fence));
        kinds.extend((left.reads > 0).then_some(Kind::Read));
        let nodes = Node::ALL.into_iter().filter(|node| left.one_shots.has(*node));
        kinds.extend(nodes.map(Kind::OneShot));
        kinds.extend((left.streams > 0).then_some(Kind::Stream));
        kinds
    }

    fn submit(&mut self, kind: Kind) {
        let left = &mut self.left;
        match kind {
            Kind::Write => left.writes -= 1,
            Kind::Fence => left.fences -= 1,
            Kind::Read => left.reads -= 1,
            Kind::OneShot(node) => left.one_shots.remove(node),
            Kind::Stream => left.streams -= 1,
        }
        self.client.submit(kind);
    }

    /// The steps of the client and of its connection.
    fn client_actions(&self, scope: &Scope, actions: &mut Vec<Action>) {
        actions.extend(self.can_submit().into_iter().map(Action::Submit));
        match &self.link {
            None => actions.extend((0..scope.members).map(Action::Dial)),
            Some(link) => {
                if self.client.phase == Phase::Connected && !self.client.queue.is_empty() {
                    actions.push(Action::Transmit);
                }
                if !link.up.is_empty() {
                    actions.push(Action::Serve);
                }
                match (link.down.is_empty(), link.open) {
                    (false, _) => actions.push(Action::Deliver),
                    (true, false) => actions.push(Action::NoticeClose),
                    (true, true) => {}
                }
                if self.left.cuts > 0 {
                    actions.push(Action::Cut);
                }
            }
        }
        let away =
            matches!(self.client.phase, Phase::Disconnected | Phase::Handshaking(Contact::Resume));
        if self.left.presumptions > 0 && away && self.client.session.is_some() {
            actions.push(Action::Presume);
        }
    }
}

impl Model for Zoo {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            client: Client::default(),
            link: None,
            orphans: Vec::new(),
            server: Server::default(),
            book: Book::default(),
            left: self.scope.budget,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.client_actions(&self.scope, actions);
        actions.extend((0..world.orphans.len()).map(Action::ServeOrphan));
        if self.scope.members > 1 && world.server.applied[1] < world.server.newest() {
            actions.push(Action::CatchUp(1));
        }
        if world.left.expiries > 0 {
            let sessions = 0..world.server.sessions.len() as SessionId;
            actions.extend(
                sessions.filter(|session| world.server.is_alive(*session)).map(Action::Expire),
            );
        }
        if world.left.others > 0 {
            actions.extend(self.scope.changes.iter().copied().map(Action::Others));
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Submit(kind) => world.submit(kind),
            Action::Dial(member) => world.dial(member, self.broken),
            Action::Transmit => world.transmit(),
            Action::Serve => world.serve(End::Live, self.broken),
            Action::ServeOrphan(index) => world.serve(End::Orphan(index), self.broken),
            Action::Deliver => world.deliver(self.broken),
            Action::NoticeClose => world.lose(self.broken),
            Action::Cut => {
                world.left.cuts -= 1;
                world.lose(self.broken);
            }
            Action::CatchUp(member) => {
                let next = world.server.applied[usize::from(member)] + 1;
                world.catch_up(member, next);
            }
            Action::Expire(session) => {
                world.left.expiries -= 1;
                world.commit(Txn::Close(session));
            }
            Action::Presume => {
                world.left.presumptions -= 1;
                world.presume(self.broken);
            }
            Action::Others(nodes) => {
                world.left.others -= 1;
                world.commit(Txn::Change { nodes, by: None });
            }
        }
        for link in &mut world.orphans {
            link.abandon();
        }
        world.orphans.retain(|link| !link.is_spent());
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::always().into_iter().chain(properties::reached(&self.scope)).collect()
    }
}
