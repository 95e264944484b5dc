//! Those who hold something by a claim: what was noted of them, and whether it was theirs.
//!
//! Notes are in the order in which things happened, since all actors are on one thread.

use std::collections::{BTreeMap, BTreeSet};

use zookit_client::{SessionId, Version, Zxid};
use zookit_recipes::{Claim, Error, Participant};
use zookit_server::core::Transaction;

use super::places::{Place, number_of, places};
use super::play::{Actor, Held, Sessions, broken};

/// Who else may hold meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Alone,
    /// With others of this kind.
    Shared,
}

/// Guards are named by their tokens.
#[derive(Debug, Clone)]
pub(super) enum Note {
    Held(Holder),
    Trusted { token: Zxid },
    Ending { token: Zxid },
}

/// One who holds.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub(super) by: Sessions,
    pub(super) path: String,
    pub(super) token: Zxid,
    pub(super) session: SessionId,
    /// What its client knew of just then.
    pub(super) known: Zxid,
    pub(super) access: Access,
}

impl Note {
    pub(super) fn held(actor: &Actor, claim: &Claim, access: Access) -> Self {
        Self::Held(Holder {
            by: actor.sessions.clone(),
            path: claim.path().to_owned(),
            token: claim.token(),
            session: claim.session_id(),
            known: actor.client.zxid(),
            access,
        })
    }
}

/// Somebody deletes a znode of a queue, the first as often as any.
pub(super) async fn tamper(actor: &mut Actor, queue: Result<Vec<Participant>, Error>) {
    let Ok(all) = queue else { return };
    if all.is_empty() {
        return;
    }
    let place = if actor.rng.bool() { 0 } else { actor.rng.usize(0..all.len()) };
    if actor.client.delete(&all[place].path, Version::Any).await.is_ok() {
        actor.count("deleted by somebody");
    }
}

/// One who is trusted is of the session that its client has now.
pub(super) fn of_this_session(actor: &Actor, claim: &Claim) -> Held {
    if claim.client().pinned_to() == Some(actor.client.generation()) {
        return Ok(());
    }
    let (session, next) = (claim.session_id(), actor.client.session_id());
    broken("trust", format!("a guard of session {session} is trusted in session {next}"))
}

/// Who held stood in the queue with nobody before it who was in its way; `alone` says of a znode
/// whether it stands for one who shares with nobody.
pub(super) fn holding_beside(
    notes: &[Note],
    places: &BTreeMap<Zxid, Place>,
    alone: impl Fn(&Place) -> bool,
) -> Held {
    let mut tokens = BTreeSet::new();
    for note in notes {
        let Note::Held(Holder { by, path, token, session, known, access }) = note else { continue };
        if !by.has(*session) {
            return broken("token", format!("{path} was held by {session}, a session of nobody's"));
        }
        let Some(own) = places.get(token) else {
            return broken("token", format!("{token} of {path} created no znode of the queue"));
        };
        if own.path != *path || own.session != *session {
            let what =
                format!("{token} created {} of {}, not {path} of {session}", own.path, own.session);
            return broken("token", what);
        }
        if !tokens.insert(*token) {
            return broken("token", format!("{path} was held by two guards"));
        }
        let moment = own.deleted.unwrap_or(Zxid(i64::MAX)).min(Zxid(known.0 + 1));
        let mut there = places.values().filter(|place| {
            let before = number_of(&place.path) < number_of(path) && place.created < moment;
            let in_the_way = *access == Access::Alone || alone(place);
            before && in_the_way && place.deleted.is_none_or(|deleted| deleted >= moment)
        });
        if let Some(other) = there.next() {
            let what = format!(
                "{path} was held when its client knew of {known}; {} stood before it, from {} to \
                 {:?}, and it went at {:?}",
                other.path, other.created, other.deleted, own.deleted
            );
            return broken("holding", what);
        }
    }
    Ok(())
}

/// As [`holding_beside`], where nobody shares.
pub(super) fn holding(notes: &[Note], places: &BTreeMap<Zxid, Place>) -> Held {
    holding_beside(notes, places, |_| true)
}

/// Who holds later has a greater token, and who held before is not trusted from then on, unless they
/// share.
pub(super) fn trust(notes: &[Note]) -> Held {
    let mut greatest = Zxid(0);
    let mut greatest_alone = Zxid(0);
    let mut sharing = BTreeSet::new();
    let mut ended = BTreeSet::new();
    for note in notes {
        match note {
            Note::Held(Holder { token, access, .. }) => {
                greatest = greatest.max(*token);
                match access {
                    Access::Alone => greatest_alone = greatest_alone.max(*token),
                    Access::Shared => drop(sharing.insert(*token)),
                }
            }
            Note::Ending { token } => drop(ended.insert(*token)),
            Note::Trusted { token } => {
                let next = if sharing.contains(token) { greatest_alone } else { greatest };
                if *token < next && !ended.contains(token) {
                    return broken(
                        "trust",
                        format!("{token} is trusted when {next} is held already"),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Both, of claims that nobody shares, below a path.
pub(super) fn judge(notes: &[Note], history: &[Transaction], below: &str, trusted: bool) -> Held {
    holding(notes, &places(history, below))?;
    if trusted { trust(notes) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(token: i64, access: Access) -> Note {
        let (by, path) = (Sessions::default(), String::new());
        let (token, session, known) = (Zxid(token), SessionId(1), Zxid(token));
        Note::Held(Holder { by, path, token, session, known, access })
    }

    #[test]
    fn who_shares_is_trusted_beside_others_and_not_beside_one_who_is_alone() {
        let trusted = |token| Note::Trusted { token: Zxid(token) };
        let (shared, alone) = (Access::Shared, Access::Alone);
        let together = [held(1, shared), held(2, shared), trusted(1), trusted(2)];
        assert!(trust(&together).is_ok());
        assert!(trust(&[held(1, shared), held(2, alone), trusted(1)]).is_err());
        assert!(trust(&[held(1, alone), held(2, shared), trusted(1)]).is_err());
        let ended = Note::Ending { token: Zxid(1) };
        assert!(trust(&[held(1, alone), ended, held(2, alone), trusted(1)]).is_ok());
    }
}
