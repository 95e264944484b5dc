//! How often each kind of step comes, in each flavour of script.

use fastrand::Rng;

/// What a script is mostly about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Plain,
    Access,
    Watches,
    Multi,
    Sessions,
    Hostile,
    Quota,
}

impl Flavour {
    /// Those that are more interesting, twice.
    pub(super) const ALL: [Self; 9] = [
        Self::Plain,
        Self::Access,
        Self::Watches,
        Self::Watches,
        Self::Multi,
        Self::Multi,
        Self::Sessions,
        Self::Hostile,
        Self::Quota,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Create2,
    CreateContainer,
    CreateTtl,
    Delete,
    SetData,
    SetAcl,
    Check,
    Exists,
    GetData,
    GetChildren,
    GetChildren2,
    GetAcl,
    Sync,
    Ping,
    AllChildren,
    Ephemerals,
    WhoAmI,
    Multi,
    MultiRead,
    AddWatch,
    RemoveWatches,
    CheckWatches,
    SetWatches,
    SetWatches2,
    Auth,
    Sasl,
    Reconfig,
    DeleteContainer,
    CloseSession,
    UnknownOperation,
    Broken,
    Drop,
    Handshake,
    Burst,
}

impl Kind {
    /// Whether what comes behind it, sent together with it, has one outcome. Not so where the
    /// server closes, or where it answers out of turn, as it does to authentication. And behind a
    /// setACL a real server checks the old ACL or the new one, as it happens: until it is applied
    /// its prepare step does not see it.
    pub(super) const fn fits_into_a_burst(self) -> bool {
        !matches!(
            self,
            Self::Auth
                | Self::Sasl
                | Self::SetAcl
                | Self::CloseSession
                | Self::UnknownOperation
                | Self::Check
                | Self::Broken
                | Self::Drop
                | Self::Handshake
                | Self::Burst
        )
    }
}

/// In the order of the flavours: plain, access, watches, multi, sessions, hostile, quota.
const WEIGHTS: &[(Kind, [u16; 7])] = &[
    (Kind::Create, [80, 60, 70, 30, 70, 40, 60]),
    (Kind::Create2, [50, 30, 40, 20, 50, 20, 40]),
    (Kind::CreateContainer, [20, 10, 10, 10, 10, 10, 30]),
    (Kind::CreateTtl, [30, 20, 10, 10, 10, 20, 30]),
    (Kind::Delete, [80, 50, 80, 30, 40, 40, 50]),
    (Kind::SetData, [70, 50, 80, 30, 40, 40, 80]),
    (Kind::SetAcl, [20, 100, 20, 5, 5, 20, 5]),
    (Kind::Check, [3, 15, 1, 2, 1, 15, 1]),
    (Kind::Exists, [40, 30, 70, 10, 20, 20, 10]),
    (Kind::GetData, [50, 50, 70, 10, 20, 20, 60]),
    (Kind::GetChildren, [30, 20, 50, 5, 10, 20, 10]),
    (Kind::GetChildren2, [30, 20, 50, 5, 10, 20, 10]),
    (Kind::GetAcl, [15, 70, 5, 5, 5, 20, 5]),
    (Kind::Sync, [10, 5, 5, 5, 5, 10, 3]),
    (Kind::Ping, [4, 4, 4, 4, 4, 10, 4]),
    (Kind::AllChildren, [20, 20, 5, 5, 5, 10, 10]),
    (Kind::Ephemerals, [20, 5, 5, 5, 40, 10, 3]),
    (Kind::WhoAmI, [5, 20, 2, 2, 5, 5, 2]),
    (Kind::Multi, [40, 80, 70, 300, 20, 30, 200]),
    (Kind::MultiRead, [30, 40, 10, 100, 5, 30, 10]),
    (Kind::AddWatch, [15, 15, 90, 20, 15, 20, 5]),
    (Kind::RemoveWatches, [10, 5, 70, 5, 10, 20, 5]),
    (Kind::CheckWatches, [10, 5, 60, 5, 10, 20, 5]),
    (Kind::SetWatches, [5, 5, 40, 5, 20, 20, 5]),
    (Kind::SetWatches2, [5, 5, 50, 5, 30, 20, 5]),
    (Kind::Auth, [8, 60, 8, 8, 10, 20, 3]),
    (Kind::Sasl, [4, 4, 4, 4, 4, 10, 3]),
    (Kind::Reconfig, [5, 5, 2, 2, 2, 10, 2]),
    (Kind::DeleteContainer, [25, 10, 25, 6, 6, 20, 5]),
    (Kind::CloseSession, [10, 5, 15, 8, 60, 10, 5]),
    (Kind::UnknownOperation, [3, 2, 3, 3, 3, 40, 3]),
    (Kind::Broken, [5, 3, 3, 10, 3, 250, 3]),
    (Kind::Drop, [5, 5, 20, 5, 60, 10, 3]),
    (Kind::Handshake, [5, 3, 10, 3, 60, 20, 3]),
    // A real server counts for a quota what is applied, which of requests sent together is left to
    // chance.
    (Kind::Burst, [40, 30, 50, 30, 30, 30, 0]),
];

/// Any kind, each as often as the others.
pub(super) fn any(rng: &mut Rng) -> Kind {
    WEIGHTS[rng.usize(..WEIGHTS.len())].0
}

/// A kind, as often as its weight says.
pub(super) fn pick(flavour: Flavour, rng: &mut Rng) -> Kind {
    let weight = |(_, weights): &(Kind, [u16; 7])| u32::from(weights[flavour as usize]);
    let all: u32 = WEIGHTS.iter().map(weight).sum();
    let mut at = rng.u32(..all);
    for entry in WEIGHTS {
        match at.checked_sub(weight(entry)) {
            Some(rest) => at = rest,
            None => return entry.0,
        }
    }
    Kind::Ping
}
