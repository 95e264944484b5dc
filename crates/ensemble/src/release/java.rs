//! The Java that runs the server: `JAVA_HOME`, else `PATH`.

use std::path::{Path, PathBuf};

use super::run::on_path;
use crate::Error;

/// The `java` program to start servers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Java {
    program: PathBuf,
}

impl Java {
    /// The one in `JAVA_HOME`, else the one on `PATH`.
    ///
    /// # Errors
    ///
    /// [`Error::NoJava`], which says what to install or to set.
    pub fn find() -> Result<Self, Error> {
        if let Some(home) = std::env::var_os("JAVA_HOME") {
            let program = PathBuf::from(home).join("bin").join("java");
            if program.is_file() {
                return Ok(Self { program });
            }
        }
        match on_path("java") {
            Some(program) => Ok(Self { program }),
            None => Err(Error::NoJava),
        }
    }

    /// This one.
    #[must_use]
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }
}
