//! The fate check: what callers were told of their writes, held against what was committed.
//!
//! Writes that look the same in the history are one group. Of each group, at least as many were
//! committed as callers were told of, and at most as many more as may have been applied: so what
//! was refused, or never sent, is in no history, and nothing was done twice.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use zookit_client::{Data, Error};
use zookit_server::core::{Change, Transaction};

/// A write, as it looks in the history.
///
/// The more a program's writes differ in their data, the more the check sees: give each its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Write(Kind);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Create { path: String, data: Option<Bytes> },
    CreateBelow { parent: String, data: Option<Bytes> },
    SetData { path: String, data: Option<Bytes> },
    Delete { path: String },
}

impl Write {
    /// A create of just this path, with this data.
    pub fn create(path: impl Into<String>, data: impl Into<Data>) -> Self {
        Self(Kind::Create { path: path.into(), data: bytes(data) })
    }

    /// A create of any child of this znode, with this data: sequential and protected ones, whose
    /// names the server and the client make.
    pub fn create_below(parent: impl Into<String>, data: impl Into<Data>) -> Self {
        Self(Kind::CreateBelow { parent: parent.into(), data: bytes(data) })
    }

    /// A setData of this path, with this data.
    pub fn set_data(path: impl Into<String>, data: impl Into<Data>) -> Self {
        Self(Kind::SetData { path: path.into(), data: bytes(data) })
    }

    /// A delete of this path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self(Kind::Delete { path: path.into() })
    }
}

fn bytes(data: impl Into<Data>) -> Option<Bytes> {
    data.into().as_bytes().cloned()
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |data: &Option<Bytes>| match data {
            Some(data) => String::from_utf8_lossy(data).into_owned(),
            None => "null".to_owned(),
        };
        match &self.0 {
            Kind::Create { path, data } => write!(f, "create of {path} with {:?}", text(data)),
            Kind::CreateBelow { parent, data } => {
                write!(f, "create below {parent} with {:?}", text(data))
            }
            Kind::SetData { path, data } => write!(f, "setData of {path} to {:?}", text(data)),
            Kind::Delete { path } => write!(f, "delete of {path}"),
        }
    }
}

/// How many of a group ended how.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    /// With a value.
    ok: usize,
    /// Nobody knows.
    unknown: usize,
}

/// The writes of a program, and what it was told of them. Clones are the same notes.
///
/// ```
/// use zookit_client::CreateMode;
/// use zookit_sim::whole::{self, Fates, SimulatedEnsemble, Write};
///
/// whole::run(async {
///     let ensemble = SimulatedEnsemble::start(3, 7);
///     let client = ensemble.connect().await?;
///     let fates = Fates::new();
///
///     ensemble.lose_next_reply("/job");
///     let noted = fates.begin(Write::create("/job", "17"));
///     let result = client.create("/job", "17", CreateMode::Persistent).await;
///     noted.end(&result);
///
///     assert!(result.is_err_and(|error| error.may_have_applied()));
///     fates.check(&ensemble.history())?;
///     # Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fates {
    groups: Arc<Mutex<BTreeMap<Write, Ends>>>,
}

impl Fates {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A write is about to be submitted. If what is answered is dropped, as it is with a future
    /// that loses in a `select!`, nobody knows what became of it.
    pub fn begin(&self, write: Write) -> Noted {
        Noted { fates: self.clone(), write: Some(write) }
    }

    /// A write has ended so.
    pub fn note<T>(&self, write: Write, result: &Result<T, Error>) {
        self.begin(write).end(result);
    }

    /// How many writes there are whose callers know that they were applied, and how many of which
    /// nobody knows.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.values().fold((0, 0), |sum, ends| (sum.0 + ends.ok, sum.1 + ends.unknown))
    }

    fn count(&self, write: Write, add: impl FnOnce(&mut Ends)) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        add(groups.entry(write).or_default());
    }

    /// Holds the notes against a history. Only writes of groups that were noted are looked at.
    ///
    /// Ask for the history when nothing is under way any more: a write that ended *no reply* may be
    /// applied later, which is no violation.
    ///
    /// # Errors
    /// A group of which fewer were committed than callers were told of, or more than can be.
    pub fn check(&self, history: &[Transaction]) -> Result<(), FateError> {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let mut applied: BTreeMap<&Write, usize> = BTreeMap::new();
        for transaction in history {
            each(&transaction.change, &mut |write| {
                if let Some((group, _)) = groups.get_key_value(&write) {
                    *applied.entry(group).or_default() += 1;
                }
            });
        }
        for (write, ends) in groups.iter() {
            let applied = applied.get(write).copied().unwrap_or(0);
            if applied < ends.ok || applied > ends.ok + ends.unknown {
                let Ends { ok, unknown } = *ends;
                return Err(FateError { write: write.clone(), ok, unknown, applied });
            }
        }
        Ok(())
    }
}

/// All writes that a change may be the trace of.
fn each(change: &Change, found: &mut impl FnMut(Write)) {
    match change {
        Change::Create { path, data, .. } => {
            let path = path.to_string();
            let parent = match path.rsplit_once('/') {
                Some(("", _)) | None => "/".to_owned(),
                Some((parent, _)) => parent.to_owned(),
            };
            found(Write(Kind::CreateBelow { parent, data: data.clone() }));
            found(Write(Kind::Create { path, data: data.clone() }));
        }
        Change::SetData { path, data, .. } => {
            found(Write(Kind::SetData { path: path.to_string(), data: data.clone() }));
        }
        Change::Delete { path } => found(Write(Kind::Delete { path: path.to_string() })),
        Change::Multi(changes) => changes.iter().for_each(|change| each(change, found)),
        _ => {}
    }
}

/// A write under way; see [`Fates::begin`].
#[derive(Debug)]
#[must_use = "a write that is noted and not ended may have been applied"]
pub struct Noted {
    fates: Fates,
    write: Option<Write>,
}

impl Noted {
    /// It has ended so.
    pub fn end<T>(mut self, result: &Result<T, Error>) {
        let Some(write) = self.write.take() else { return };
        self.fates.count(write, |ends| match result {
            Ok(_) => ends.ok += 1,
            Err(error) => ends.unknown += usize::from(error.may_have_applied()),
        });
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(write) = self.write.take() {
            self.fates.count(write, |ends| ends.unknown += 1);
        }
    }
}

/// The history is not what callers were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FateError {
    /// Which writes.
    pub write: Write,
    /// So many callers were told that theirs was applied.
    pub ok: usize,
    /// Of so many nobody knows.
    pub unknown: usize,
    /// So many were committed.
    pub applied: usize,
}

impl fmt::Display for FateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { write, ok, unknown, applied } = self;
        write!(
            f,
            "{write}: {ok} callers were told that it was applied, {unknown} do not know, and the \
             history has it {applied} times"
        )
    }
}

impl std::error::Error for FateError {}
