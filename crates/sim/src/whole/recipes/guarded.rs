//! A counter that is a znode, to which holders add by guarded transactions: no version is asked for,
//! only that the claim is still there. No update may be lost (`fencing`).

use zookit_client::{Client, Transaction as Multi, Version, Zxid};
use zookit_recipes::{Claim, Error};
use zookit_server::core::{Change, Transaction};

use super::play::{Actor, Held, broken, make};

/// Which znode.
pub(super) const COUNTER: &str = "/r/counter";

pub(super) async fn prepare(client: &Client) -> Held {
    make(client, COUNTER).await
}

/// Adds one; time passes between reading and writing.
pub(super) async fn add(actor: &mut Actor, claim: &Claim) {
    // Behind a fence: an earlier write of this holder, whose reply was lost, may be on its way.
    let read = claim.client().linearizable_read(|client| client.get_data(COUNTER)).await;
    let Some(value) = read.ok().and_then(|node| number(node.data.as_deref())) else { return };
    let most = [20, 500, 10_000][actor.rng.usize(0..3)];
    actor.pause(most).await;
    let next = (value + 1).to_string();
    let write = Multi::new().set_data(COUNTER, next, Version::Any);
    match actor.whim(claim.guarded_multi(write)).await {
        Some(Ok(_)) => actor.count("written under guard"),
        Some(Err(Error::Lost { .. })) => actor.count("refused by guard"),
        _ => {}
    }
}

fn number(data: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(data?).ok()?.parse().ok()
}

/// Each write of the counter says one more than the one before.
pub(super) fn judge(history: &[Transaction]) -> Held {
    let mut value = 0;
    history.iter().try_for_each(|done| follows(&done.change, &mut value, done.zxid))
}

fn follows(change: &Change, value: &mut u64, zxid: Zxid) -> Held {
    match change {
        Change::SetData { path, data, .. } if *path == *COUNTER => {
            let written = number(data.as_deref());
            if written != Some(*value + 1) {
                let what = format!("at {zxid} the counter went from {value} to {written:?}");
                return broken("fencing", what);
            }
            *value += 1;
            Ok(())
        }
        Change::Multi(changes) => {
            changes.iter().try_for_each(|change| follows(change, value, zxid))
        }
        _ => Ok(()),
    }
}
