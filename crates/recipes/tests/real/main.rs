//! The recipes on a real ensemble of three, whose leader is killed.
//!
//! On each release that `ZOOKIT_REAL_CLASSPATHS` lists, one after the other; `cargo xtask test` lists
//! one, with `--all-versions` all. Without the variable nothing runs here, and one line says so. `ZOOKIT_REQUIRE_REAL` turns that into an
//! error.
//!
//! All recipes go through it together, each with clients of its own ([`story`]): first they are set
//! up, then the leader is killed, and then each shows what it kept.

#![cfg(unix)]

mod atomic_long;
mod double_barrier;
mod latch;
mod locking_queue;
mod mutex;
mod persistent_node;
mod read_write;
#[cfg(feature = "discovery")]
mod registration;
mod semaphore;
mod story;
mod tree_cache;

use std::io::Write as _;

use zookit_ensemble::{Cluster, Release};

use crate::story::{Story, bounded};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recipe_outlives_its_leader() {
    let listed = Release::listed().unwrap();
    if listed.is_empty() {
        let required = std::env::var("ZOOKIT_REQUIRE_REAL").unwrap_or_default();
        assert!(required.is_empty(), "ZOOKIT_REQUIRE_REAL wants {required}, and none is listed");
        let skipped = "skipped: recipes on a real ensemble; `cargo xtask test` runs them";
        let _ = writeln!(std::io::stderr(), "{skipped}");
    }
    for release in listed {
        let version = release.version;
        // Before that servers know no containers, which are what recipes make parents of.
        if (version.major, version.minor) < (3, 5) {
            let _ = writeln!(std::io::stderr(), "skipped: {version} knows no containers");
            continue;
        }
        let _ = writeln!(std::io::stderr(), "on {version}");
        outlive(&release).await;
    }
}

async fn outlive(release: &Release) {
    let cluster = Cluster::builder().voters(3).release(release);
    let cluster = bounded("the ensemble starts", cluster.start()).await.unwrap();
    let mut stories = Story::new(&cluster);
    stories.tell("mutex", mutex::outlives);
    stories.tell("read-write lock", read_write::outlives);
    stories.tell("semaphore", semaphore::outlives);
    stories.tell("latch", latch::outlives);
    stories.tell("persistent node", persistent_node::outlives);
    stories.tell("tree cache", tree_cache::outlives);
    stories.tell("atomic long", atomic_long::outlives);
    stories.tell("double barrier", double_barrier::outlives);
    stories.tell("locking queue", locking_queue::outlives);
    #[cfg(feature = "discovery")]
    stories.tell("service registration", registration::outlives);
    stories.run().await;
}
