//! A register that counts its versions, and a pair of counters that is one: what operations say of
//! them.

use zookit_proto::{ErrorCode, Stat};

use super::Model;
use crate::chaos::check::Op;
use crate::chaos::history::{Answer, Ask, Function, Told};

/// A register, and two counters that are set together: the versions of both znodes, and what is in
/// them. A register has no second znode, and its version stays 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Of the first znode and the second.
    pub versions: [i32; 2],
    /// What is in it.
    pub data: String,
}

/// What was asked and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It was read.
    Read(Cell),
    /// It was set, if both had these versions, `None` being any; and told to have those then.
    Set {
        /// Demanded of both.
        wanted: [Option<i32>; 2],
        /// What was set.
        data: String,
        /// Whether the second znode is set, too.
        both: bool,
        /// The first's version from then on, if that was told.
        told: Option<i32>,
    },
    /// It was not set, since they did not have these versions.
    Missed {
        /// Demanded of both.
        wanted: [Option<i32>; 2],
    },
}

/// The register as a model. It begins with version 0 and data `0`, as it was made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Register;

impl Model for Register {
    type State = Cell;
    type Action = Action;

    fn first(&self) -> Cell {
        Cell { versions: [0, 0], data: "0".into() }
    }

    fn step(&self, state: &Cell, action: &Action) -> Option<Cell> {
        match action {
            Action::Read(cell) => (cell == state).then(|| state.clone()),
            Action::Set { wanted, data, both, told } => {
                if !meets(state, wanted) {
                    return None;
                }
                let [first, second] = state.versions;
                let versions = [first + 1, second + i32::from(*both)];
                let fits = told.is_none_or(|told| told == versions[0]);
                fits.then(|| Cell { versions, data: data.clone() })
            }
            Action::Missed { wanted } => (!meets(state, wanted)).then(|| state.clone()),
        }
    }
}

fn meets(state: &Cell, wanted: &[Option<i32>; 2]) -> bool {
    let mut pairs = wanted.iter().zip(state.versions);
    pairs.all(|(wanted, version)| wanted.is_none_or(|wanted| wanted == version))
}

/// What an operation says of its key; `None` if it says nothing, or had no effect.
pub(super) fn action(op: &Op<'_>) -> Option<Action> {
    match op.invoke.function {
        Function::Read => read(op.answer()?),
        Function::Cas | Function::Write | Function::Increment => set(op),
        _ => None,
    }
}

fn read(answer: &Answer) -> Option<Action> {
    let cell = match answer {
        Answer::Data(data, stat) => cell(data.as_ref(), stat, 0),
        // Whether both are the same is looked at elsewhere.
        Answer::Many(answers) => match answers.as_slice() {
            [Ok(Answer::Data(data, one)), Ok(Answer::Data(_, other))] => {
                cell(data.as_ref(), one, other.version)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Action::Read(cell))
}

fn cell(data: Option<&String>, stat: &Stat, other: i32) -> Cell {
    Cell { versions: [stat.version, other], data: data.cloned().unwrap_or_default() }
}

fn set(op: &Op<'_>) -> Option<Action> {
    let (wanted, data, both) = match op.ask()? {
        Ask::Set { data, version, .. } => ([*version, None], data, false),
        Ask::Multi(asks) => match asks.as_slice() {
            [Ask::Check { version: other, .. }, Ask::Set { data, version, .. }, _] => {
                ([*version, Some(*other)], data, true)
            }
            _ => return None,
        },
        _ => return None,
    };
    let data = data.clone();
    match op.told() {
        Some(Told::Answered(answer, _)) => {
            let told = Some(version(answer)?);
            Some(Action::Set { wanted, data, both, told })
        }
        Some(Told::Refused(ErrorCode::BadVersion, _)) => Some(Action::Missed { wanted }),
        Some(Told::NoReply) | None => Some(Action::Set { wanted, data, both, told: None }),
        Some(Told::Refused(..) | Told::NotSent) => None,
    }
}

fn version(answer: &Answer) -> Option<i32> {
    match answer {
        Answer::Stat(stat) => Some(stat.version),
        Answer::Many(answers) => match answers.get(1) {
            Some(Ok(Answer::Stat(stat))) => Some(stat.version),
            _ => None,
        },
        _ => None,
    }
}
