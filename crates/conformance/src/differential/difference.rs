//! A script on which two servers differ.

use std::fmt;

use crate::observe::{Item, Seen};
use crate::script::{Step, show, write_step};

/// A script, up to the step on which two servers differ, and what was seen of it.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Differences of one kind probably have one cause.
    pub kind: String,
    /// The last step is the one.
    pub script: Vec<Step>,
    /// On each of the two, step by step.
    pub seen: [Vec<Seen>; 2],
}

impl Difference {
    /// The first difference there is.
    #[must_use]
    pub fn first(script: &[Step], seen: &[Vec<Seen>; 2]) -> Option<Self> {
        let [first, second] = seen;
        let at = first.iter().zip(second).position(|(one, other)| one != other)?;
        let kind = kind(&first[at], &second[at]);
        let (script, seen) =
            (script[..=at].to_vec(), [first[..=at].to_vec(), second[..=at].to_vec()]);
        Some(Self { kind, script, seen })
    }

    /// The script as text, to be carried out again.
    #[must_use]
    pub fn script_text(&self) -> String {
        let mut text = String::new();
        self.script.iter().for_each(|step| write_step(step, &mut text));
        text
    }
}

/// What is particular about two ways to see one step.
fn kind(first: &Seen, second: &Seen) -> String {
    let pairs = first.items.iter().zip(&second.items);
    match pairs.clone().find(|(one, other)| one != other) {
        Some(((_, one), (_, other))) => pair(one, other),
        None => match (first.items.get(pairs.len()), second.items.get(pairs.len())) {
            (Some((_, more)), None) => format!("{} and nothing", name(more)),
            (None, Some((_, more))) => format!("nothing and {}", name(more)),
            _ => String::from("the newest zxid"),
        },
    }
}

fn pair(one: &Item, other: &Item) -> String {
    let (name_one, name_other) = (name(one), name(other));
    if name_one != name_other {
        return format!("{name_one} and {name_other}");
    }
    match (one, other) {
        (Item::Event { zxid: a, .. }, Item::Event { zxid: b, .. }) if a != b => {
            format!("the zxid of the event {name_one}")
        }
        (Item::Reply { zxid: a, .. }, Item::Reply { zxid: b, .. }) if a != b => {
            format!("the zxid of {name_one}")
        }
        (Item::Reply { results: a, .. }, Item::Reply { results: b, .. }) if a != b => {
            let pair = a.iter().zip(b).find(|(a, b)| a != b);
            let codes = pair.map(|(a, b)| format!("{} {} and {}", a.0, a.1, b.1));
            format!("the results of {name_one}: {}", codes.unwrap_or_default())
        }
        _ => format!("what {name_one} says"),
    }
}

fn name(item: &Item) -> String {
    match item {
        Item::Event { kind, .. } => kind.to_string(),
        Item::Reply { opcode, code, .. } => format!("{opcode} {code}"),
        Item::Connected(_) => String::from("connected"),
        other => other.to_string(),
    }
}

/// The script, and under each step what was seen of it; what is not the same, from both.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.kind)?;
        let [first, second] = &self.seen;
        for ((step, one), other) in self.script.iter().zip(first).zip(second) {
            writeln!(f, "  {}", show(step))?;
            if one == other {
                write!(f, "{}", indented("     ", one))?;
            } else {
                write!(f, "{}{}", indented("   A ", one), indented("   B ", other))?;
            }
        }
        Ok(())
    }
}

fn indented(with: &str, seen: &Seen) -> String {
    seen.to_string().lines().map(|line| format!("{with}{line}\n")).collect()
}
