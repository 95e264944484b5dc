//! The main job: `tour [HOST:PORT[,HOST:PORT…][/CHROOT]]`, on the embedded server or on real ones.
//!
//! It connects, creates, gets, sets, lists, sees a watch fire, and sees an ephemeral znode vanish
//! with its session. What it prints is what the server said; it ends with an error if any of that
//! is not as it should be, and leaves nothing behind.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use zookit::testing::Server;
use zookit::{Client, CreateMode, EventType, Transaction, Version};

/// No step takes longer, however slow the server.
const PATIENCE: Duration = Duration::from_secs(30);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1) {
        Some(servers) => tour(&servers).await,
        None => embedded().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the tour failed: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// On a server in this process, which ends with the tour.
async fn embedded() -> Outcome {
    let begun = Instant::now();
    let server = Server::start();
    println!("an embedded server is ready on {} after {:?}", server.address(), begun.elapsed());
    tour(&server.address().to_string()).await
}

async fn tour(servers: &str) -> Outcome {
    let client = Client::connect(servers).await?;
    let server = client.server().ok_or("connected, and to no server")?;
    println!("connected to {server}");
    println!("  session    {}", client.session_id());
    println!("  timeout    {:?}, as negotiated", client.session_timeout());

    // A znode of our own, with a number that the server chooses: two tours do not meet.
    let home = client.create("/zookit-tour-", (), CreateMode::PersistentSequential).await?.path;
    println!("created {home}");
    let toured = stations(&client, servers, &home).await;
    let deleted = client.delete_recursive(&home).await?;
    println!("deleted {home} and what was below it: {deleted} znodes");
    toured?;
    check(client.exists(&home).await?.is_none(), "what was deleted is gone")?;
    client.close().await?;
    println!("closed the session");
    Ok(())
}

async fn stations(client: &Client, servers: &str, home: &str) -> Outcome {
    read_and_write(client, home).await?;
    watch(client, home).await?;
    transaction(client, home).await?;
    ephemeral(client, servers, home).await
}

async fn read_and_write(client: &Client, home: &str) -> Outcome {
    let path = format!("{home}/greeting");
    let created = client.create(&path, "hello", CreateMode::Persistent).await?;
    check(created.path == path, "a plain create gets the path that was asked for")?;
    let czxid = created.stat.ok_or("create told no stat")?.czxid;
    println!("created {path} in transaction {czxid}");

    let node = client.get_data(&path).await?;
    let data = node.data.ok_or("the data is null")?;
    check(data == "hello", "the data that was written is read")?;
    check(node.stat.version == 0 && node.stat.czxid == czxid, "it is the znode just created")?;
    println!("got {:?}, version {}", String::from_utf8_lossy(&data), node.stat.version);

    let stat = client.set_data(&path, "good morning", Version::Exactly(0)).await?;
    check(stat.version == 1 && stat.mzxid > czxid, "a set makes the next version")?;
    println!("set it, now version {} of transaction {}", stat.version, stat.mzxid);
    match client.set_data(&path, "too late", Version::Exactly(0)).await {
        Err(error) if error.is_bad_version() => println!("refused, as it should be: {error}"),
        other => return Err(format!("a set of an old version gave {other:?}").into()),
    }

    // Both are submitted by the calls, and answered in their order.
    let tasks = ["a", "b"].map(|name| {
        let path = format!("{home}/task-{name}-");
        client.create(&path, (), CreateMode::PersistentSequential)
    });
    for task in tasks {
        println!("created {}", task.await?.path);
    }
    let mut names = client.get_children(home).await?.names;
    names.sort();
    check(names.len() == 3, "the three children are listed")?;
    println!("listed {home}: {}", names.join(" "));
    Ok(())
}

async fn watch(client: &Client, home: &str) -> Outcome {
    let path = format!("{home}/greeting");
    let (_, watch) = client.get_data_and_watch(&path).await?;
    let stat = client.set_data(&path, "good evening", Version::Any).await?;
    let event = within(watch).await??;
    check(event.event_type == EventType::NodeDataChanged, "the watch tells that data was set")?;
    check(event.path == path, "the watch tells the path")?;
    // Servers before 3.9 do not tell the transaction.
    check(event.zxid.is_none_or(|zxid| zxid == stat.mzxid), "the watch tells the transaction")?;
    let by = event.zxid.map_or_else(|| "an untold transaction".to_owned(), |z| z.to_string());
    println!("a watch fired: {} {} by {by}", event.event_type, event.path);
    Ok(())
}

async fn transaction(client: &Client, home: &str) -> Outcome {
    let path = format!("{home}/greeting");
    let doomed = Transaction::new()
        .set_data(&path, "never seen", Version::Any)
        .delete(&format!("{home}/no-such-task"), Version::Any);
    match client.multi(doomed).await {
        Err(error) if error.is_no_node() => println!("refused, as it should be: {error}"),
        other => return Err(format!("a multi that had to fail gave {other:?}").into()),
    }
    let data = client.get_data(&path).await?.data.ok_or("the data is null")?;
    check(data == "good evening", "a refused multi changes nothing")
}

async fn ephemeral(client: &Client, servers: &str, home: &str) -> Outcome {
    let other = Client::connect(servers).await?;
    let path = format!("{home}/alive");
    let created = other.create(&path, (), CreateMode::Ephemeral).await?;
    let owner = created.stat.ok_or("create told no stat")?.ephemeral_owner;
    check(owner == other.session_id(), "an ephemeral is owned by the session that made it")?;
    println!("a second session, {owner}, created the ephemeral {path}");

    // The member we are connected to may lag behind the other session's.
    client.sync(&path).await?;
    let (stat, gone) = client.exists_and_watch(&path).await?;
    check(stat.is_some_and(|stat| stat.ephemeral_owner == owner), "the ephemeral is seen")?;
    other.close().await?;
    let event = within(gone).await??;
    check(event.event_type == EventType::NodeDeleted, "the watch tells that it was deleted")?;
    check(client.exists(&path).await?.is_none(), "the ephemeral is gone")?;
    println!("that session was closed, and the ephemeral vanished: {} {path}", event.event_type);
    Ok(())
}

async fn within<T>(future: impl Future<Output = T>) -> Outcome<T> {
    Ok(tokio::time::timeout(PATIENCE, future).await.map_err(|_| "a watch did not fire in time")?)
}

fn check(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}
