//! What the doctor finds: in plain sentences, each with what to do about it.

use serde_json::{Value, json};

use crate::output::escape;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// It works.
    Ok,
    /// Worth knowing, and nothing to mend.
    Note,
    /// It does not work as it should.
    Wrong,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// The step: `name`, `tcp`, `tls`, `words`, `size`, `session`, `chroot`, `clock`; of all servers
    /// `roles`, `zxid`, `releases`, `members`.
    pub(super) step: &'static str,
    pub(super) level: Level,
    pub(super) message: String,
    /// What to do, for what is wrong.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(step: &'static str, message: impl Into<String>) -> Self {
        Self { step, level: Level::Ok, message: message.into(), advice: None }
    }

    pub(super) fn note(step: &'static str, message: impl Into<String>) -> Self {
        Self { step, level: Level::Note, message: message.into(), advice: None }
    }

    pub(super) fn wrong(
        step: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let advice = Some(advice.into());
        Self { step, level: Level::Wrong, message: message.into(), advice }
    }

    /// The same, where it turns out to be of no consequence.
    pub(super) fn into_note(self) -> Self {
        Self { level: Level::Note, advice: None, ..self }
    }

    /// Without the advice, which has a line of its own.
    pub(super) fn line(&self) -> String {
        let Self { step, level, message, .. } = self;
        format!("  {:<5}  {step:<8} {}", level.name(), escape::line(message))
    }

    pub(super) fn json(&self) -> Value {
        let Self { step, level, message, advice } = self;
        json!({ "step": step, "level": level.name(), "message": message, "advice": advice })
    }
}
