//! The command line of `zk ensemble`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zookit_ensemble::Wanted;

#[derive(Debug, Subcommand)]
pub(crate) enum Ensemble {
    /// Start real servers of Apache ZooKeeper as an ensemble, until ^C or SIGTERM
    Start(Start),
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// How many members vote; one is a standalone server
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = members(1))]
    pub(crate) size: u8,

    /// How many members follow without a vote
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = members(0))]
    pub(crate) observers: u8,

    /// The release, such as 3.8.6, or 3.8 for the newest known of that line [default: the newest]
    #[arg(long, value_name = "VERSION", value_parser = wanted)]
    pub(crate) version: Option<Wanted>,

    /// Where the data is kept, to go on with when it is named again [default: it goes in the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// More than these would be for another machine than the one that somebody sits at.
const MOST: i64 = 20;

fn members(least: i64) -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(least..=MOST)
}

fn wanted(text: &str) -> Result<Wanted, String> {
    Wanted::from_argument(Some(text)).map_err(|error| error.to_string())
}
