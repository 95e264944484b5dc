//! `zk rm`: a znode, or with `--recursive` everything below it too.

use serde_json::json;
use zookit::Version;
use zookit::proto::path;

use crate::args::Rm;
use crate::connection::{Connection, Setup};
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::output::Output;

/// ZooKeeper's own znodes: quotas and the configuration of the ensemble.
const PROTECTED: &str = "/zookeeper";

/// Refuses to delete what ZooKeeper keeps for itself, also when a chroot hides that it does.
pub(crate) fn refuse(rm: &Rm, setup: &Setup) -> Result<(), Failure> {
    let full_path = setup.full_path(&rm.path);
    if rm.recursive && path::ancestors(&full_path).any(|ancestor| ancestor == PROTECTED) {
        return Err(Failure::usage(format!(
            "cannot delete {full_path} with --recursive: {PROTECTED} is ZooKeeper's own"
        ))
        .hint("a quota is deleted znode by znode, without --recursive"));
    }
    Ok(())
}

/// Says nothing on success, except in JSON.
pub(crate) async fn run(
    rm: &Rm,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let deleted = if rm.recursive {
        connection.client.delete_recursive(&rm.path).await.map_err(|failed| {
            let action = Action::RmRecursive { deleted: failed.deleted };
            connection.failed(Task { action, path: &rm.path }, &failed.error)
        })?
    } else {
        let task = Task { action: Action::Rm, path: &rm.path };
        let version = rm.version.map_or(Version::Any, Version::Exactly);
        let answer = connection.client.delete(&rm.path, version).await;
        answer.map_err(|error| connection.failed(task, &error))?;
        1
    };
    if output.is_json() {
        output.json(&json!({ "path": rm.path, "deleted": deleted }));
    }
    Ok(())
}
