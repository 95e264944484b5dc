//! The second example of docs/coming-from/java-and-curator.md.

use zookit::Version;
use zookit::blocking::Client;

pub(crate) fn swap(client: &Client, data: &str) -> Result<(), zookit::Error> {
    // byte[] old = zk.getData("/app", watcher, stat);
    let (node, mut changed) = client.get_data_and_watch("/app")?;
    // zk.setData("/app", data, stat.getVersion());
    client.set_data("/app", data, Version::Exactly(node.stat.version))?;
    println!("{:?}", changed.wait());
    Ok(())
}
