//! Beside kazoo.

mod counts;
mod locks;
mod parties;
mod queues;

use zookit_recipes::{ClaimOptions, Naming, Parents};

/// Ours as kazoo's, with parents that stay: kazoo makes them once for each of its recipes.
fn as_kazoo() -> ClaimOptions {
    ClaimOptions {
        naming: Naming::Kazoo,
        data: "zookit".into(),
        parents: Parents::Persistent,
        ..ClaimOptions::default()
    }
}
