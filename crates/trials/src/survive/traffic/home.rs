//! Where in the tree the traffic happens.

use zookit_client::{Client, CreateMode, Error};

/// Above everything.
pub(crate) const ROOT: &str = "/trial";
/// Where the ephemeral znodes of all subjects are.
pub(crate) const EPHEMERALS: &str = "/trial/ephemerals";
/// What is watched: a znode whose data changes …
pub(crate) const WATCHED_DATA: &str = "/trial/data";
/// … one that comes and goes …
pub(crate) const WATCHED_NODE: &str = "/trial/node";
/// … and one below which znodes come, change and go.
pub(crate) const WATCHED_TREE: &str = "/trial/tree";

/// The place of one subject.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    index: usize,
}

/// A znode of which only the data changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Register {
    /// Set whatever version it has.
    Set,
    /// Set only in the version that it is known to have.
    Swap,
    /// Set again as soon as it is answered.
    Beat,
}

impl Register {
    pub(crate) const ALL: [Self; 3] = [Self::Set, Self::Swap, Self::Beat];

    const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Swap => "swap",
            Self::Beat => "beat",
        }
    }
}

impl Home {
    pub(crate) const fn new(index: usize) -> Self {
        Self { index }
    }

    /// Where znodes are created by names that are used once.
    pub(crate) fn creates(&self) -> String {
        format!("{ROOT}/{}/creates", self.index)
    }

    /// Where sequential znodes are created.
    pub(crate) fn appends(&self) -> String {
        format!("{ROOT}/{}/appends", self.index)
    }

    pub(crate) fn register(&self, register: Register) -> String {
        format!("{ROOT}/{}/{}", self.index, register.name())
    }

    /// An ephemeral znode; its name is used once.
    pub(crate) fn ephemeral(&self, number: usize) -> String {
        format!("{EPHEMERALS}/{}-{number:06}", self.index)
    }

    /// Makes it.
    pub(super) async fn make(&self, client: &Client) -> Result<(), Error> {
        let own = format!("{ROOT}/{}", self.index);
        let registers = Register::ALL.map(|register| self.register(register));
        for path in [own, self.creates(), self.appends()].into_iter().chain(registers) {
            make(client, &path).await?;
        }
        Ok(())
    }
}

/// Makes a znode, unless it is there.
pub(super) async fn make(client: &Client, path: &str) -> Result<(), Error> {
    match client.create(path, (), CreateMode::Persistent).await {
        Err(error) if error.is_node_exists() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}
