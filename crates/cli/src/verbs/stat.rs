//! `zk stat`: what the server knows about a znode besides its data.

use serde_json::json;

use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::exit;
use crate::output::{Output, json, text};

pub(crate) async fn run(
    path: &str,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Stat, path };
    let answer = connection.client.exists(path).await;
    let Some(stat) = answer.map_err(|error| connection.failed(task, &error))? else {
        let message = format!("cannot stat {path}: it does not exist (NoNode)");
        return Err(Failure::new(exit::NO_NODE, message).at(connection.place(Some(path))));
    };
    if output.is_json() {
        output.json(&json!({ "path": path, "stat": json::stat(&stat) }));
    } else {
        output.text(&text::stat(&stat));
    }
    Ok(())
}
