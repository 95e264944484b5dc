//! The Java that runs the server: `JAVA_HOME`, else `PATH`.

use std::path::PathBuf;

use crate::Outcome;
use crate::process::on_path;

/// The `java` program to start a server with.
pub(crate) fn find() -> Outcome<PathBuf> {
    if let Some(home) = std::env::var_os("JAVA_HOME") {
        let java = PathBuf::from(home).join("bin").join("java");
        if java.is_file() {
            return Ok(java);
        }
    }
    if on_path("java") {
        return Ok(PathBuf::from("java"));
    }
    Err(String::from(
        "java is neither in JAVA_HOME nor on PATH, and a real ZooKeeper needs it; \
         run `apt-get install default-jre-headless`",
    ))
}
