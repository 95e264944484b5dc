//! Lines as JSON and back.
//!
//! `ask.rs` has requests and answers, `line.rs` all that can stand in a line, `told.rs` what clients
//! and servers tell of by themselves, `value.rs` what other checkers look at.

mod ask;
mod line;
mod told;
mod value;

use std::fmt;

use serde_json::Value;
use zookit_proto::{SessionId, Zxid};

pub use line::{from_json, to_json};

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine(pub String);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadLine {}

type Read<T> = Result<T, BadLine>;

fn bad<T>(what: impl Into<String>) -> Read<T> {
    Err(BadLine(what.into()))
}

/// A member of an object.
fn member<'a>(object: &'a Value, name: &str) -> Read<&'a Value> {
    object.get(name).ok_or_else(|| BadLine(format!("there is no {name:?}")))
}

fn string<'a>(object: &'a Value, name: &str) -> Read<&'a str> {
    member(object, name)?.as_str().ok_or_else(|| BadLine(format!("{name:?} is no string")))
}

fn owned(object: &Value, name: &str) -> Read<String> {
    string(object, name).map(str::to_owned)
}

fn number(object: &Value, name: &str) -> Read<u64> {
    let number = member(object, name)?.as_u64();
    number.ok_or_else(|| BadLine(format!("{name:?} is no number from 0")))
}

fn count(object: &Value, name: &str) -> Read<usize> {
    usize::try_from(number(object, name)?).map_err(|error| BadLine(error.to_string()))
}

fn int(object: &Value, name: &str) -> Read<i32> {
    let number = member(object, name)?.as_i64().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| BadLine(format!("{name:?} is no number of 32 bits")))
}

fn long(object: &Value, name: &str) -> Read<i64> {
    member(object, name)?.as_i64().ok_or_else(|| BadLine(format!("{name:?} is no number")))
}

fn flag(object: &Value, name: &str) -> Read<bool> {
    match object.get(name) {
        None => Ok(false),
        Some(flag) => flag.as_bool().ok_or_else(|| BadLine(format!("{name:?} is no flag"))),
    }
}

fn list<'a>(object: &'a Value, name: &str) -> Read<&'a Vec<Value>> {
    member(object, name)?.as_array().ok_or_else(|| BadLine(format!("{name:?} is no list")))
}

fn strings(object: &Value, name: &str) -> Read<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let all = list(object, name)?.iter().map(text).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| BadLine(format!("{name:?} has something else than strings")))
}

/// Zxids and ids of sessions are hexadecimal: many readers of JSON do not keep such numbers.
fn hex(number: i64) -> Value {
    Value::from(format!("{number:#x}"))
}

fn hex_number(value: &Value) -> Read<i64> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let number = number.map(|number| i64::from_be_bytes(number.to_be_bytes()));
    number.ok_or_else(|| BadLine(format!("{value} is no hexadecimal number")))
}

fn zxid(object: &Value, name: &str) -> Read<Zxid> {
    hex_number(member(object, name)?).map(Zxid)
}

fn optional_zxid(object: &Value, name: &str) -> Read<Option<Zxid>> {
    object.get(name).map(|value| hex_number(value).map(Zxid)).transpose()
}

fn session(object: &Value, name: &str) -> Read<SessionId> {
    hex_number(member(object, name)?).map(SessionId)
}

#[cfg(test)]
mod tests;
