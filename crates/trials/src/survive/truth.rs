//! What the servers hold in the end, as anybody can read it.

use std::collections::BTreeMap;

use zookit_client::{Client, Error, NodeData, Stat};

use super::traffic::Subject;
use super::traffic::home::{EPHEMERALS, Home, Register};

/// So many reads are under way at once.
const WINDOW: usize = 256;

/// What became of the writes of one subject.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    /// By name: those created by names that are used once.
    pub(crate) creates: BTreeMap<String, Stat>,
    /// By path: sequential ones, with their data.
    pub(crate) appends: BTreeMap<String, (String, Stat)>,
    pub(crate) registers: BTreeMap<Register, (String, Stat)>,
    /// By path: ephemeral ones, of all subjects.
    pub(crate) ephemerals: BTreeMap<String, Stat>,
}

impl Truth {
    /// Reads it, behind a fence: what was written before is there.
    ///
    /// # Errors
    /// A read, or the fence, in vain.
    pub(crate) async fn read(client: &Client, subjects: &[Subject]) -> Result<Vec<Self>, Error> {
        client.linearizable_read(|client| client.exists("/")).await?;
        let ephemerals = below(client, EPHEMERALS).await?;
        let stats = |nodes: Nodes| nodes.into_iter().map(|(path, (_, stat))| (path, stat));
        let ephemerals: BTreeMap<_, _> = stats(ephemerals).collect();
        let mut truths = Vec::new();
        for Subject { home, .. } in subjects {
            let creates = stats(below(client, &home.creates()).await?);
            let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            truths.push(Self {
                creates: creates.map(|(path, stat)| (name(&path), stat)).collect(),
                appends: below(client, &home.appends()).await?,
                registers: registers(client, home).await?,
                ephemerals: ephemerals.clone(),
            });
        }
        Ok(truths)
    }
}

type Nodes = BTreeMap<String, (String, Stat)>;

/// All znodes right below this one. Those that go meanwhile are left out.
async fn below(client: &Client, path: &str) -> Result<Nodes, Error> {
    let names = client.get_children(path).await?.names;
    let mut nodes = Nodes::new();
    for window in names.chunks(WINDOW) {
        let paths = window.iter().map(|name| format!("{path}/{name}"));
        let asked: Vec<_> = paths.map(|path| (client.get_data(&path), path)).collect();
        for (answer, path) in asked {
            match answer.await {
                Ok(node) => drop(nodes.insert(path, shown(node))),
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(nodes)
}

async fn registers(
    client: &Client,
    home: &Home,
) -> Result<BTreeMap<Register, (String, Stat)>, Error> {
    let mut registers = BTreeMap::new();
    for register in Register::ALL {
        registers.insert(register, shown(client.get_data(&home.register(register)).await?));
    }
    Ok(registers)
}

fn shown(node: NodeData) -> (String, Stat) {
    (String::from_utf8_lossy(&node.data.unwrap_or_default()).into_owned(), node.stat)
}
