//! Watches, as conversations: which events reach whom, what the server is asked to watch, and what
//! becomes of watches when connections come and go.
//!
//! * this file: events and their watchers;
//! * [`sharing`]: several watchers on one path, one mode on the server's side;
//! * [`removing`]: who goes, and when the server is told;
//! * [`restoring`]: watches over a loss.

mod removing;
mod restoring;
mod sharing;

use zookit_proto::types::EventType::{
    self, NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted,
};
use zookit_proto::{ErrorCode, OpCode, Request, Xid, Zxid};
use zookit_session::WatchKind::{self, Children, Data, Exists, Persistent, PersistentRecursive};
use zookit_session::{NotSent, Outcome, WatchNotice};

use crate::talk::{Heard, Talk, data, event_frame, is_answered, reply_frame};

pub const KINDS: [WatchKind; 5] = [Data, Exists, Children, Persistent, PersistentRecursive];

const EVENTS: [EventType; 4] = [NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged];

impl Talk {
    /// A watcher whose request was sent and answered at this transaction.
    pub fn armed(&mut self, number: u64, kind: WatchKind, path: &str, zxid: i64) {
        let ticket = self.watch(number, kind, path);
        let (xid, _) = self.sends_any();
        self.ok(xid, zxid);
        assert!(is_answered(&self.says_done(ticket), zxid));
    }

    /// The watch flag, or the mode, of the next request sent.
    pub fn sends_watch(&mut self) -> (Xid, i32) {
        match self.sends_any() {
            (xid, Request::GetData(request)) => (xid, i32::from(request.watch)),
            (xid, Request::Exists(request)) => (xid, i32::from(request.watch)),
            (xid, Request::GetChildren2(request)) => (xid, i32::from(request.watch)),
            (xid, Request::AddWatch(request)) => (xid, request.mode.number()),
            (_, other) => panic!("no request with a watch: {other:?}"),
        }
    }

    /// Whom an event reaches, in order.
    fn reached_by(&mut self, event: EventType, path: &str, zxid: i64) -> Vec<u64> {
        self.notify(event, path, zxid);
        let reached = self.heard.drain(..).map(|heard| match heard {
            Heard::Watch(watcher, WatchNotice::Event { .. }) => watcher.0,
            other => panic!("an event was expected, not {other:?}"),
        });
        reached.collect()
    }
}

#[test]
fn each_kind_hears_of_what_it_waits_for_and_of_nothing_else() {
    // NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged of its own path.
    let expected = [
        (Data, [false, true, true, false]),
        (Exists, [true, true, true, false]),
        (Children, [false, true, false, true]),
        (Persistent, [true, true, true, true]),
        (PersistentRecursive, [true, true, true, false]),
    ];
    for (kind, hears) in expected {
        for (event, hears) in EVENTS.into_iter().zip(hears) {
            for zxid in [-1, 9] {
                let mut talk = Talk::connected();
                talk.armed(1, kind, "/a", 3);
                let reached = talk.reached_by(event, "/a", zxid);
                assert_eq!(!reached.is_empty(), hears, "{kind:?} hears of {event:?}");
            }
        }
    }
}

#[test]
fn one_shots_fire_once_and_the_others_go_on() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        talk.armed(1, kind, "/a", 3);
        assert_eq!(talk.reached_by(NodeDeleted, "/a", 9), [1], "{kind:?}");
        let again = talk.reached_by(NodeDeleted, "/a", 10);
        assert_eq!(again.is_empty(), kind.is_one_shot(), "{kind:?}");
        assert_eq!(talk.session.watchers(), usize::from(!kind.is_one_shot()));
        talk.sends_nothing();
    }
}

#[test]
fn exists_is_armed_where_there_is_no_node_and_others_are_not() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        let ticket = talk.watch(1, kind, "/a");
        let (xid, _) = talk.sends_any();
        talk.refuse(xid, 3, ErrorCode::NoNode);
        assert!(matches!(talk.says_done(ticket), Outcome::Refused { .. }));
        assert_eq!(talk.session.watchers(), usize::from(kind == Exists), "{kind:?}");
        let reached = talk.reached_by(NodeCreated, "/a", 9);
        assert_eq!(reached.is_empty(), kind != Exists);
        talk.sends_nothing();
    }
}

#[test]
fn an_error_arms_nothing() {
    for kind in KINDS {
        let mut talk = Talk::connected();
        talk.watch(1, kind, "/a");
        let (xid, _) = talk.sends_any();
        talk.refuse(xid, 3, ErrorCode::NoAuth);
        talk.forget();
        assert_eq!(talk.session.watchers(), 0, "{kind:?}");
        talk.notify(NodeDataChanged, "/a", 9);
        talk.says_nothing();
        talk.sends_nothing();
    }
}

