//! What can be met on a standalone server of a version that is configured as the ones compared: each
//! operation with each code that its checks can end in, and each kind of event that it can cause.
//!
//! Facts: the checks of `PrepRequestProcessor` and `FinalRequestProcessor` of Apache ZooKeeper, in
//! the order in which they stand there. What needs an ensemble, SASL, or a full disk is not here.

use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, OpCode};

use zookit_server::core::Profile;

use super::cells::{Cell, EXPIRY, named};
use crate::generate::{Options, UNKNOWN};

use ErrorCode as E;
use EventType as V;

const CREATE: &[E] = &[
    E::Ok,
    E::MarshallingError,
    E::BadArguments,
    E::InvalidAcl,
    E::NoNode,
    E::NoAuth,
    E::NodeExists,
    E::NoChildrenForEphemerals,
    E::QuotaExceeded,
];
const READ: &[E] = &[E::Ok, E::MarshallingError, E::NoNode, E::NoAuth];
const CREATED: &[V] = &[V::NodeCreated, V::NodeChildrenChanged];
const DELETED: &[V] = &[V::NodeDeleted, V::NodeChildrenChanged];
const REPLAYED: &[V] =
    &[V::NodeCreated, V::NodeDeleted, V::NodeDataChanged, V::NodeChildrenChanged];
const ALL_EVENTS: &[V] = REPLAYED;

/// An operation, the codes of its reply, and the events that a successful one can cause.
type Row = (OpCode, &'static [E], &'static [V]);

/// Those on which the versions agree.
const OPERATIONS: &[Row] = &[
    (OpCode::Create, CREATE, CREATED),
    (OpCode::Create2, CREATE, CREATED),
    (OpCode::CreateContainer, CREATE, CREATED),
    (OpCode::CreateTtl, CREATE, CREATED),
    (
        OpCode::Delete,
        &[
            E::Ok,
            E::MarshallingError,
            E::BadArguments,
            E::NoNode,
            E::NoAuth,
            E::BadVersion,
            E::NotEmpty,
        ],
        DELETED,
    ),
    (
        OpCode::SetData,
        &[
            E::Ok,
            E::MarshallingError,
            E::BadArguments,
            E::NoNode,
            E::NoAuth,
            E::BadVersion,
            E::QuotaExceeded,
        ],
        &[V::NodeDataChanged],
    ),
    (
        OpCode::SetAcl,
        &[
            E::Ok,
            E::MarshallingError,
            E::BadArguments,
            E::InvalidAcl,
            E::NoNode,
            E::NoAuth,
            E::BadVersion,
        ],
        &[],
    ),
    (OpCode::GetData, READ, &[]),
    (OpCode::GetChildren, READ, &[]),
    (OpCode::GetChildren2, READ, &[]),
    (OpCode::GetAcl, READ, &[]),
    (OpCode::GetAllChildrenNumber, READ, &[]),
    (OpCode::GetEphemerals, &[E::Ok, E::MarshallingError], &[]),
    (OpCode::WhoAmI, &[E::Ok], &[]),
    (OpCode::Sync, &[E::Ok, E::MarshallingError], &[]),
    (OpCode::Ping, &[E::Ok], &[]),
    (OpCode::Multi, &[E::Ok, E::MarshallingError], ALL_EVENTS),
    (OpCode::MultiRead, &[E::Ok, E::MarshallingError], &[]),
    (OpCode::AddWatch, &[E::Ok, E::MarshallingError], &[]),
    (OpCode::RemoveWatches, &[E::Ok, E::MarshallingError, E::NoWatcher], &[]),
    (OpCode::CheckWatches, &[E::Ok, E::MarshallingError, E::NoWatcher], &[]),
    (OpCode::SetWatches, &[E::Ok, E::MarshallingError], REPLAYED),
    (OpCode::SetWatches2, &[E::Ok, E::MarshallingError], REPLAYED),
    (OpCode::Auth, &[E::Ok, E::AuthFailed], &[]),
    (OpCode::Sasl, &[E::Ok], &[]),
    (OpCode::Reconfig, &[E::ReconfigDisabled, E::MarshallingError], &[]),
    (OpCode::CloseSession, &[E::Ok], DELETED),
];

