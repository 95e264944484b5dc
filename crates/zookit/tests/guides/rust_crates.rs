//! The first example of docs/coming-from/rust-crates.md.

use zookit::{Acl, Client, CreateMode, CreateOptions, Perms, Version};

// servers: "localhost:2181/app"
pub(crate) async fn run(servers: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::connect(servers).await?;
    let private =
        CreateOptions { acl: vec![Acl::auth(Perms::ALL)], ..CreateMode::Ephemeral.into() };
    client.add_auth("digest", "user:password").await?;
    let created = client.create("/lease", "me", private).await?;
    println!("{} since {:?}", created.path, created.stat.map(|stat| stat.czxid));

    // Both are on their way before either is awaited, and take effect in this order.
    let set = client.set_data("/lease", "still me", Version::Any);
    let read = client.get_data("/lease");
    println!("version {}", set.await?.version);
    println!("{:?}", read.await?.data);
    Ok(())
}
