//! Many clients and servers at once.

use zookit::{Client, CreateMode};
use zookit_server::testing::Server;

use crate::{client, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_side_by_side_know_nothing_of_each_other() {
    let servers: Vec<Server> = (0..10).map(|_| Server::start()).collect();
    for (number, server) in servers.iter().enumerate() {
        let client = client(server).await;
        client.create(&format!("/{number}"), (), CreateMode::Persistent).await.unwrap();
        assert_eq!(client.get_children("/").await.unwrap().names.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_get_numbers_of_their_own() {
    let server = Server::start();
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let client: Client = client(&server).await;
        tasks.push(tokio::spawn(async move {
            let mode = CreateMode::PersistentSequential;
            let created: Vec<_> = (0..50).map(|_| client.create("/n-", (), mode)).collect();
            let mut paths = Vec::new();
            for created in created {
                paths.push(created.await.unwrap().path);
            }
            paths
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(within(task).await.unwrap());
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 1000);
    assert_eq!(all[999], "/n-0000000999");
}
