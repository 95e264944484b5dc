//! `zk set`: new data for a znode that exists.

use bytes::Bytes;
use serde_json::json;
use zookit::{Data, Version};

use crate::args::Set;
use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::output::{Output, json};

/// Says nothing on success, except in JSON, where the new stat and so the new version is of use.
pub(crate) async fn run(
    set: &Set,
    data: Option<Bytes>,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Set, path: &set.path };
    let version = set.version.map_or(Version::Any, Version::Exactly);
    let answer = connection.client.set_data(&set.path, Data::from(data), version).await;
    let stat = answer.map_err(|error| connection.failed(task, &error))?;
    if output.is_json() {
        output.json(&json!({ "path": set.path, "stat": json::stat(&stat) }));
    }
    Ok(())
}
