//! The examples of docs/coming-from and of docs/RECIPES.md, on the embedded server.
//!
//! A page cannot hide the lines that would run its examples, so each stands here a second time, in
//! a file of its own, word for word.

mod curator_retry;
mod go_lock;
mod go_watch;
mod java_follow;
mod java_swap;
mod kazoo;
mod kazoo_blocking;
mod recipes;
mod rust_crates;

use zookit::{Error, State};
use zookit_doctest::{blocking, reach, with_client, with_server};
use zookit_server::testing::Server;

/// The pages, and where their examples are.
const PAGES: [(&str, &[&str]); 5] = [
    (
        include_str!("../../../../docs/coming-from/go.md"),
        &[include_str!("go_watch.rs"), include_str!("go_lock.rs")],
    ),
    (
        include_str!("../../../../docs/coming-from/java-and-curator.md"),
        &[
            include_str!("java_follow.rs"),
            include_str!("java_swap.rs"),
            include_str!("curator_retry.rs"),
        ],
    ),
    (
        include_str!("../../../../docs/coming-from/kazoo.md"),
        &[include_str!("kazoo.rs"), include_str!("kazoo_blocking.rs")],
    ),
    (
        include_str!("../../../../docs/coming-from/rust-crates.md"),
        &[include_str!("rust_crates.rs")],
    ),
    (include_str!("../../../../docs/RECIPES.md"), &[include_str!("recipes.rs")]),
];

#[test]
fn they_are_what_stands_in_the_guides() {
    for (page, files) in PAGES {
        let fenced = page.split("\n```rust").skip(1);
        let examples: Vec<&str> = fenced
            .map(|from| from.split_once('\n').unwrap().1.split("```").next().unwrap())
            .collect();
        assert_eq!(examples.len(), files.len(), "{examples:#?}");
        for (example, file) in examples.iter().zip(files) {
            assert!(
                file.replace("pub(crate) ", "").ends_with(&format!("\n\n{example}")),
                "{example}"
            );
        }
    }
}

/// The server of the example, with a chroot.
fn servers(chroot: &str) -> String {
    format!("{}{chroot}", reach::address())
}

#[test]
fn go() {
    with_server(async || go_watch::run(&servers("")).await);
    with_client(|client| async move { go_lock::run(&client).await });
}

#[test]
fn java() {
    with_client(|client| async move {
        // It follows until the client ends.
        let follows = java_follow::follow(&client);
        let ends = async {
            client.exists("/app").await?;
            client.close().await
        };
        let (followed, ended) = tokio::join!(follows, ends);
        assert_eq!(client.state(), State::Closed);
        followed.and(ended)
    });
    // With nobody else, who could change it between its read and its write.
    let server = Server::builder().load(r#"{"znodes": {"/app": "old"}}"#).start().unwrap();
    let client = zookit::blocking::Client::connect(server.address()).unwrap();
    java_swap::swap(&client, "new").unwrap();
    assert_eq!(client.get_data("/app").unwrap().data.as_deref(), Some(&b"new"[..]));
}

#[test]
fn curator() {
    with_client(|client| async move {
        curator_retry::run(&client).await?;
        assert!(client.exists("/jobs/17").await?.is_some());
        Ok::<(), Error>(())
    });
}

#[test]
fn kazoo() {
    with_server(async || kazoo::run(&servers("/app")).await);
    blocking::with_server(|| kazoo_blocking::run(&servers("/app")));
}

#[test]
fn recipes() {
    let server = Server::builder().load(r#"{"znodes": {"/report": ""}}"#).start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = zookit::Client::connect(server.address()).await.unwrap();
        recipes::run(&client).await.unwrap();
        let report = client.get_data("/report").await.unwrap();
        assert_eq!(report.data.as_deref(), Some(&b"done"[..]));
    });
}

#[test]
fn rust_crates() {
    with_server(async || rust_crates::run(&servers("/app")).await);
}
