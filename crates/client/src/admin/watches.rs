//! `wchs`, `wchc` and `wchp`: the watches of a server.
//!
//! Facts: `WatchesSummary`, `WatchesReport` and `WatchesPathReport` of Apache ZooKeeper.

use zookit_proto::SessionId;
use zookit_proto::four_letter::FourLetterWord;

use super::FourLetterAnswer;
use super::fields::{number, session};

/// The answer to `wchs`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WatchSummary {
    /// Connections that watch anything.
    pub connections: i64,
    /// Paths that are watched.
    pub paths: i64,
    /// Watches in all: one for each connection and path.
    pub watches: i64,
    /// Lines that are none of these.
    pub other: Vec<String>,
}

impl FourLetterAnswer for WatchSummary {
    const WORD: FourLetterWord = FourLetterWord::Wchs;

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let (connections, rest) = lines.next()?.split_once(" connections watching ")?;
        let paths = rest.strip_suffix(" paths")?;
        let watches = lines.next()?.strip_prefix("Total watches:")?;
        Some(Self {
            connections: number(connections)?,
            paths: number(paths)?,
            watches: number(watches)?,
            other: lines.map(str::to_owned).collect(),
        })
    }
}

/// The answer to `wchc`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WatchesBySession {
    /// Each session that watches anything.
    pub sessions: Vec<SessionWatches>,
    /// Lines that belong to none.
    pub other: Vec<String>,
}

/// What a session watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionWatches {
    /// The session.
    pub session: SessionId,
    /// The paths, without regard to any chroot.
    pub paths: Vec<String>,
}

/// The answer to `wchp`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WatchesByPath {
    /// Each path that is watched.
    pub paths: Vec<WatchedPath>,
    /// Lines that belong to none.
    pub other: Vec<String>,
}

/// Who watches a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPath {
    /// The path, without regard to any chroot.
    pub path: String,
    /// The sessions.
    pub sessions: Vec<SessionId>,
}

impl FourLetterAnswer for WatchesBySession {
    const WORD: FourLetterWord = FourLetterWord::Wchc;

    fn parse(text: &str) -> Option<Self> {
        let (groups, other) = groups(text, session, |path| Some(path.to_owned()))?;
        let group = |(session, paths)| SessionWatches { session, paths };
        Some(Self { sessions: groups.into_iter().map(group).collect(), other })
    }
}

impl FourLetterAnswer for WatchesByPath {
    const WORD: FourLetterWord = FourLetterWord::Wchp;

    fn parse(text: &str) -> Option<Self> {
        let path = |text: &str| text.starts_with('/').then(|| text.to_owned());
        let (groups, other) = groups(text, path, session)?;
        let group = |(path, sessions)| WatchedPath { path, sessions };
        Some(Self { paths: groups.into_iter().map(group).collect(), other })
    }
}

/// Heads with what belongs to them, and the lines that belong to none.
pub(super) type Groups<H, M> = (Vec<(H, Vec<M>)>, Vec<String>);

/// Lines with a tab in front belong to the line without one above them. `None` if there is something
/// and no head.
fn groups<H, M>(
    text: &str,
    head: impl Fn(&str) -> Option<H>,
    member: impl Fn(&str) -> Option<M>,
) -> Option<Groups<H, M>> {
    let mut groups: Vec<(H, Vec<M>)> = Vec::new();
    let mut other = Vec::new();
    // Behind a head that is none, members have nobody to belong to.
    let mut lost = true;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let known = match line.strip_prefix('\t') {
            Some(line) => match (member(line), groups.last_mut()) {
                (Some(member), Some((_, members))) if !lost => {
                    members.push(member);
                    true
                }
                _ => false,
            },
            None => {
                let head = head(line);
                lost = head.is_none();
                groups.extend(head.map(|head| (head, Vec::new())));
                !lost
            }
        };
        if !known {
            other.push(line.to_owned());
        }
    }
    (!groups.is_empty() || other.is_empty()).then_some((groups, other))
}
