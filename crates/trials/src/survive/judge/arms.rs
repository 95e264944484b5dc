//! How requests ended: each of them, and only as was declared.

use std::fmt::Display;

use zookit_client::ErrorCode;
use zookit_client::error::{NoReplyReason, NotSentReason};
use zookit_session::{NoReply, NotSent};

use super::Case;
use crate::survive::declared::Arm;
use crate::survive::traffic::notes::End;

/// Fewer answers than this to reads or writes prove nothing.
const FEWEST: usize = 50;

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let noted = case.noted;
    let writes = noted.writes.iter().map(|write| {
        let name = format!("{:?} of {}", write.deed, write.value);
        (name, write.ended.as_ref().map(|(_, end)| verdict(end, true, case.expected.arms)))
    });
    let reads = noted.reads.iter().enumerate().map(|(number, read)| {
        let name = format!("read {number} of {:?}", read.register);
        (name, read.ended.as_ref().map(|(_, end)| verdict(end, false, case.expected.arms)))
    });
    let fault = |(name, verdict): (String, Option<Result<(), String>>)| match verdict {
        None => Some(format!("{name} never ended")),
        Some(Err(end)) => Some(format!("{name} ended {end}, which was not declared")),
        Some(Ok(())) => None,
    };
    let mut faults: Vec<_> = writes.chain(reads).filter_map(fault).collect();
    let answered = |beats: usize, what| {
        (beats < FEWEST).then(|| format!("only {beats} {what} were answered: that proves nothing"))
    };
    faults.extend(answered(noted.write_beats.len(), "writes"));
    faults.extend(answered(noted.read_beats.len(), "reads"));
    faults
}

/// Whether a request may end so.
fn verdict<T>(end: &End<T>, is_write: bool, declared: &[Arm]) -> Result<(), String>
where
    End<T>: Display,
{
    let allowed = match arm(end, is_write) {
        None => matches!(end, End::Answered(_)),
        Some(arm) => declared.contains(&arm),
    };
    if allowed { Ok(()) } else { Err(end.to_string()) }
}

/// The arm that a request ended in; `None` is an answer, or what no scenario can declare.
pub(crate) fn arm<T>(end: &End<T>, is_write: bool) -> Option<Arm> {
    match end {
        End::NoReply(NoReplyReason::Session(NoReply::Lost(_))) if is_write => Some(Arm::WriteLost),
        End::NoReply(NoReplyReason::Session(NoReply::LostEachTime(_))) if !is_write => {
            Some(Arm::ReadLost)
        }
        End::NotSent(NotSentReason::Session(NotSent::BehindLostWrite)) if is_write => {
            Some(Arm::BehindLostWrite)
        }
        End::NotSent(NotSentReason::Session(NotSent::SessionLost)) if is_write => {
            Some(Arm::SessionLost)
        }
        End::Refused(ErrorCode::NotReadOnly) if is_write => Some(Arm::ReadOnly),
        End::Refused(ErrorCode::SessionMoved) if is_write => Some(Arm::SessionMoved),
        _ => None,
    }
}
