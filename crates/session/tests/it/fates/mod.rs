//! The table of fates: every cell of it driven on a real session, and compared with a matrix that
//! is written by hand.
//!
//! * this file: the matrix, and what the cells must be;
//! * [`scene`]: brings a session into a cell and sees what becomes of the request.

mod scene;

use zookit_session::fates::{Cause, Fate, Kind, Stage, fate, markdown};
use zookit_session::{Loss, NotSent};

use scene::Place;

/// What becomes of each kind of request, by where it was and what happened.
///
/// `kept`: sent on the next connection, for the first time. `again`: for the second time.
/// `behind`, `closed`, `deadline`, `session`: not sent, for that reason. `no-reply`, `answered`:
/// ended so at once. `replayed`: a part of the next connection. `-`: was answered already.
const MATRIX: &str = "
                 FIN       RST       stall     expiry    close     deadline  unreadable
read     unsent  kept      kept      kept      kept      closed    deadline  kept
read     behind  kept      kept      kept      kept      closed    deadline  kept
read     sent    again     again     again     again     no-reply  no-reply  no-reply
read     late    -         -         -         -         -         -         -
write    unsent  kept      kept      kept      session   closed    deadline  kept
write    behind  behind    behind    behind    (1)       closed    deadline  behind
write    sent    no-reply  no-reply  no-reply  no-reply  no-reply  no-reply  no-reply
write    late    -         -         -         -         -         -         -
add      unsent  kept      kept      kept      kept      closed    deadline  kept
add      behind  kept      kept      kept      kept      closed    deadline  kept
add      sent    again     again     again     again     no-reply  no-reply  no-reply
add      late    -         -         -         -         -         -         -
remove   unsent  answered  answered  answered  answered  answered  deadline  answered
remove   behind  answered  answered  answered  answered  answered  deadline  answered
remove   sent    answered  answered  answered  answered  answered  no-reply  answered
remove   late    -         -         -         -         -         -         -
auth     unsent  replayed  replayed  replayed  replayed  closed    no-reply  replayed
auth     behind  replayed  replayed  replayed  replayed  closed    no-reply  replayed
auth     sent    replayed  replayed  replayed  replayed  no-reply  no-reply  replayed
auth     late    -         -         -         -         -         -         -
close    unsent  kept      kept      kept      answered  no-reply  no-reply  kept
close    behind  kept      kept      kept      answered  no-reply  no-reply  kept
close    sent    again     again     again     answered  no-reply  no-reply  no-reply
close    late    (2)       (2)       (2)       (2)       (2)       (2)       (2)
";

/// Cells that cannot be reached, and why.
const IMPOSSIBLE: [(&str, &str); 2] = [
    ("(1)", "a session ends only after its connection, and that loss has ended the write already"),
    ("(2)", "the bound of closing is its deadline, and with it the handle ends"),
];

fn kind(word: &str) -> Kind {
    match word {
        "read" => Kind::Read,
        "write" => Kind::Write,
        "add" => Kind::AddWatch,
        "remove" => Kind::RemoveWatches,
        "auth" => Kind::Auth,
        "close" => Kind::Close,
        other => panic!("no kind: {other}"),
    }
}

fn stage(word: &str) -> Stage {
    match word {
        "unsent" => Stage::Unsent,
        "behind" => Stage::BehindLostWrite,
        "sent" => Stage::Sent,
        "late" => Stage::AnsweredLate,
        other => panic!("no stage: {other}"),
    }
}

fn cause(word: &str) -> Cause {
    match word {
        "FIN" => Cause::Lost(Loss::Fin),
        "RST" => Cause::Lost(Loss::Reset),
        "stall" => Cause::Lost(Loss::Stall),
        "expiry" => Cause::Expiry,
        "close" => Cause::End,
        "deadline" => Cause::Deadline,
        "unreadable" => Cause::UnreadableReply,
        other => panic!("no cause: {other}"),
    }
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::SentAgain => "again",
        Fate::NotSent(NotSent::BehindLostWrite) => "behind",
        Fate::NotSent(NotSent::Closed) => "closed",
        Fate::NotSent(NotSent::Deadline) => "deadline",
        Fate::NotSent(NotSent::SessionLost) => "session",
        Fate::NoReply => "no-reply",
        Fate::Done => "answered",
        Fate::Replayed => "replayed",
        Fate::Over => "-",
        Fate::NotSent(other) => panic!("no accident ends a request so: {other}"),
    }
}

/// Every cell: what it is about, and the word that stands in it.
fn cells() -> Vec<(Kind, Stage, Cause, &'static str)> {
    let mut lines = MATRIX.lines().filter(|line| !line.is_empty());
    let causes: Vec<_> = lines.next().unwrap().split_whitespace().map(cause).collect();
    let mut cells = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let (kind, stage) = (kind(words.next().unwrap()), stage(words.next().unwrap()));
        let words: Vec<_> = words.collect();
        assert_eq!(words.len(), causes.len(), "{line}");
        cells.extend(causes.iter().zip(words).map(|(cause, word)| (kind, stage, *cause, word)));
    }
    cells
}

fn is_impossible(word: &str) -> bool {
    IMPOSSIBLE.iter().any(|(mark, _)| *mark == word)
}

#[test]
fn the_matrix_has_every_cell_once_and_few_that_cannot_be_reached() {
    let mut seen: Vec<_> = cells().iter().map(|(k, s, c, _)| (*k, *s, *c)).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), Kind::ALL.len() * Stage::ALL.len() * Cause::ALL.len());
    assert_eq!(seen.len(), 168);
    assert_eq!(cells().iter().filter(|(.., word)| is_impossible(word)).count(), 8);
}

#[test]
fn the_sessions_table_is_the_matrix() {
    for (kind, stage, cause, expected) in cells() {
        if !is_impossible(expected) {
            assert_eq!(word(fate(kind, stage, cause)), expected, "{kind:?}, {stage:?}, {cause:?}");
        }
    }
}

#[test]
fn every_cell_is_what_a_session_does() {
    let mut driven = 0;
    let mut wrong = Vec::new();
    for (kind, stage, cause, expected) in cells() {
        if is_impossible(expected) {
            continue;
        }
        let places = Place::all(kind, stage, cause);
        assert!(!places.is_empty(), "{kind:?}, {stage:?}, {cause:?}: nowhere to be");
        for place in places {
            println!("{kind:?}, {stage:?} ({place:?}), {cause:?}");
            let seen = scene::drive(kind, stage, cause, place);
            if seen != expected {
                wrong.push(format!(
                    "{kind:?}, {stage:?} ({place:?}), {cause:?}: {seen}, not {expected}"
                ));
            }
            driven += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(driven >= 160, "only {driven} driven");
}

#[test]
fn the_page_about_fates_is_what_the_table_says() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FATES.md");
    let page = std::fs::read_to_string(page).expect("docs/FATES.md");
    assert!(
        page == markdown(),
        "docs/FATES.md is not what the table says; write it again with\n    \
         cargo run -p zookit-session --example fates > docs/FATES.md"
    );
}
