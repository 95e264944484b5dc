//! What must hold in every state, and what must be met in some state.

use stateright::Property;

use crate::book::Fault;
use crate::client::{Contact, Fate, Kind, OneShot, Phase, Request};
use crate::network::{Down, Node, RequestId, SessionId, Up};
use crate::rules::Scope;
use crate::server::Txn;
use crate::world::{World, Zoo};

pub(crate) const APPLIED_AS_TOLD: &str = "a write is applied as often as its fate says";
pub(crate) const OWN_GENERATION: &str = "a write is applied in its own generation only";
pub(crate) const IN_ORDER: &str = "writes take effect in the order of submission";
pub(crate) const NO_HOLE: &str = "no write takes effect without those it was submitted behind";
pub(crate) const JUDGED_RIGHT: &str = "a lost write is judged right";
pub(crate) const ONE_EPHEMERAL_OWNER: &str = "ephemerals of two sessions never coexist";
pub(crate) const ONE_KNOWN_SESSION: &str = "two sessions the client knows never coexist";
pub(crate) const REPORTED_ONCE: &str = "expiry is reported exactly once a generation";
pub(crate) const NEVER_BACK: &str = "no reply is older than an earlier one";
pub(crate) const NEVER_BEHIND_EVENTS: &str = "no reply is older than an event observed before";
pub(crate) const ALIGNED: &str = "each reply answers the oldest request in flight";
pub(crate) const EVENT_FIRST: &str = "an event is observed before a reply that shows the change";
pub(crate) const NO_SILENCE: &str = "a quiet one-shot watch has missed nothing";
pub(crate) const NOTHING_UNTOLD: &str = "a quiet stream has seen each change or a gap";
pub(crate) const GAP_FIRST: &str = "a gap comes before the events behind it";

type Condition = fn(&Zoo, &World) -> bool;

