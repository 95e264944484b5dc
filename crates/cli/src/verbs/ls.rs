//! `zk ls`: the children of a znode, or everything below it.

use std::collections::VecDeque;

use serde_json::json;
use zookit::proto::Stat;
use zookit::proto::path::join;
use zookit::{Answer, Children, Client, Error};

use crate::args::Ls;
use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::exit;
use crate::output::{Output, escape, json, message, text};

/// How many questions are under way at once: enough to hide the network, few enough not to fill
/// the client's queue or to trouble a server.
const WINDOW: usize = 64;

pub(crate) async fn run(
    ls: &Ls,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    if ls.recursive {
        recursive(ls, connection, output).await
    } else {
        children(ls, connection, output).await
    }
}

/// The names, sorted; with `--long` what the server knows of each.
async fn children(ls: &Ls, connection: &Connection, output: &mut Output) -> Result<(), Failure> {
    let task = Task { action: Action::Ls, path: &ls.path };
    let answer = connection.client.get_children(&ls.path).await;
    let Children { mut names, stat } = answer.map_err(|error| connection.failed(task, &error))?;
    names.sort_unstable();
    let listed = if ls.long {
        with_stats(&ls.path, names, connection).await?
    } else {
        names.into_iter().map(|name| (name, None)).collect()
    };
    if output.is_json() {
        let children: Vec<_> =
            listed.iter().map(|(name, stat)| child(name, stat.as_ref())).collect();
        output.json(&json!({
            "path": ls.path,
            "stat": json::stat(&stat),
            "children": children,
        }));
        return Ok(());
    }
    for (name, stat) in &listed {
        match stat {
            Some(stat) => output.line(&text::long(stat, name)),
            None => output.line(&escape::line(name)),
        }
    }
    Ok(())
}

fn child(name: &str, stat: Option<&Stat>) -> serde_json::Value {
    match stat {
        Some(stat) => json!({ "name": name, "stat": json::stat(stat) }),
        None => json!({ "name": name }),
    }
}

/// What is gone by the time it is asked for is left out.
async fn with_stats(
    parent: &str,
    names: Vec<String>,
    connection: &Connection,
) -> Result<Vec<(String, Option<Stat>)>, Failure> {
    let mut listed = Vec::with_capacity(names.len());
    let mut names = names.into_iter();
    let mut asked = VecDeque::new();
    loop {
        while asked.len() < WINDOW {
            let Some(name) = names.next() else { break };
            let path = join(parent, &name);
            let answer = connection.client.exists(&path);
            asked.push_back((name, path, answer));
        }
        let Some((name, path, answer)) = asked.pop_front() else { return Ok(listed) };
        let task = Task { action: Action::Stat, path: &path };
        match answer.await {
            Ok(None) => {}
            Ok(stat) => listed.push((name, stat)),
            Err(error) => return Err(connection.failed(task, &error)),
        }
    }
}

/// Everything below the path, each znode before what is below it, sorted, as it comes.
///
/// A znode that may not be listed is printed without a stat; the run goes on, says so, and ends
/// with the exit code of a partial success.
async fn recursive(ls: &Ls, connection: &Connection, output: &mut Output) -> Result<(), Failure> {
    let task = Task { action: Action::Ls, path: &ls.path };
    let top = connection.client.get_children(&ls.path).await;
    let top = top.map_err(|error| connection.failed(task, &error))?;
    let mut walk = Walk::default();
    walk.push(&ls.path, top.names);
    let mut unlisted = 0_u64;
    while let Some((path, answer)) = walk.next(&connection.client).await {
        match answer {
            Ok(node) => {
                print(ls, &path, Some(&node.stat), output);
                walk.push(&path, node.names);
            }
            Err(error) if error.is_no_node() => {}
            Err(error) if error.is_no_auth() => {
                let task = Task { action: Action::Ls, path: &path };
                message(&connection.failed(task, &error).report().unwrap_or_default());
                print(ls, &path, None, output);
                unlisted += 1;
            }
            Err(error) => {
                let task = Task { action: Action::Ls, path: &path };
                return Err(connection.failed(task, &error));
            }
        }
        output.flush_if_much().await?;
    }
    if unlisted == 0 {
        return Ok(());
    }
    let what = format!("the listing is not whole: {unlisted} of the znodes may not be listed");
    Err(Failure::new(exit::PARTIAL, what).at(connection.place(Some(&ls.path))))
}

fn print(ls: &Ls, path: &str, stat: Option<&Stat>, output: &mut Output) {
    if output.is_json() {
        output.json(&json!({ "path": path, "stat": stat.map(json::stat) }));
        return;
    }
    match stat {
        Some(stat) if ls.long => output.line(&text::long(stat, path)),
        None if ls.long => output.line(&text::long_unknown(path)),
        _ => output.line(&escape::line(path)),
    }
}

/// A walk through a tree, depth first, that asks ahead.
///
/// The last of the stack is the next to print. The answers of the last [`WINDOW`] of them are
/// awaited at once, so that a broad tree costs few round trips; memory goes with the siblings along
/// one path, not with the tree.
#[derive(Default)]
struct Walk {
    stack: Vec<(String, Option<Answer<Children>>)>,
}

impl Walk {
    fn push(&mut self, parent: &str, mut names: Vec<String>) {
        names.sort_unstable_by(|one, other| other.cmp(one));
        self.stack.extend(names.iter().map(|name| (join(parent, name), None)));
    }

    async fn next(&mut self, client: &Client) -> Option<(String, Result<Children, Error>)> {
        for (path, answer) in self.stack.iter_mut().rev().take(WINDOW) {
            if answer.is_none() {
                *answer = Some(client.get_children(path));
            }
        }
        let (path, answer) = self.stack.pop()?;
        Some((path, answer?.await))
    }
}
