//! The command lines of `zk lock` and `zk elect`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use zookit::recipes::{ClaimOptions, Naming, Parents};

use crate::args::{ZnodePath, path_argument};
use crate::error::Failure;
use crate::parse;

#[derive(Debug, Args)]
#[command(
    subcommand_negates_reqs = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
pub(crate) struct Lock {
    #[command(subcommand)]
    pub(crate) verb: Option<LockVerb>,

    #[command(flatten)]
    pub(crate) run: Option<Run>,

    /// How long to wait for the lock; 0s is not at all [default: as long as it takes]
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    pub(crate) wait: Option<Duration>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LockVerb {
    /// List who holds a lock or leads an election, and who waits, in order
    Ls {
        #[command(flatten)]
        path: ZnodePath,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Elect {
    #[command(flatten)]
    pub(crate) run: Run,
}

/// A command that runs while something is held.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The path of the lock or election, below the chroot; it need not exist
    #[arg(value_parser = path_argument)]
    pub(crate) path: String,

    /// The command to run, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// Who this is, for those who look [default: nothing]
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) id: String,

    /// Beside which other clients
    #[arg(long, value_enum, default_value = "curator")]
    pub(crate) naming: Beside,

    /// How long the command has to end before it is killed; at most a third of the session timeout
    #[arg(long, value_name = "DURATION", value_parser = parse::timeout, default_value = "2s")]
    pub(crate) kill_after: Duration,
}

/// Whose names the znodes get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Beside {
    /// Apache Curator's
    Curator,
    /// kazoo's
    Kazoo,
    /// go-zookeeper's
    Go,
}

impl Lock {
    /// Refuses what is for a lock that is to be held where one is only looked at.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        if self.verb.is_some() && (self.run.is_some() || self.wait.is_some()) {
            return Err(Failure::usage(
                "lock ls only lists: it runs nothing, and waits for nothing",
            )
            .hint("zk lock ls PATH, or zk lock PATH -- COMMAND"));
        }
        Ok(())
    }
}

impl Run {
    pub(super) fn options(&self) -> ClaimOptions {
        let (naming, parents) = match self.naming {
            Beside::Curator => (Naming::Curator, Parents::Containers),
            // Both make persistent znodes; kazoo makes them once, and fails if they go meanwhile.
            Beside::Kazoo => (Naming::Kazoo, Parents::Persistent),
            Beside::Go => (Naming::Go, Parents::Persistent),
        };
        ClaimOptions { naming, parents, data: self.id.clone().into(), ..ClaimOptions::default() }
    }
}
