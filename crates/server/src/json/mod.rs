//! A tree as JSON: to begin a test with, to look at, to keep.
//!
//! By hand it is a list of paths, each with its data; what is above them is made, with null data:
//!
//! ```json
//! {
//!   "znodes": {
//!     "/app/config/db": "host=db1",
//!     "/app/empty": "",
//!     "/app/null": null,
//!     "/app/bytes": {"data": "/wA=", "encoding": "base64"},
//!     "/app/mine": {"data": "x", "acl": ["digest:amy:JR6Imd…=:cdrwa", "world:anyone:r"]},
//!     "/app/jobs": {"container": true},
//!     "/app/cache": {"data": "x", "ttl": 60000}
//!   }
//! }
//! ```
//!
//! A znode is its data, a string or null; or an object, of which every member may be left out:
//!
//! | member | meaning |
//! |---|---|
//! | `data` | a string, or null; left out: null |
//! | `encoding` | `"utf8"`: `data` is the text; `"base64"`: it is bytes, in the standard alphabet with padding; left out: `utf8` |
//! | `acl` | each a string `scheme:id:perms`, perms of the letters `cdrwa`; left out: `world:anyone:cdrwa` |
//! | `ephemeralOwner` | the session that it goes with, as in `sessions` |
//! | `container` | `true`: it goes with its last child |
//! | `ttl` | milliseconds: it goes when it was not set for so long and has no children |
//! | `stat` | its history: `czxid`, `mzxid`, `pzxid`, `ctime`, `mtime`, `version`, `aversion`, and `childrenCreated`, how many children it has ever had; what is left out is as if it were just created |
//!
//! Beside `znodes` there may be `zxid`, the last transaction, and `sessions`, an object of timeouts
//! in milliseconds by id. Both are there in a dump, so that a server that loads one goes on where
//! the other ended: with the same stats, sessions and numbers. Ids and zxids are strings in
//! hexadecimal, `"0x1f"`, since they are wider than what many readers of JSON keep exactly.
//!
//! A member of another name is an error: a typing mistake in a fixture must not pass for a tree.
//! The server's own znodes are left out of a dump as long as they are as in a new server.

mod read;
mod write;

pub(crate) use read::{load, parse};
pub(crate) use write::dump;

/// Why something cannot be loaded; the tree is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// Something of the whole is not as it should be.
    #[error("{0}")]
    Document(String),
    /// A znode cannot be.
    #[error("{path}: {why}")]
    Znode {
        /// Which.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

#[cfg(test)]
mod tests;
