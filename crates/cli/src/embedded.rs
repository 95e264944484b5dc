//! `--embedded`: a server of the verb's own, gone with it. And what it shares with `zk serve`.

use std::path::Path;
use std::{fs, io};

use zookit_server::testing::{Builder, Server};

use crate::args::Global;
use crate::error::Failure;

/// The server, if one is wanted.
pub(crate) fn start(global: &Global) -> Result<Option<Server>, Failure> {
    if !global.embedded {
        return Ok(None);
    }
    let mut builder = Server::builder();
    if let Some(file) = &global.load {
        builder = load(builder, file)?;
    }
    let server = builder.start().map_err(|error| match &global.load {
        Some(file) if error.kind() == io::ErrorKind::InvalidData => not_loaded(file, &error),
        _ => Failure::usage(format!("cannot start a server for --embedded: {error}")),
    })?;
    Ok(Some(server))
}

/// Has the server begin with the tree of a file.
pub(crate) fn load(builder: Builder, file: &Path) -> Result<Builder, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?;
    Ok(builder.load(text))
}

/// The file is none of a tree.
pub(crate) fn not_loaded(file: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot load {}: {error}", file.display()))
}
