//! The workloads there are.

use zookit_server::core::Profile;

use super::{Act, Network, Trouble, Workload};
use crate::trace::mixed;
use crate::world::MS;

/// A network of a house: fast, and with few accidents of its own.
const NETWORK: Network = Network {
    latency: (MS / 10, 2 * MS),
    slow: 4,
    split: 24,
    partial: 12,
    dribble: 8,
    narrow: 20,
    behind_event: 4,
    behind_restore: 8,
    abort: 60,
    refused: 10,
    swallowed: 6,
};

const MIXED: Workload = Workload {
    name: "mixed",
    about: "every kind of request over a handful of paths, and every kind of accident of one server",
    members: &[1],
    clients: (1, 4),
    events: 850,
    think: (MS, 60 * MS),
    peace: (20 * MS, 900 * MS),
    acts: &[
        (14, Act::Create),
        (4, Act::CreateSequential),
        (6, Act::CreateEphemeral),
        (8, Act::Delete),
        (14, Act::Set),
        (8, Act::Multi),
        (20, Act::Read),
        (4, Act::Sync),
        (10, Act::Watch),
        (3, Act::DropWatcher),
        (3, Act::Run),
        (2, Act::Burst),
        (3, Act::Abandon),
        (1, Act::Move),
        (1, Act::Close),
    ],
    troubles: &[
        (6, Trouble::Drop),
        (6, Trouble::Break),
        (4, Trouble::Stall),
        (2, Trouble::HalfOpen),
        (1, Trouble::Forget),
        (2, Trouble::Part),
        (2, Trouble::Refuse),
        (14, Trouble::Strike),
        (1, Trouble::Expire),
        (1, Trouble::Kill),
        (1, Trouble::Restart),
        (1, Trouble::Halt),
        (1, Trouble::Elect),
    ],
    timeouts: &[600, 1000, 2000, 4000],
    drift: 40,
    read_only: false,
    profile: Profile::V3_9_5,
    max_buffer: 0xf_ffff,
    network: NETWORK,
};

const WATCHES: Workload = Workload {
    name: "watches",
    about: "all five kinds of watches over few paths, dropped now and then",
    clients: (2, 4),
    acts: &[
        (14, Act::Create),
        (10, Act::Delete),
        (14, Act::Set),
        (4, Act::Multi),
        (2, Act::CreateEphemeral),
        (8, Act::Read),
        (30, Act::Watch),
        (10, Act::DropWatcher),
        (1, Act::Abandon),
        (1, Act::Move),
    ],
    troubles: &[
        (8, Trouble::Drop),
        (8, Trouble::Break),
        (3, Trouble::Stall),
        (2, Trouble::HalfOpen),
        (2, Trouble::Part),
        (6, Trouble::Strike),
        (1, Trouble::Expire),
        (1, Trouble::Restart),
    ],
    network: Network { behind_event: 40, behind_restore: 40, ..NETWORK },
    ..MIXED
};

const OLDER: Workload = Workload {
    name: "older",
    about: "as watches, with servers that have one watch for a path",
    profile: Profile::V3_8_0,
    ..WATCHES
};

const SESSIONS: Workload = Workload {
    name: "sessions",
    about: "expiry, burial, pinned requests, ephemeral znodes over generations, closes",
    clients: (1, 4),
    think: (5 * MS, 200 * MS),
    peace: (50 * MS, 600 * MS),
    acts: &[
        (10, Act::CreateEphemeral),
        (10, Act::CreatePinned),
        (4, Act::Create),
        (4, Act::Delete),
        (4, Act::Set),
        (6, Act::Read),
        (4, Act::Watch),
        (2, Act::Run),
        (3, Act::Close),
    ],
    troubles: &[
        (4, Trouble::Drop),
        (4, Trouble::Break),
        (4, Trouble::Stall),
        (3, Trouble::HalfOpen),
        (3, Trouble::Forget),
        (8, Trouble::Part),
        (6, Trouble::Choke),
        (6, Trouble::Strike),
        (6, Trouble::Expire),
        (5, Trouble::Kill),
        (2, Trouble::Restart),
        (2, Trouble::Halt),
    ],
    // Some are not granted: the bounds are 400 and 4000.
    timeouts: &[100, 400, 600, 20_000, 1000, 1500],
    ..MIXED
};

