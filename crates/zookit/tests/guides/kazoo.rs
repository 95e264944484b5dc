//! The first example of docs/coming-from/kazoo.md.

use zookit::{Client, CreateMode, State};

pub(crate) async fn run(servers: &str) -> Result<(), Box<dyn std::error::Error>> {
    // zk = KazooClient(hosts=servers); zk.start()   # servers: "h1,h2,h3/app"
    let client = Client::connect(servers).await?;
    // zk.ensure_path("/workers")
    match client.create_with_parents("/workers", (), CreateMode::Persistent).await {
        Err(error) if !error.is_node_exists() => return Err(error.into()),
        _ => {}
    }
    // zk.add_listener(…)
    let mut states = client.states();
    tokio::spawn(async move {
        while let Some(update) = states.next().await {
            match update.change.state {
                State::Suspended => println!("pause"),
                State::Expired => println!("ephemeral znodes are gone"),
                state => println!("{state:?}"),
            }
        }
    });
    // data, stat = zk.get("/workers")
    let node = client.get_data("/workers").await?;
    println!("{:?} at version {}", node.data, node.stat.version);
    // zk.stop()
    client.close().await?;
    Ok(())
}
