//! What an operation means to its workload: the `value` that other checkers look at.
//!
//! It follows from the requests and what was told of them, so it is written and never read.

use serde_json::{Value, json};
use zookit_proto::path::parse_sequence;

use super::super::ask::{Answer, Ask, Told};
use super::super::line::{Asked, Complete, Function, Invoke};

/// What is asked for.
pub(super) fn of_invoke(invoke: &Invoke) -> Value {
    value(invoke.function, &invoke.calls, None)
}

/// What came of it; as far as nothing did, what was asked for.
pub(super) fn of_complete(invoke: &Invoke, complete: &Complete) -> Value {
    let answer = complete.ends.iter().filter_map(|(_, told)| Told::answer(told)).next_back();
    value(invoke.function, &invoke.calls, answer)
}

fn value(function: Function, calls: &[Asked], answer: Option<&Answer>) -> Value {
    let Some(ask) = calls.last().map(|asked| &asked.ask) else { return Value::Null };
    match function {
        Function::Read | Function::Peek => answer.map_or(Value::Null, shown),
        Function::Cas | Function::Write => match ask {
            Ask::Set { data, version: Some(version), .. } => json!([version, data]),
            Ask::Set { data, .. } => json!(data),
            _ => Value::Null,
        },
        Function::Increment => counted(ask),
        Function::Generate => answer.map_or(Value::Null, generated),
        Function::Add | Function::Enqueue => match ask {
            Ask::Create { path, data, .. } => json!(if data.is_empty() { path } else { data }),
            _ => Value::Null,
        },
        Function::Dequeue | Function::Create | Function::Delete | Function::Watch => {
            json!(ask.path())
        }
        Function::Close => Value::Null,
    }
}

/// Of two counters: the version that the first must have, and what both are then.
fn counted(ask: &Ask) -> Value {
    let Ask::Multi(asks) = ask else { return Value::Null };
    let version = asks.iter().find_map(|ask| match ask {
        Ask::Set { version, .. } => *version,
        _ => None,
    });
    let data = asks.iter().find_map(|ask| match ask {
        Ask::Set { data, .. } => data.parse::<u64>().ok(),
        _ => None,
    });
    json!([version, data])
}

fn generated(answer: &Answer) -> Value {
    match answer {
        Answer::Stat(stat) => json!(stat.version),
        Answer::Created(path, _) => {
            let number = path.len().checked_sub(10).and_then(|at| path.get(at..));
            json!(number.and_then(parse_sequence))
        }
        _ => Value::Null,
    }
}

/// What a read shows.
fn shown(answer: &Answer) -> Value {
    match answer {
        Answer::Data(data, stat) => json!([stat.version, data]),
        Answer::Children(names, _) => json!(names),
        Answer::Many(answers) => {
            json!(
                answers
                    .iter()
                    .map(|one| one.as_ref().map_or(Value::Null, shown))
                    .collect::<Vec<_>>()
            )
        }
        Answer::Stat(stat) => json!(stat.version),
        Answer::Done | Answer::Created(..) => Value::Null,
    }
}
