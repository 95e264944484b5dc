//! The command line: what can be said, and what is refused before anything is sent.
//!
//! clap checks each argument with the parsers of `parse.rs`; `refuse.rs` checks what arguments mean
//! together.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use zookit::admin::FourLetterWord;
use zookit::admin::http::AdminServer;
use zookit::proto::path;
use zookit_server::core::Profile;

use crate::output::Format;
use crate::tls::TlsArgs;
#[cfg(unix)]
use crate::verbs::ensemble::Ensemble;
use crate::verbs::lock::{Elect, Lock};
use crate::{exit, input, parse};

/// The command for ZooKeeper
#[derive(Debug, Parser)]
#[command(
    name = "zk",
    version,
    max_term_width = 100,
    before_help = EXAMPLES,
    after_help = exit_codes(),
    disable_help_subcommand = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
pub(crate) struct Invocation {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

impl Invocation {
    /// Reads a command line, whose first word is the name of the command.
    pub(crate) fn read(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(words)?;
        let mut invocation =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        let source = matches.value_source("servers");
        invocation.global.servers_are_named = source == Some(ValueSource::CommandLine);
        Ok(invocation)
    }
}

const EXAMPLES: &str = "\
Examples:
  export ZK_SERVERS=zk1:2181,zk2:2181/app
  zk create --parents /config/db '{\"host\":\"db1\"}'
  zk get /config/db | jq .host
  zk watch --recursive /config
  zk create --ephemeral /workers/$HOSTNAME    # there until ^D or ^C
  zk lock /locks/backup -- ./backup.sh        # one at a time";

fn exit_codes() -> String {
    let mut text = String::from("Exit codes:");
    for (code, meaning) in exit::TABLE {
        text.push_str(&format!("\n  {code:>3}  {meaning}"));
    }
    text
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of all verbs")]
pub(crate) struct Global {
    /// The servers to connect to, and a chroot behind the last of them
    #[arg(
        short,
        long = "servers",
        visible_alias = "server",
        env = "ZK_SERVERS",
        global = true,
        value_name = "HOST:PORT,…[/CHROOT]"
    )]
    pub(crate) servers: Option<String>,

    /// How data is printed: as text, or as JSON (a document a line where there are many)
    #[arg(short, long, global = true, value_enum, default_value = "text")]
    pub(crate) output: Format,

    /// How long to wait for a connection, and then for each answer
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = parse::timeout,
        default_value = "10s"
    )]
    pub(crate) timeout: Duration,

    /// How long the session, and so an ephemeral, outlives a connection that is lost
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = parse::timeout,
        default_value = "10s"
    )]
    pub(crate) session_timeout: Duration,

    /// A file of credentials, a line each: digest:user:password [env: ZK_AUTH, its content]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) auth_file: Option<PathBuf>,

    /// The largest request that the servers take, in bytes: their jute.maxbuffer
    #[arg(
        long,
        global = true,
        value_name = "BYTES",
        default_value_t = 0xf_ffff,
        value_parser = clap::value_parser!(u32).range(1024..=0x7fff_ffff),
        hide_short_help = true
    )]
    pub(crate) jute_maxbuffer: u32,

    /// Whether they were named by `--servers`, and not by the environment.
    #[arg(skip)]
    pub(crate) servers_are_named: bool,

    /// A server of the verb's own, in memory and gone with it, in place of --servers
    #[arg(long, global = true)]
    pub(crate) embedded: bool,

    /// The tree that the server of --embedded begins with, as JSON
    // `serve` has an option with the same name and meaning, which takes this one's place there.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) load: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    /// Not to be: caught so that the answer can say why.
    #[arg(long, global = true, hide = true, value_name = "NOT_HERE")]
    pub(crate) auth: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Print the data of a znode, exactly
    Get {
        #[command(flatten)]
        path: ZnodePath,
    },
    /// Set the data of a znode that exists
    Set(Set),
    /// Create a znode and print its path
    Create(Create),
    /// Delete a znode
    #[command(visible_alias = "delete")]
    Rm(Rm),
    /// List the children of a znode
    Ls(Ls),
    /// Print what the server knows about a znode; without PATH, about itself and its clients
    Stat {
        /// The path of the znode, below the chroot; without it, each server is asked `stat`
        #[arg(value_parser = path_argument)]
        path: Option<String>,
    },
    /// Say whether a znode exists: true with exit code 0, false with 1
    Exists {
        #[command(flatten)]
        path: ZnodePath,
    },
    /// Print the events of a znode, a line each, until interrupted
    Watch(Watch),
    /// Run a command while a lock is held; `lock ls` lists who holds it and who waits
    Lock(Lock),
    /// Run a command whenever this one leads an election
    Elect(Elect),
    /// Say which session owns an ephemeral znode, and where its client is
    Who {
        #[command(flatten)]
        path: ZnodePath,
    },
    #[command(flatten)]
    Word(Word),
    /// Ask each AdminServer a command, such as monitor, and print its JSON
    Admin(Admin),
    /// Look at each server step by step: what works, what does not, and what to do
    Doctor,
    /// Run a server for development and tests, in memory, until ^C or SIGTERM
    Serve(Serve),
    /// Run an ensemble of real servers
    #[cfg(unix)]
    #[command(subcommand)]
    Ensemble(Ensemble),
}

