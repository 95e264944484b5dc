//! `zk get`: the exact data.

use serde_json::json;

use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::output::{Output, json};

/// Null data prints nothing as text, as empty data does; JSON tells them apart.
pub(crate) async fn run(
    path: &str,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Get, path };
    let answer = connection.client.get_data(path).await;
    let node = answer.map_err(|error| connection.failed(task, &error))?;
    if !output.is_json() {
        output.bytes(node.data.as_deref().unwrap_or_default());
        return Ok(());
    }
    let (data, encoding) = json::data(node.data.as_deref());
    output.json(&json!({
        "path": path,
        "data": data,
        "encoding": encoding,
        "stat": json::stat(&node.stat),
    }));
    Ok(())
}
