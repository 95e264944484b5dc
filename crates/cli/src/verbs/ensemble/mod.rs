//! `zk ensemble start`: real servers of Apache ZooKeeper, until a signal.

mod args;
mod kept;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use zookit_ensemble::{Cluster, Error, Finder, Mode, Release, Wanted};

pub(crate) use self::args::{Ensemble, Start};
use self::kept::Kept;
use crate::error::Failure;
use crate::exit;
use crate::interrupt::{self, Interrupt};
use crate::output::{Output, escape, message};

/// Servers end within milliseconds of the first signal, and are killed where they do not.
const GRACE: Duration = Duration::from_secs(60);

/// How often it is looked whether a server has ended by itself.
const LOOK: Duration = Duration::from_millis(500);

/// Starts the servers and keeps them until a signal.
pub(crate) async fn start(start: &Start, output: &mut Output) -> Result<(), Failure> {
    // Caught from the beginning: when this process ends, all that it started does.
    let interrupt = interrupt::graceful(GRACE)?;
    let kept = start.dir.as_deref().map(Kept::open).transpose()?;
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(Failure::silent(exit::INTERRUPTED)),
        cluster = launch(start, kept.as_ref()) => serve(&cluster?, &interrupt, output).await,
    }
}

async fn launch(start: &Start, kept: Option<&Kept>) -> Result<Cluster, Failure> {
    let release = find(start.version.unwrap_or(Wanted::Newest)).await?;
    message(&format!("starting ZooKeeper {} ({})", release.version, release.source));
    let builder = Cluster::builder().release(&release);
    let mut builder = builder.voters(start.size.into()).observers(start.observers.into());
    if let Some(kept) = kept {
        let directory = kept.directory().to_owned();
        builder = builder.config_each(move |at, config| {
            config.data_dir = Some(directory.join(format!("server.{}", at + 1)));
            // What is to be kept is to outlive the machine.
            config.force_sync = None;
        });
    }
    builder.start().await.map_err(|error| not_started(&error))
}

/// Finds the release, which may be a matter of minutes.
async fn find(wanted: Wanted) -> Result<Release, Failure> {
    let finder = Finder::new().on_progress(|line| message(&escape::line(line)));
    let found = tokio::task::spawn_blocking(move || finder.find(wanted)).await;
    let found = found.map_err(|error| Failure::usage(format!("cannot look for it: {error}")))?;
    found.map_err(|error| not_started(&error))
}

/// Says where the servers are, and keeps them until a signal, or until none is left.
async fn serve(
    cluster: &Cluster,
    interrupt: &Interrupt,
    output: &mut Output,
) -> Result<(), Failure> {
    let members = members(cluster).await;
    if output.is_json() {
        let members: Vec<Value> = members.iter().map(Member::json).collect();
        output.json(&json!({ "servers": cluster.connect_string(), "members": members }));
    } else {
        output.line(&cluster.connect_string());
    }
    output.flush().await?;
    for member in &members {
        message(&escape::line(&member.line()));
    }
    tokio::select! {
        biased;
        () = interrupt.wait() => {}
        () = until_all_have_ended(cluster) => {
            return Err(Failure::usage("all servers have ended, and none by this command"));
        }
    }
    cluster.stop().await.map_err(|error| Failure::usage(format!("cannot stop it: {error}")))
}

/// Tells of servers that end by themselves.
async fn until_all_have_ended(cluster: &Cluster) {
    let servers = cluster.servers();
    let mut left: Vec<usize> = (0..servers.len()).collect();
    while !left.is_empty() {
        sleep(LOOK).await;
        left.retain(|at| {
            let lives = servers[*at].pid().is_some();
            if !lives {
                message(&format!("server.{} has ended; it is not started again", at + 1));
            }
            lives
        });
    }
}

/// What people are told of a member.
struct Member {
    id: usize,
    address: String,
    role: &'static str,
    release: String,
    directory: String,
    data: Option<String>,
}

async fn members(cluster: &Cluster) -> Vec<Member> {
    let modes = cluster.modes().await;
    let members = cluster.servers().into_iter().zip(modes).enumerate();
    let member = |(at, (server, mode)): (usize, (zookit_ensemble::Server, Mode))| {
        let directory = server.directory();
        let data = server.config().ok().and_then(|config| config.data_dir);
        // Its own directory has the usual one.
        let data = data.filter(|data| !data.starts_with(directory));
        Member {
            id: at + 1,
            address: cluster.client_address(at).to_string(),
            role: role(mode),
            release: server.release().version.to_string(),
            directory: shown(directory),
            data: data.as_deref().map(shown),
        }
    };
    members.map(member).collect()
}

impl Member {
    fn line(&self) -> String {
        let Self { id, address, role, directory, .. } = self;
        let line = format!("server.{id} {role} {address} {directory}");
        match &self.data {
            Some(data) => format!("{line} data in {data}"),
            None => line,
        }
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "address": self.address,
            "role": self.role,
            "version": self.release,
            "directory": self.directory,
            "data": self.data,
        })
    }
}

const fn role(mode: Mode) -> &'static str {
    match mode {
        Mode::Leader => "leader",
        Mode::Follower => "follower",
        Mode::Observer => "observer",
        Mode::Standalone => "standalone",
        Mode::ReadOnly => "read-only",
        // It was just seen to serve, and is by now electing again.
        _ => "not serving",
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// In words of the command; what a server logged last stands before it.
fn not_started(error: &Error) -> Failure {
    let (said, hint) = match error {
        Error::NoJava => ("java is neither in JAVA_HOME nor on PATH".to_owned(), JAVA_HINT),
        Error::NoRelease(why) => (why.clone(), EMBEDDED_HINT),
        Error::Ended { server, status, log } => {
            message(&escape::data(log.as_bytes()));
            (format!("{server} ended ({status}); what it logged last stands above"), "")
        }
        Error::NotServing { server, waited, log } => {
            message(&escape::data(log.as_bytes()));
            let why = "what it logged last stands above";
            (format!("{server} does not serve after {} s; {why}", waited.as_secs()), "")
        }
        other => {
            let source = std::error::Error::source(other);
            (source.map_or_else(|| other.to_string(), |source| format!("{other}: {source}")), "")
        }
    };
    let failure = Failure::usage(format!("cannot start an ensemble: {said}"));
    if hint.is_empty() { failure } else { failure.hint(hint) }
}

const JAVA_HINT: &str = "`apt-get install default-jre-headless`, or whatever installs a Java 8 or \
                         later here; `zk serve` needs none";
const EMBEDDED_HINT: &str = "`zk serve` needs no release: it is a server by itself";
