//! What the words in the async signatures mean in the blocking ones.

#![allow(unused_imports, reason = "which names the signatures use is theirs to say")]

pub(super) use std::time::{Duration, Instant};

pub(super) use bytes::Bytes;
#[cfg(feature = "admin-http")]
pub(super) use serde_json::{Map, Value};
pub(super) use zookit_client::admin::{
    Access, AdminError, Alive, AskOptions, Configuration, Connections, Directories, Dump,
    Environment, FourLetterAnswer, FourLetterWord, FullStats, Metrics, ServerStats, WatchSummary,
    WatchesByPath, WatchesBySession,
};
pub(super) use zookit_client::blocking::admin;
#[cfg(feature = "admin-http")]
pub(super) use zookit_client::blocking::admin::http::AdminServer;
pub(super) use zookit_client::blocking::{
    Batch, Client, OneShotWatch, PersistentWatch, Reserved, States as StateStream,
};
pub(super) use zookit_client::{
    Acl, AddWatchMode, ChildList, Children, ConnectError, ConnectOptions, ConnectString,
    ConnectStringError, CreateMode, CreateOptions, Created, Data, Deadline, DeleteRecursiveError,
    Diagnosis, Endpoint, EnsembleConfig, Error, Generation, Id, Identity, MultiOutcome, MultiRead,
    MultiReadOutcome, NodeAcl, NodeData, Owned, Reconfig, SessionId, Stat, State, Stats,
    Transaction, Version, Zxid,
};

/// What is awaited there is waited for here.
pub(super) type Answer<T> = Result<T, Error>;

/// As `Answer`.
pub(super) type GuaranteedDelete = Result<(), Error>;
