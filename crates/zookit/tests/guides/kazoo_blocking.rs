//! The second example of docs/coming-from/kazoo.md.

use zookit::blocking::Client;

pub(crate) fn run(servers: &str) -> Result<(), Box<dyn std::error::Error>> {
    // zk = KazooClient(hosts=servers); zk.start()   # servers: "h1,h2,h3/app"
    let client = Client::connect(servers)?;
    // data, stat = zk.get("/workers", watch=…)
    let (node, mut changed) = client.get_data_and_watch("/workers")?;
    println!("{:?} at version {}", node.data, node.stat.version);
    // a = zk.get_async("/a"); b = zk.get_async("/b"); a.get(); b.get()
    let (a, b) = (client.submit().get_data("/a"), client.submit().get_data("/b"));
    println!("{:?} {:?}", a.wait()?.data, b.wait()?.data);
    println!("{:?}", changed.wait()?);
    Ok(())
}
