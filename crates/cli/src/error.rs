//! Why `zk` did not do what it was asked: a message, a hint, an exit code.
//!
//! ```text
//! error: cannot create /app/x: the parent /app does not exist (NoNode)
//! outcome: nothing changed
//! hint: --parents creates it
//! at: 127.0.0.1:2181, session 0x1000011ce6d0000
//! ```
//! `diagnosis.rs` makes one from what the client says.

use std::fmt;
use std::io;

use crate::exit;
use crate::output::escape;

/// The end of a run that did not succeed, or that has nothing more to say.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    report: Option<Box<Report>>,
}

#[derive(Debug, Default)]
struct Report {
    error: String,
    outcome: Option<String>,
    hint: Option<String>,
    at: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: u8, error: impl Into<String>) -> Self {
        Self { code, report: Some(Box::new(Report { error: error.into(), ..Report::default() })) }
    }

    /// Refused before anything was sent.
    pub(crate) fn usage(error: impl Into<String>) -> Self {
        Self::new(exit::USAGE, error)
    }

    /// Ends with this code and says nothing: the answer itself was printed.
    pub(crate) const fn silent(code: u8) -> Self {
        Self { code, report: None }
    }

    /// Standard output failed. That its reader went away is the reader's good right.
    pub(crate) fn output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(exit::OK);
        }
        Self::new(exit::USAGE, format!("cannot write to standard output: {error}"))
    }

    /// What the user can do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(report) = &mut self.report {
            report.hint = Some(hint.into());
        }
        self
    }

    /// What is known of the effect of a write.
    #[must_use]
    pub(crate) fn outcome(mut self, outcome: impl Into<String>) -> Self {
        if let Some(report) = &mut self.report {
            report.outcome = Some(outcome.into());
        }
        self
    }

    /// Which server, which session, which full path.
    #[must_use]
    pub(crate) fn at(mut self, at: impl Into<String>) -> Self {
        if let Some(report) = &mut self.report {
            report.at = Some(at.into());
        }
        self
    }

    pub(crate) const fn code(&self) -> u8 {
        self.code
    }

    /// The report, if there is anything to say.
    pub(crate) fn report(&self) -> Option<String> {
        self.report.as_ref().map(ToString::to_string)
    }
}

/// Escaped here, once: names in it may come from a server.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", escape::line(&self.error))?;
        for (name, text) in [("outcome", &self.outcome), ("hint", &self.hint), ("at", &self.at)] {
            if let Some(text) = text {
                write!(f, "\n{name}: {}", escape::line(text))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_line_for_each_thing_known() {
        let failure = Failure::new(exit::NO_NODE, "cannot create /a\u{1b}/b: no parent (NoNode)")
            .at("h:2181")
            .hint("--parents creates it")
            .outcome("nothing changed");
        assert_eq!(
            failure.report().unwrap(),
            "error: cannot create /a\\u{1b}/b: no parent (NoNode)\noutcome: nothing changed\n\
             hint: --parents creates it\nat: h:2181"
        );
        assert_eq!(failure.code(), 3);
    }

    #[test]
    fn a_silent_end_stays_silent() {
        let failure = Failure::silent(exit::NEGATIVE).hint("nobody reads this");
        assert!(failure.report().is_none());
        assert_eq!(failure.code(), 1);
    }
}
