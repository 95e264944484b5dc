//! The numbers of the protocol, once more and by hand: a table against the table.

use zookit_proto::types::{
    AddWatchMode, CreateMode, ErrorCode, EventType, KeeperState, Perms, WatcherType,
};
use zookit_proto::{Class, OpCode, Xid};

#[test]
fn opcodes_have_zookeepers_names_and_numbers_and_these_classes() {
    use Class::{Close, Connection, Internal, Read, Watch, Write};
    let table = [
        (0, "notification", Internal),
        (1, "create", Write),
        (2, "delete", Write),
        (3, "exists", Read),
        (4, "getData", Read),
        (5, "setData", Write),
        (6, "getACL", Read),
        (7, "setACL", Write),
        (8, "getChildren", Read),
        (9, "sync", Read),
        (11, "ping", Connection),
        (12, "getChildren2", Read),
        (13, "check", Internal),
        (14, "multi", Write),
        (15, "create2", Write),
        (16, "reconfig", Write),
        (17, "checkWatches", Read),
        (18, "removeWatches", Watch),
        (19, "createContainer", Write),
        (20, "deleteContainer", Internal),
        (21, "createTTL", Write),
        (22, "multiRead", Read),
        (100, "auth", Connection),
        (101, "setWatches", Connection),
        (102, "sasl", Connection),
        (103, "getEphemerals", Read),
        (104, "getAllChildrenNumber", Read),
        (105, "setWatches2", Connection),
        (106, "addWatch", Watch),
        (107, "whoAmI", Read),
        (-10, "createSession", Internal),
        (-11, "closeSession", Close),
        (-1, "error", Internal),
    ];
    let ours: Vec<_> =
        OpCode::ALL.iter().map(|op| (op.number(), op.name().unwrap(), op.class())).collect();
    assert_eq!(ours, table);
    assert_eq!(OpCode::Unknown(500).class(), Write);
}

macro_rules! numbers_are {
    ($( $name:ident: $test:ident { $( $variant:ident = $number:literal ),* $(,)? } )*) => {
        $(
            #[test]
            fn $test() {
                let table = [ $( ($name::$variant, $number) ),* ];
                assert_eq!($name::ALL.len(), table.len());
                for (value, number) in table {
                    assert_eq!(value.number(), number, "{value}");
                    assert_eq!($name::from_number(number), value);
                }
                let unknown = $name::from_number(-77);
                assert_eq!((unknown, unknown.number()), ($name::Unknown(-77), -77));
                assert_eq!(unknown.name(), None);
            }
        )*
    };
}

numbers_are! {
    ErrorCode: error_codes_have_zookeepers_numbers {
        Ok = 0, SystemError = -1, RuntimeInconsistency = -2, DataInconsistency = -3,
        ConnectionLoss = -4, MarshallingError = -5, Unimplemented = -6, OperationTimeout = -7,
        BadArguments = -8, InvalidState = -9, UnknownSession = -12, NewConfigNoQuorum = -13,
        ReconfigInProgress = -14, SslConnectionError = -15, ApiError = -100, NoNode = -101,
        NoAuth = -102, BadVersion = -103, NoChildrenForEphemerals = -108, NodeExists = -110,
        NotEmpty = -111, SessionExpired = -112, InvalidCallback = -113, InvalidAcl = -114,
        AuthFailed = -115, Closing = -116, Nothing = -117, SessionMoved = -118,
        NotReadOnly = -119, EphemeralOnLocalSession = -120, NoWatcher = -121,
        RequestTimeout = -122, ReconfigDisabled = -123, SessionClosedRequireSaslAuth = -124,
        QuotaExceeded = -125, ThrottledOp = -127,
    }
    EventType: events_have_zookeepers_numbers {
        None = -1, NodeCreated = 1, NodeDeleted = 2, NodeDataChanged = 3,
        NodeChildrenChanged = 4, DataWatchRemoved = 5, ChildWatchRemoved = 6,
        PersistentWatchRemoved = 7,
    }
    KeeperState: states_have_zookeepers_numbers {
        NotKnown = -1, Disconnected = 0, NoSyncConnected = 1, SyncConnected = 3, AuthFailed = 4,
        ConnectedReadOnly = 5, SaslAuthenticated = 6, Closed = 7, Expired = -112,
    }
    CreateMode: modes_of_creating_have_zookeepers_numbers {
        Persistent = 0, Ephemeral = 1, PersistentSequential = 2, EphemeralSequential = 3,
        Container = 4, PersistentWithTtl = 5, PersistentSequentialWithTtl = 6,
    }
    AddWatchMode: modes_of_watching_have_zookeepers_numbers {
        Persistent = 0, PersistentRecursive = 1,
    }
    WatcherType: types_of_watchers_have_zookeepers_numbers {
        Children = 1, Data = 2, Any = 3, Persistent = 4, PersistentRecursive = 5,
    }
}

#[test]
fn permissions_and_reserved_xids_have_zookeepers_numbers() {
    let perms = [Perms::READ, Perms::WRITE, Perms::CREATE, Perms::DELETE, Perms::ADMIN];
    assert_eq!(perms.map(|perms| perms.0), [1, 2, 4, 8, 16]);
    assert_eq!(perms.into_iter().fold(Perms::NONE, |all, perms| all | perms), Perms::ALL);
    let xids = [Xid::NOTIFICATION, Xid::PING, Xid::AUTH, Xid::SET_WATCHES, Xid::FIRST];
    assert_eq!(xids.map(|xid| xid.0), [-1, -2, -4, -8, 1]);
}

#[test]
fn modes_say_what_follows_from_them() {
    let modes = |is: fn(CreateMode) -> bool| {
        let modes = CreateMode::ALL.iter().filter(|mode| is(**mode));
        modes.map(|mode| mode.number()).collect::<Vec<_>>()
    };
    assert_eq!(modes(CreateMode::is_ephemeral), [1, 3]);
    assert_eq!(modes(CreateMode::is_sequential), [2, 3, 6]);
    assert_eq!(modes(CreateMode::has_ttl), [5, 6]);
}

#[test]
fn a_refusal_is_a_code_with_which_a_server_says_that_nothing_changed() {
    let no_refusals: Vec<_> =
        ErrorCode::ALL.iter().filter(|code| !code.is_refusal()).map(|code| code.number()).collect();
    assert_eq!(no_refusals, [0, -1, -4, -7, -122]);
    assert!(ErrorCode::Unknown(-9999).is_refusal());
}