/// Those that are another thing on each.
fn of_version(profile: Profile, options: Options) -> Vec<Row> {
    let exists: &[E] = match profile {
        // Who may not read was told all the same.
        Profile::V3_8_0 => &[E::Ok, E::MarshallingError, E::BadArguments, E::NoNode],
        _ => &[E::Ok, E::MarshallingError, E::BadArguments, E::NoNode, E::NoAuth],
    };
    // That of one that holds is the code that nobody has ever seen.
    let check: &[E] = match profile {
        Profile::V3_8_0 => {
            &[E::MarshallingError, E::BadArguments, E::NoNode, E::NoAuth, E::BadVersion]
        }
        _ => &[E::Unimplemented],
    };
    let mut rows = vec![(OpCode::Exists, exists, &[][..]), (OpCode::Check, check, &[])];
    match profile {
        _ if !options.delete_container => {}
        Profile::V3_9_5 => rows.push((
            OpCode::DeleteContainer,
            &[E::Ok, E::MarshallingError, E::BadArguments, E::NoNode, E::BadVersion, E::NotEmpty],
            DELETED,
        )),
        // Its path was never one.
        _ => rows.push((OpCode::DeleteContainer, &[E::BadArguments], &[])),
    }
    rows.extend(UNKNOWN.map(|number| (OpCode::from_number(number), UNIMPLEMENTED, &[][..])));
    rows
}

const UNIMPLEMENTED: &[E] = &[E::Unimplemented];

const IN_MULTI: &[E] = &[
    E::BadArguments,
    E::InvalidAcl,
    E::NoNode,
    E::NoAuth,
    E::NodeExists,
    E::NoChildrenForEphemerals,
    E::QuotaExceeded,
];

/// Within a multi: besides Ok and RuntimeInconsistency, which all can have.
const MULTI: &[(OpCode, &[E])] = &[
    (OpCode::Create, IN_MULTI),
    (OpCode::Create2, IN_MULTI),
    (OpCode::CreateContainer, IN_MULTI),
    (OpCode::CreateTtl, IN_MULTI),
    (OpCode::Delete, &[E::BadArguments, E::NoNode, E::NoAuth, E::BadVersion, E::NotEmpty]),
    (OpCode::SetData, &[E::BadArguments, E::NoNode, E::NoAuth, E::BadVersion, E::QuotaExceeded]),
    (OpCode::Check, &[E::BadArguments, E::NoNode, E::NoAuth, E::BadVersion]),
];

const MULTI_READ: &[OpCode] = &[OpCode::GetData, OpCode::GetChildren];

/// Every cell that can be reached on a version, by what is asked for.
#[must_use]
pub fn reachable(profile: Profile, options: Options) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |operation: String, code, event| cells.push(Cell { operation, code, event });
    for (opcode, codes, events) in OPERATIONS.iter().chain(&of_version(profile, options)) {
        codes.iter().for_each(|code| add(named(*opcode), *code, None));
        events.iter().for_each(|event| add(named(*opcode), E::Ok, Some(*event)));
    }
    add(EXPIRY.to_owned(), E::Ok, None);
    DELETED.iter().for_each(|event| add(EXPIRY.to_owned(), E::Ok, Some(*event)));
    for (opcode, codes) in MULTI {
        let operation = format!("{}:{opcode}", OpCode::Multi);
        for code in [E::Ok, E::RuntimeInconsistency].iter().chain(*codes) {
            add(operation.clone(), *code, None);
        }
    }
    for opcode in MULTI_READ {
        for code in [E::Ok, E::NoNode, E::NoAuth] {
            add(format!("{}:{opcode}", OpCode::MultiRead), code, None);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_cell_is_named_twice() {
        for profile in Profile::ALL {
            let cells = reachable(profile, Options::default());
            assert_eq!(cells.iter().collect::<BTreeSet<_>>().len(), cells.len());
        }
    }

    #[test]
    fn the_versions_differ_in_what_can_be_reached() {
        let has = |profile, operation: &str, code| {
            let cells = reachable(profile, Options::default());
            cells.iter().any(|cell| cell.operation == operation && cell.code == code)
        };
        assert!(!has(Profile::V3_8_0, "exists", E::NoAuth));
        assert!(has(Profile::V3_8_6, "exists", E::NoAuth));
        assert!(has(Profile::V3_8_0, "check", E::BadVersion));
        assert!(!has(Profile::V3_8_6, "deleteContainer", E::Ok));
        assert!(has(Profile::V3_9_5, "deleteContainer", E::Ok));
        let options = Options { delete_container: false, ..Options::default() };
        let cells = reachable(Profile::V3_9_5, options);
        assert!(cells.iter().all(|cell| cell.operation != "deleteContainer"));
    }
}