/// The four-letter words that only read, but for `stat`, which `zk stat` without PATH asks.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Word {
    /// Ask each server whether its process lives: imok
    Ruok,
    /// Ask each server for its role, its zxid and its numbers
    Srvr,
    /// Ask each server for its metrics
    Mntr,
    /// Ask each server for its connections
    Cons,
    /// Ask each server for its configuration
    Conf,
    /// Ask each server for its sessions and their ephemeral znodes
    Dump,
    /// Ask each server for its environment: release, host, Java, system
    Envi,
    /// Ask each server how many watches it has
    Wchs,
    /// Ask each server for its watches by session; expensive
    Wchc,
    /// Ask each server for its watches by path; expensive
    Wchp,
    /// Ask each server for the sizes of its data and logs
    Dirs,
    /// Ask each server whether it only reads: ro or rw
    Isro,
}

impl Word {
    pub(crate) const fn word(self) -> FourLetterWord {
        match self {
            Self::Ruok => FourLetterWord::Ruok,
            Self::Srvr => FourLetterWord::Srvr,
            Self::Mntr => FourLetterWord::Mntr,
            Self::Cons => FourLetterWord::Cons,
            Self::Conf => FourLetterWord::Conf,
            Self::Dump => FourLetterWord::Dump,
            Self::Envi => FourLetterWord::Envi,
            Self::Wchs => FourLetterWord::Wchs,
            Self::Wchc => FourLetterWord::Wchc,
            Self::Wchp => FourLetterWord::Wchp,
            Self::Dirs => FourLetterWord::Dirs,
            Self::Isro => FourLetterWord::Isro,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Admin {
    /// The command, such as monitor, server_stats, connections, configuration, system_properties
    pub(crate) command: String,

    /// The port of the AdminServers: their admin.serverPort
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = AdminServer::DEFAULT_PORT,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub(crate) port: u16,

    /// Where their commands are: their admin.commandURL
    #[arg(long, value_name = "PATH", default_value = "/commands", value_parser = path_argument)]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 is any that is free [default: of --config, else 127.0.0.1:2181]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,

    /// A zoo.cfg of Apache ZooKeeper; what has no meaning here is named and ignored
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// A system property of Apache ZooKeeper's server; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = parse::property)]
    pub(crate) properties: Vec<(String, String)>,

    /// The version to behave as: 3.8.0, 3.8.6 or 3.9.5 [default: the newest]
    #[arg(long, value_name = "VERSION", value_parser = profile)]
    pub(crate) profile: Option<Profile>,

    /// A tree to begin with, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) load: Option<PathBuf>,

    /// Where to write the tree in the end, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::from_str(text).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub(crate) struct ZnodePath {
    /// The path of the znode, below the chroot
    #[arg(value_parser = path_argument)]
    pub(crate) path: String,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The path of the znode, below the chroot
    #[arg(value_parser = path_argument)]
    pub(crate) path: String,

    /// The data; - reads standard input; '' is empty data
    #[arg(allow_negative_numbers = true)]
    pub(crate) data: Option<OsString>,

    /// Null data, in place of DATA
    #[arg(long, conflicts_with = "data")]
    pub(crate) null: bool,

    /// Only if the data has this version
    #[arg(long, value_name = "N", value_parser = parse::version, allow_negative_numbers = true)]
    pub(crate) version: Option<i32>,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The path of the znode, below the chroot; what --sequential appends a number to
    pub(crate) path: String,

    /// The data; - reads standard input; '' is empty data; left out, the data is null
    #[arg(allow_negative_numbers = true)]
    pub(crate) data: Option<OsString>,

    /// It lives as long as this command, which goes on until end of input, ^C or SIGTERM
    #[arg(short, long)]
    pub(crate) ephemeral: bool,

    /// The server appends a number that grows with every child
    #[arg(short = 'q', long)]
    pub(crate) sequential: bool,

    /// The server deletes it some time after its last child is gone
    #[arg(short, long)]
    pub(crate) container: bool,

    /// The server deletes it when it has no children and was not set for so long
    #[arg(short, long, value_name = "DURATION", value_parser = parse::ttl)]
    pub(crate) ttl: Option<Duration>,

    /// Create missing parents too: persistent, with empty data
    #[arg(short, long)]
    pub(crate) parents: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// The path of the znode, below the chroot
    #[arg(value_parser = path_argument)]
    pub(crate) path: String,

    /// With everything below it
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Only if the data has this version
    #[arg(long, value_name = "N", value_parser = parse::version, allow_negative_numbers = true)]
    pub(crate) version: Option<i32>,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// The path of the znode, below the chroot
    #[arg(value_parser = path_argument, default_value = "/")]
    pub(crate) path: String,

    /// Everything below it, with full paths
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Kind (e: ephemeral), version, bytes, children, time of the last set, name
    #[arg(short, long)]
    pub(crate) long: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The path to watch, below the chroot; it need not exist
    #[arg(value_parser = path_argument)]
    pub(crate) path: String,

    /// Everything below it too; then without NodeChildrenChanged
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// End after so many events
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

pub(crate) fn path_argument(text: &str) -> Result<String, String> {
    path::validate(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

impl Create {
    /// Whether end of input can be waited for: not when the data comes from there.
    pub(crate) fn holds_until_end_of_input(&self) -> bool {
        !input::is_stdin(self.data.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Invocation, clap::Error> {
        Invocation::read(line.split(' '))
    }

    #[test]
    fn the_definitions_are_consistent() {
        Invocation::command().debug_assert();
    }

    #[test]
    fn options_of_all_verbs_may_stand_before_and_behind_the_verb() {
        for line in ["zk -s h:1 -o json get /a", "zk get /a -s h:1 -o json"] {
            let invocation = parse(line).unwrap();
            assert_eq!(invocation.global.servers.as_deref(), Some("h:1"));
            assert_eq!(invocation.global.output, Format::Json);
        }
    }

    #[test]
    fn negative_numbers_are_data_and_a_hyphen_is_standard_input() {
        let Verb::Set(set) = parse("zk set /a -5 --version -7").unwrap().verb else {
            panic!("not set")
        };
        assert_eq!((set.data, set.version), (Some("-5".into()), Some(-7)));
        let Verb::Create(create) = parse("zk create /a - -e").unwrap().verb else {
            panic!("not create")
        };
        assert!(!create.holds_until_end_of_input());
    }

    /// The manual page is true to the definitions: every verb has its section, every option and
    /// exit code its place.
    #[test]
    fn the_manual_page_knows_every_verb_option_and_exit_code() {
        let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ZK.md");
        let manual = std::fs::read_to_string(manual).unwrap();
        let command = Invocation::command();
        let has = |arg: &clap::Arg, section: &str| {
            let Some(long) = arg.get_long().filter(|_| !arg.is_hide_set()) else { return };
            assert!(section.contains(&format!("--{long}")), "--{long} is not in: {section}");
        };
        command.get_arguments().for_each(|arg| has(arg, &manual));
        for verb in command.get_subcommands() {
            // One section may be for several verbs.
            let is_for =
                |heading: &str| heading.split([' ', ',']).any(|word| word == verb.get_name());
            let mut sections = manual.split("\n### ").skip(1);
            let section = sections.find(|section| section.lines().next().is_some_and(is_for));
            let section = section.unwrap_or_else(|| panic!("no section for {}", verb.get_name()));
            let section = section.split("\n#").next().unwrap_or(section);
            verb.get_arguments()
                .filter(|arg| !arg.is_global_set())
                .for_each(|arg| has(arg, section));
        }
        for (code, _) in exit::TABLE {
            assert!(manual.contains(&format!("\n| {code} | ")), "{code}");
        }
    }
}