pub(crate) fn always() -> Vec<Property<Zoo>> {
    let conditions: [(&'static str, Condition); 15] = [
        (APPLIED_AS_TOLD, |_, world| applied_as_told(world)),
        (OWN_GENERATION, |_, world| own_generation(world)),
        (IN_ORDER, |_, world| in_order(world)),
        (NO_HOLE, |_, world| no_hole(world)),
        (JUDGED_RIGHT, |_, world| judged_right(world)),
        (ONE_EPHEMERAL_OWNER, |_, world| alive(world, owns_ephemerals) <= 1),
        (ONE_KNOWN_SESSION, |_, world| alive(world, |world, id| world.book.knows(id)) <= 1),
        (REPORTED_ONCE, |_, world| reported_once(world)),
        (NEVER_BACK, |_, world| !world.book.has(Fault::ReplyGoesBack)),
        (NEVER_BEHIND_EVENTS, |_, world| !world.book.has(Fault::ReplyBehindEvent)),
        (ALIGNED, |_, world| !world.book.has(Fault::Misaligned)),
        (EVENT_FIRST, |_, world| !world.book.has(Fault::ShownBeforeEvent)),
        (NO_SILENCE, |_, world| no_silence(world)),
        (NOTHING_UNTOLD, |_, world| nothing_untold(world)),
        (GAP_FIRST, |_, world| !world.book.has(Fault::EventBeforeGap)),
    ];
    conditions.map(|(name, condition)| Property::always(name, condition)).into()
}

/// Writes and fences, by id.
fn writes(world: &World) -> impl Iterator<Item = (RequestId, &Request)> {
    let requests = world.client.requests.iter().enumerate();
    requests.map(|(id, request)| (id as RequestId, request)).filter(|(_, it)| it.kind.is_write())
}

fn times_applied(world: &World, id: RequestId) -> usize {
    world.server.applications(id).count()
}

fn applied_as_told(world: &World) -> bool {
    writes(world).all(|(id, request)| match (request.fate, times_applied(world, id)) {
        (Some(Fate::Ok), times) => times == 1,
        (Some(Fate::NotSent), times) => times == 0,
        (Some(Fate::NoReply) | None, times) => times <= 1,
    })
}

fn own_generation(world: &World) -> bool {
    writes(world).all(|(id, request)| {
        world.server.applications(id).all(|(_, session)| {
            world.server.sessions[usize::from(session)].generation == request.generation
        })
    })
}

fn in_order(world: &World) -> bool {
    let applied: Vec<_> = world
        .server
        .history
        .iter()
        .filter_map(|txn| match txn {
            Txn::Change { by: Some((id, _)), .. } => Some(*id),
            _ => None,
        })
        .collect();
    applied.is_sorted()
}

/// Of two writes submitted in one generation with no loss made known between them, the later one
/// is applied only if the earlier one is.
fn no_hole(world: &World) -> bool {
    writes(world).all(|(later, behind)| {
        times_applied(world, later) == 0
            || writes(world).all(|(earlier, before)| {
                earlier >= later
                    || before.generation != behind.generation
                    || before.epoch != behind.epoch
                    || times_applied(world, earlier) > 0
            })
    })
}

fn judged_right(world: &World) -> bool {
    !world.book.has(Fault::Misjudged)
        && writes(world).all(|(id, _)| !world.book.judged_void(id) || times_applied(world, id) == 0)
}

/// How many sessions are alive that the condition picks.
fn alive(world: &World, picked: fn(&World, SessionId) -> bool) -> usize {
    (0..world.server.sessions.len() as SessionId)
        .filter(|id| world.server.is_alive(*id) && picked(world, *id))
        .count()
}

fn owns_ephemerals(world: &World, owner: SessionId) -> bool {
    world
        .server
        .history
        .iter()
        .any(|txn| matches!(txn, Txn::Change { by: Some((_, session)), .. } if *session == owner))
}

/// Exactly the generations before the present one have been reported.
fn reported_once(world: &World) -> bool {
    !world.book.has(Fault::ReportedTwice)
        && world.book.reported == (1 << world.client.generation) - 1
}

fn no_silence(world: &World) -> bool {
    let Some(link) = world.link.as_ref().filter(|_| world.is_quiet()) else { return true };
    let applied = world.server.applied[usize::from(link.member)];
    Node::ALL.into_iter().all(|node| match world.client.one_shots[node.index()] {
        OneShot::Armed { since } => world.server.mzxid(node, applied) <= since,
        OneShot::Unarmed | OneShot::Fired | OneShot::Lost => true,
    })
}

fn nothing_untold(world: &World) -> bool {
    let Some(link) = world.link.as_ref().filter(|_| world.is_quiet()) else { return true };
    world.book.stream_knows(&world.server, world.server.applied[usize::from(link.member)])
}

pub(crate) const LOST_AND_APPLIED: &str = "a lost write was applied";
pub(crate) const LOST_AND_VOID: &str = "a lost write was not applied and never will be";
pub(crate) const APPLIED_AFTER_LOSS: &str = "a write may be applied after its loss was known";
pub(crate) const SHED_BEHIND_LOSS: &str = "a write was not sent behind a lost one";
pub(crate) const BURIED_ALIVE: &str = "a session presumed dead is alive and being closed";
pub(crate) const BURIED_GONE: &str = "a session presumed dead turns out to be gone";
pub(crate) const STILLBORN: &str = "a session is alive that the client never heard of";
pub(crate) const STALE_HANDSHAKE: &str = "a stale handshake took the session away";
pub(crate) const MEMBER_BEHIND: &str = "a member behind the zxid seen refuses";
pub(crate) const DEAD_BUT_CONNECTED: &str = "a lagging member serves a session that is gone";
pub(crate) const GAP: &str = "a gap is due that hides a change";
pub(crate) const REPLAY: &str = "setWatches replays an event";
pub(crate) const SHARED: &str = "a one-shot watch rides on a persistent one";
pub(crate) const SESSION_LOST: &str = "a one-shot watch ended with its session";
pub(crate) const JUDGED_APPLIED: &str = "a lost write is judged to be applied";
pub(crate) const JUDGED_VOID: &str = "a lost write is judged to be void";
pub(crate) const THIRD_GENERATION: &str = "the third generation is connected";

/// The situations a scope has to come across.
pub(crate) fn reached(scope: &Scope) -> Vec<Property<Zoo>> {
    let table: [(&'static str, Condition); 17] = [
        (LOST_AND_APPLIED, |_, world| lost(world, 1)),
        (LOST_AND_VOID, |_, world| lost(world, 0) && world.is_quiet() && world.orphans.is_empty()),
        (APPLIED_AFTER_LOSS, |_, world| {
            world.orphans.iter().any(|link| matches!(link.up.first(), Some(Up::Write(_))))
        }),
        (SHED_BEHIND_LOSS, |_, world| {
            lost(world, 0) && writes(world).any(|(_, request)| request.fate == Some(Fate::NotSent))
        }),
        (BURIED_ALIVE, |_, world| {
            world.client.phase == Phase::Burying
                && world.client.to_bury.is_some_and(|dead| world.server.is_alive(dead))
        }),
        (BURIED_GONE, |_, world| {
            world.client.phase == Phase::Handshaking(Contact::Bury)
                && next_down(world) == Some(&Down::Expired)
        }),
        (STILLBORN, |_, world| {
            world.is_quiet() && alive(world, |world, id| !world.book.knows(id)) > 0
        }),
        (STALE_HANDSHAKE, |_, world| {
            world.client.phase == Phase::Connected
                && world.link.as_ref().is_some_and(|link| {
                    !link.open && link.session.is_some_and(|id| world.server.is_alive(id))
                })
        }),
        (MEMBER_BEHIND, |_, world| {
            matches!(world.client.phase, Phase::Handshaking(_))
                && world.link.as_ref().is_some_and(|link| !link.open && link.down.is_empty())
        }),
        (DEAD_BUT_CONNECTED, |_, world| {
            world.is_quiet()
                && world.client.session.is_some_and(|session| !world.server.is_alive(session))
        }),
        (GAP, |_, world| {
            matches!(next_down(world), Some(Down::WatchesSet { zxid })
                if !world.book.stream_knows(&world.server, *zxid))
        }),
        (REPLAY, |_, world| matches!(next_down(world), Some(Down::Event { replayed: true, .. }))),
        (SHARED, |_, world| {
            world.is_quiet()
                && world.client.stream
                && matches!(world.client.one_shots[0], OneShot::Armed { .. })
                && world.link.as_ref().is_some_and(|link| !link.one_shots.has(Node::A))
        }),
        (SESSION_LOST, |_, world| world.client.one_shots.contains(&OneShot::Lost)),
        (JUDGED_APPLIED, |_, world| judging(world) && lost(world, 1)),
        (JUDGED_VOID, |_, world| writes(world).any(|(id, _)| world.book.judged_void(id))),
        (THIRD_GENERATION, |_, world| world.is_quiet() && world.client.generation == 2),
    ];
    let known: Vec<_> = table.iter().map(|(name, _)| *name).collect();
    assert!(scope.reaches.iter().all(|name| known.contains(name)), "an unknown situation");
    table
        .into_iter()
        .filter(|(name, _)| scope.reaches.contains(name))
        .map(|(name, condition)| Property::sometimes(name, condition))
        .collect()
}

/// Whether a write ended in *no reply* and was applied that many times.
fn lost(world: &World, times: usize) -> bool {
    writes(world).any(|(id, request)| {
        request.kind == Kind::Write
            && request.fate == Some(Fate::NoReply)
            && times_applied(world, id) == times
    })
}

/// Whether the last request is a read behind a fence, both answered.
fn judging(world: &World) -> bool {
    let answered: Vec<_> = world
        .client
        .requests
        .iter()
        .filter(|request| request.fate == Some(Fate::Ok))
        .map(|request| request.kind)
        .collect();
    answered.ends_with(&[Kind::Fence, Kind::Read])
}

fn next_down(world: &World) -> Option<&Down> {
    world.link.as_ref().and_then(|link| link.down.first())
}
