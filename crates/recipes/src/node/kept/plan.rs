//! Whose the znode is that is there: from what the server shows to what is to be done.

use zookit_client::{SessionId, Stat};
use zookit_proto::mutant::{self, Mutant};

/// What there is at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: it is to be created.
    Nothing,
    /// Ours.
    Ours(Stat),
    /// That of an earlier session of ours: it will go.
    Earlier(SessionId),
    /// Somebody else's, or one of another kind.
    Foreign(SessionId),
}

/// Who we are.
#[derive(Debug, Clone, Copy)]
pub(super) struct We<'a> {
    /// The session of now, if what is kept up is ephemeral. What is not belongs to nobody.
    pub(super) me: SessionId,
    /// Those that were ours.
    pub(super) earlier: &'a [SessionId],
}

pub(super) fn found(stat: Option<&Stat>, we: We<'_>) -> Found {
    let Some(stat) = stat else { return Found::Nothing };
    let owner = stat.ephemeral_owner;
    if is_ours(stat, we.me) {
        Found::Ours(*stat)
    } else if owner != SessionId::NONE && we.earlier.contains(&owner) {
        Found::Earlier(owner)
    } else {
        Found::Foreign(owner)
    }
}

/// Its owner alone says so.
pub(super) fn is_ours(stat: &Stat, me: SessionId) -> bool {
    stat.ephemeral_owner == me || mutant::on(Mutant::RegistrationAdopts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SessionId = SessionId(3);
    const BEFORE: SessionId = SessionId(2);
    const OTHER: SessionId = SessionId(9);

    fn stat(owner: SessionId) -> Stat {
        Stat { ephemeral_owner: owner, ..Stat::default() }
    }

    #[test]
    fn the_owner_tells_whose_it_is() {
        let (none, earlier) = (SessionId::NONE, &[BEFORE, SessionId::NONE][..]);
        let ephemeral = We { me: NOW, earlier };
        let lasting = We { me: none, earlier };
        for (we, owner, expected) in [
            (ephemeral, NOW, Found::Ours(stat(NOW))),
            (ephemeral, BEFORE, Found::Earlier(BEFORE)),
            (ephemeral, OTHER, Found::Foreign(OTHER)),
            (ephemeral, none, Found::Foreign(none)),
            (lasting, none, Found::Ours(stat(none))),
            (lasting, BEFORE, Found::Earlier(BEFORE)),
            (lasting, OTHER, Found::Foreign(OTHER)),
            (lasting, NOW, Found::Foreign(NOW)),
        ] {
            assert_eq!(found(Some(&stat(owner)), we), expected, "{we:?} {owner}");
        }
        assert_eq!(found(None, ephemeral), Found::Nothing);
    }
}
