//! `zk exists`: a question with two answers, and an exit code for each.

use serde_json::json;

use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::exit;
use crate::output::{Output, json};

pub(crate) async fn run(
    path: &str,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Stat, path };
    let answer = connection.client.exists(path).await;
    let stat = answer.map_err(|error| connection.failed(task, &error))?;
    if output.is_json() {
        let stat = stat.as_ref().map(json::stat);
        output.json(&json!({ "path": path, "exists": stat.is_some(), "stat": stat }));
    } else {
        output.line(if stat.is_some() { "true" } else { "false" });
    }
    if stat.is_some() { Ok(()) } else { Err(Failure::silent(exit::NEGATIVE)) }
}
