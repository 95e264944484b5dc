//! One history of the logs of all members.
//!
//! Within an epoch the leader numbers its transactions without holes, and two leaders share no
//! epoch: so an entry of one zxid is the same wherever it is found. What is left to find out is
//! where each epoch ended, for a leader may have logged more than a quorum ever saw. The next leader
//! decided that: its epoch begins behind the last transaction that it knew of. So, backwards from
//! the end: whoever logged the first transaction of an epoch had been brought up to date with its
//! leader before, and what that member had last then is the end of the epoch before.
//!
//! A member that was brought up to date by a snapshot, or while its log was cut back, lacks entries
//! that others have; and its log keeps what the snapshot made void, which is why a log alone is no
//! history. What a snapshot had is known by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zookit_proto::{SessionId, Text, Zxid};
use zookit_server::core::{Change, Owner, Transaction};

use super::member::MemberLog;
use super::record::Entry;

/// What all members agreed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed {
    /// In the order of their zxids.
    pub transactions: Vec<Transaction>,
    /// What is worth a line in a report: entries that were never agreed on, members that lack some.
    pub remarks: Vec<String>,
    /// Entries that some member logged and that never took effect.
    pub void: usize,
}

/// Why there is no such history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// Two members have different transactions under one zxid.
    Differ {
        /// Which.
        zxid: Zxid,
        /// The members, counted from 0.
        members: (usize, usize),
    },
    /// No member has a transaction that must have been.
    Missing {
        /// Which.
        zxid: Zxid,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differ { zxid, members: (one, other) } => {
                write!(f, "members {one} and {other} have different transactions under {zxid}")
            }
            Self::Missing { zxid } => write!(f, "no member has {zxid} in its log"),
        }
    }
}

impl std::error::Error for Disagreement {}

/// Makes one history of the logs of all members of an ensemble, which must be at rest and up to
/// date: the last transaction of any of them counts as agreed on if a majority has it.
///
/// # Errors
/// There is no such history. Members that differ are a broken promise of the servers.
pub fn agree(members: &[MemberLog]) -> Result<Agreed, Disagreement> {
    let all = union(members)?;
    let mut remarks = Vec::new();
    let mut ends = Vec::new();
    let mut end = last(members);
    while let Some(zxid) = end {
        ends.push(zxid);
        end = end_before(members, zxid.epoch(), &mut remarks);
    }
    let mut transactions = Vec::new();
    for end in ends.into_iter().rev() {
        for counter in 1..=i64::from(end.counter()) {
            let zxid = Zxid(i64::from(end.epoch()) << 32 | counter);
            let entry = all.get(&zxid).ok_or(Disagreement::Missing { zxid })?;
            transactions.push(Entry::clone(entry));
        }
    }
    let void = all.len().saturating_sub(transactions.len());
    if void > 0 {
        remarks.push(format!("{void} entries of some log never took effect"));
    }
    Ok(Agreed { transactions: completed(transactions), remarks, void })
}

/// All entries of all members.
fn union(members: &[MemberLog]) -> Result<BTreeMap<Zxid, &Entry>, Disagreement> {
    let mut all: BTreeMap<Zxid, (usize, &Entry)> = BTreeMap::new();
    for (number, member) in members.iter().enumerate() {
        for (zxid, entry) in &member.entries {
            let (other, known) = *all.entry(*zxid).or_insert((number, entry));
            if known != entry {
                let members = (other, number);
                return Err(Disagreement::Differ { zxid: *zxid, members });
            }
        }
    }
    Ok(all.into_iter().map(|(zxid, (_, entry))| (zxid, entry)).collect())
}

/// The newest transaction that a majority has, logged or in a snapshot.
fn last(members: &[MemberLog]) -> Option<Zxid> {
    let end = Zxid(i64::MAX);
    let mut newest: Vec<_> = members.iter().filter_map(|member| member.before(end)).collect();
    newest.sort_unstable();
    let majority = members.len() / 2 + 1;
    newest.len().checked_sub(majority).and_then(|at| newest.get(at)).copied()
}

/// Where the epoch before this one ended; `None` if there was none.
fn end_before(members: &[MemberLog], epoch: u32, remarks: &mut Vec<String>) -> Option<Zxid> {
    let first = Zxid(i64::from(epoch) << 32 | 1);
    let witnesses = members.iter().filter(|member| member.entries.contains_key(&first));
    let ends: Vec<Option<Zxid>> = witnesses.map(|member| member.before(first)).collect();
    let different: BTreeSet<_> = ends.iter().collect();
    if different.len() > 1 {
        let ends = ends.iter().map(|end| end.map_or_else(|| "nothing".into(), |at| at.to_string()));
        let ends = ends.collect::<Vec<_>>().join(", ");
        remarks.push(format!("before epoch {epoch} members had {ends}"));
    }
    let most = |end: &Option<Zxid>| ends.iter().filter(|other| *other == end).count();
    // Of as many on either side the earlier: a log keeps what is void, and loses nothing that is not.
    ends.iter().copied().max_by_key(|end| (most(end), std::cmp::Reverse(*end))).flatten()
}

/// The transactions, with the ephemeral znodes of sessions where their ends do not list them.
fn completed(entries: Vec<Entry>) -> Vec<Transaction> {
    let mut owners: BTreeMap<Text, SessionId> = BTreeMap::new();
    let mut transactions = Vec::with_capacity(entries.len());
    for Entry { mut transaction, is_complete, .. } in entries {
        if let (Change::CloseSession { ephemerals }, false) = (&mut transaction.change, is_complete)
        {
            let own = owners.iter().filter(|(_, owner)| **owner == transaction.session);
            *ephemerals = own.map(|(path, _)| path.clone()).collect();
        }
        follow(&transaction.change, &mut owners);
        transactions.push(transaction);
    }
    transactions
}

fn follow(change: &Change, owners: &mut BTreeMap<Text, SessionId>) {
    match change {
        Change::Create { path, owner: Owner::Session(owner), .. } => {
            owners.insert(path.clone(), *owner);
        }
        Change::Delete { path } => {
            owners.remove(path);
        }
        Change::CloseSession { ephemerals } => ephemerals.iter().for_each(|path| {
            owners.remove(path);
        }),
        Change::Multi(changes) => changes.iter().for_each(|change| follow(change, owners)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
