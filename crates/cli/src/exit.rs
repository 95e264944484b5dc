//! The exit codes of `zk`, for whoever calls it from a script or a program.
//!
//! They are part of the interface: a number keeps its meaning. The same table stands at the end of
//! `zk --help` and in `docs/ZK.md`. `lock` and `elect` end with the code of the command that they ran.

/// It was done; of `exists`: the znode exists.
///
/// Also when the reader of the output went away early, as in `zk ls / | head -1`.
pub const OK: u8 = 0;

/// The answer is no: the znode asked for with `exists` does not exist, that of `who` is not
/// ephemeral, a lock was not free within its `--wait`, or `doctor` found something wrong.
pub const NEGATIVE: u8 = 1;

/// Wrong usage: an option, a path, a version, a time to live or a size that cannot be right. Nothing
/// was sent, or the server refused it as invalid (`BadArguments`).
///
/// Also what fails on this side alone: a file that cannot be read, an output that cannot be written.
pub const USAGE: u8 = 2;

/// The znode, or the parent it needs, does not exist (`NoNode`).
pub const NO_NODE: u8 = 3;

/// Something is in the way: the znode exists already (`NodeExists`), has children (`NotEmpty`), or
/// its parent is ephemeral (`NoChildrenForEphemerals`).
pub const IN_THE_WAY: u8 = 4;

/// The version expected is not the current one (`BadVersion`).
pub const BAD_VERSION: u8 = 5;

/// Not allowed (`NoAuth`), or the credentials are not accepted (`AuthFailed`).
pub const NO_AUTH: u8 = 6;

/// No server could be reached, the connection was lost, or no answer came in time. Of a write the
/// outcome may be unknown; the message says so.
pub const CONNECTION: u8 = 7;

/// The session expired or moved to another server; of `lock`, that the lock was lost, or is in doubt,
/// and the command was ended.
pub const SESSION: u8 = 8;

/// Done in part: some of many were done, or shown, and some were not.
pub const PARTIAL: u8 = 9;

/// The server would not: it is read-only, a quota is exceeded, it is throttling, or it does not
/// support the operation; of a four-letter word or a command of the AdminServer, that it is not
/// allowed or not known there.
pub const UNAVAILABLE: u8 = 10;

/// Interrupted by Ctrl-C; while an ephemeral is held, also by SIGTERM.
pub const INTERRUPTED: u8 = 130;

/// Each code with its meaning in one line: what `zk --help` prints.
pub const TABLE: &[(u8, &str)] = &[
    (OK, "done"),
    (NEGATIVE, "the answer is no (exists, who, lock --wait), or something is wrong (doctor)"),
    (USAGE, "wrong usage, or a local file or output that fails"),
    (NO_NODE, "the znode or its parent does not exist (NoNode)"),
    (IN_THE_WAY, "something is in the way (NodeExists, NotEmpty, NoChildrenForEphemerals)"),
    (BAD_VERSION, "the version is not the current one (BadVersion)"),
    (NO_AUTH, "not allowed, or credentials not accepted (NoAuth, AuthFailed)"),
    (CONNECTION, "no connection, connection lost, or no answer in time"),
    (SESSION, "the session expired or moved (SessionExpired, SessionMoved)"),
    (PARTIAL, "done in part"),
    (UNAVAILABLE, "the server would not: read-only, quota, throttled, not supported"),
    (INTERRUPTED, "interrupted"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_listed_twice_and_they_rise() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(TABLE.len(), 12);
    }
}