#[test]
fn an_event_before_the_reply_is_not_for_the_watcher_that_the_reply_arms() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    let second = talk.watch(2, Data, "/a");
    let (xid, _) = talk.sends_watch();
    // The server sent the event before it read the second request.
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 9), [1]);
    talk.reply(xid, 9, &data());
    assert!(is_answered(&talk.says_done(second), 9));
    assert_eq!(talk.reached_by(NodeDataChanged, "/a", 10), [2]);
}

#[test]
fn events_and_replies_are_told_in_the_order_of_the_bytes() {
    let mut talk = Talk::connected();
    talk.armed(1, Data, "/a", 3);
    let (read, second) = (talk.get("/a"), talk.watch(2, Data, "/a"));
    let (first_xid, _) = talk.sends_any();
    let (second_xid, _) = talk.sends_any();
    let bytes = [
        event_frame(NodeDataChanged, "/a", 9),
        reply_frame(first_xid, 9, ErrorCode::Ok, b""),
        reply_frame(second_xid, 9, ErrorCode::Ok, b""),
        event_frame(NodeDeleted, "/a", 10),
    ];
    talk.deliver(&bytes.concat());
    talk.says_event(1, NodeDataChanged, "/a");
    assert!(is_answered(&talk.says_done(read), 9));
    assert!(is_answered(&talk.says_done(second), 9));
    talk.says_event(2, NodeDeleted, "/a");
    talk.says_nothing();
}

#[test]
fn recursive_watchers_hear_of_all_below_and_never_of_children_changed() {
    let mut talk = Talk::connected();
    talk.armed(1, PersistentRecursive, "/p", 3);
    talk.armed(2, PersistentRecursive, "/", 3);
    assert_eq!(talk.reached_by(NodeCreated, "/p/q/r", 4), [1, 2]);
    assert_eq!(talk.reached_by(NodeDataChanged, "/p/q", 5), [1, 2]);
    assert_eq!(talk.reached_by(NodeDeleted, "/pq", 6), [2], "a sibling, not a child");
    assert_eq!(talk.reached_by(NodeChildrenChanged, "/p", 7), []);
    assert_eq!(talk.reached_by(NodeChildrenChanged, "/p/q", 7), []);
    assert_eq!(talk.reached_by(NodeDeleted, "/", 8), [2]);
}

#[test]
fn a_child_watch_below_a_recursive_one_is_told_alone() {
    let mut talk = Talk::connected();
    talk.armed(1, PersistentRecursive, "/p", 3);
    talk.armed(2, Children, "/p/q", 3);
    assert_eq!(talk.reached_by(NodeCreated, "/p/q/r", 4), [1]);
    assert_eq!(talk.reached_by(NodeChildrenChanged, "/p/q", 4), [2]);
}

#[test]
fn events_that_servers_do_not_send_reach_nobody() {
    let mut talk = Talk::connected();
    for (number, kind) in (1..).zip(KINDS) {
        talk.armed(number, kind, "/a", 3);
    }
    for number in [-1, 0, 5, 6, 7, 99] {
        assert_eq!(talk.reached_by(EventType::from_number(number), "/a", 9), [], "{number}");
    }
    for path in ["", "a", "//", "/b"] {
        assert_eq!(talk.reached_by(NodeDataChanged, path, 9), [], "{path}");
    }
    assert_eq!(talk.session.watchers(), 5);
}

#[test]
fn the_transaction_of_an_event_is_known_where_the_server_says_it() {
    for (zxid, expected) in [(-1, None), (9, Some(Zxid(9)))] {
        let mut talk = Talk::connected();
        talk.armed(1, Data, "/a", 3);
        talk.notify(NodeDataChanged, "/a", zxid);
        let WatchNotice::Event { zxid, .. } = talk.says_notice(1) else { panic!("no event") };
        assert_eq!(zxid, expected);
    }
}

#[test]
fn a_notification_that_cannot_be_read_ends_the_connection_and_nobodys_request() {
    let mut talk = Talk::connected();
    let read = talk.get("/a");
    talk.sends_op(OpCode::GetData);
    talk.deliver(&reply_frame(Xid::NOTIFICATION, 9, ErrorCode::Ok, &[0, 0]));
    talk.says_state();
    talk.says_nothing();
    talk.session.abandon(read);
    let close = talk.close();
    talk.wait(std::time::Duration::from_secs(5));
    let not_sent = Outcome::NotSent(NotSent::Closed);
    assert!(talk.heard.contains(&Heard::Done(read, not_sent)));
    assert!(talk.heard.iter().any(|heard| matches!(heard, Heard::Done(t, _) if *t == close)));
}