const PIPELINED: Workload = Workload {
    name: "pipelined",
    about: "deep windows, runs, abandoned calls, deadlines",
    clients: (1, 3),
    think: (5 * MS, 150 * MS),
    acts: &[
        (10, Act::Run),
        (20, Act::Burst),
        (14, Act::Abandon),
        (4, Act::Set),
        (4, Act::Read),
        (1, Act::Sync),
        (2, Act::Watch),
    ],
    ..MIXED
};

const ENSEMBLE: Workload = Workload {
    name: "ensemble",
    about: "three or five members: lag, elections, cuts, moves from one to another",
    members: &[3, 5],
    clients: (2, 4),
    events: 900,
    think: (5 * MS, 150 * MS),
    peace: (30 * MS, 700 * MS),
    acts: &[
        (12, Act::Create),
        (3, Act::CreateSequential),
        (5, Act::CreateEphemeral),
        (6, Act::Delete),
        (12, Act::Set),
        (4, Act::Multi),
        (16, Act::Read),
        (5, Act::Sync),
        (10, Act::Watch),
        (3, Act::DropWatcher),
        (1, Act::Run),
        (1, Act::Burst),
        (4, Act::Move),
        (1, Act::Close),
    ],
    troubles: &[
        (6, Trouble::Drop),
        (4, Trouble::Break),
        (2, Trouble::Stall),
        (1, Trouble::HalfOpen),
        (4, Trouble::Part),
        (1, Trouble::Refuse),
        (4, Trouble::Strike),
        (1, Trouble::Expire),
        (10, Trouble::Lag),
        (4, Trouble::Elect),
        (5, Trouble::Cut),
        (1, Trouble::Restart),
    ],
    timeouts: &[1000, 2000, 4000],
    network: Network { behind_event: 40, ..NETWORK },
    ..MIXED
};

const READONLY: Workload = Workload {
    name: "readonly",
    about: "members without a quorum that serve reads, and clients that take what they get",
    members: &[1, 3],
    clients: (1, 3),
    think: (5 * MS, 200 * MS),
    troubles: &[
        (4, Trouble::Drop),
        (3, Trouble::Break),
        (1, Trouble::Stall),
        (2, Trouble::Part),
        (2, Trouble::Strike),
        (1, Trouble::Expire),
        (10, Trouble::ReadOnly),
        (4, Trouble::Cut),
        (2, Trouble::Elect),
    ],
    acts: &[
        (8, Act::Create),
        (4, Act::CreateEphemeral),
        (4, Act::Delete),
        (8, Act::Set),
        (2, Act::Multi),
        (20, Act::Read),
        (4, Act::Sync),
        (10, Act::Watch),
        (4, Act::DropWatcher),
        (2, Act::Move),
        (4, Act::Close),
    ],
    timeouts: &[600, 1000, 2000],
    read_only: true,
    ..MIXED
};

const RESTORE: Workload = Workload {
    name: "restore",
    about: "so many watches that setting them again takes batches of 128 KiB and more",
    clients: (1, 2),
    events: 350,
    think: (10 * MS, 200 * MS),
    acts: &[
        (6, Act::ManyWatches),
        (4, Act::Watch),
        (4, Act::DropWatcher),
        (4, Act::Create),
        (4, Act::Delete),
        (4, Act::Set),
        (2, Act::Read),
    ],
    troubles: &[(8, Trouble::Drop), (8, Trouble::Break), (2, Trouble::Stall), (1, Trouble::Expire)],
    // A little more than a batch.
    max_buffer: 160 << 10,
    // Hundreds of kilobytes in a narrow pipe would be a run of nothing else.
    network: Network { narrow: 0, behind_event: 20, behind_restore: 40, ..NETWORK },
    ..MIXED
};

/// Every workload.
pub const ALL: &[&Workload] =
    &[&MIXED, &WATCHES, &SESSIONS, &PIPELINED, &ENSEMBLE, &READONLY, &RESTORE, &OLDER];

/// How often a seed that is asked for no workload chooses each.
const WEIGHTS: &[(u32, &Workload)] = &[
    (26, &MIXED),
    (18, &WATCHES),
    (18, &SESSIONS),
    (14, &PIPELINED),
    (14, &ENSEMBLE),
    (8, &READONLY),
    (2, &RESTORE),
    (4, &OLDER),
];

/// The workload with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.name == name).copied()
}

/// The workload that a seed chooses.
#[must_use]
pub fn of_seed(seed: u64) -> &'static Workload {
    let mut rng = fastrand::Rng::with_seed(mixed(1, seed));
    super::weighted(&mut rng, WEIGHTS).unwrap_or(&MIXED)
}
