//! The blocking twin, against the scripted peer on a thread of its own, and on a real clock.
//!
//! The peer's script is on one side of each test and the program on the other; where they must know
//! of each other they wait for something to happen, and nowhere for time to pass.

mod admin;
mod calls;
mod endings;
mod heartbeats;
#[cfg(target_os = "linux")]
mod leaks;
mod several;
mod watches;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::ConnectOptions;
use zookit_client::blocking::Client;
use zookit_proto::ops::close_session::CloseSession;

use crate::guard::Guard;
use crate::peer::{Line, Peer, SERVER, options};

/// Nothing here takes longer, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The other side of a test.
pub(crate) struct Script {
    thread: thread::JoinHandle<()>,
    /// The script has its time, and with it the peer; the test waits for the client besides.
    _guard: Guard,
}

impl Script {
    /// Waits until the script has come to its end.
    pub(crate) fn done(self) {
        self.thread.join().expect("the script comes to its end");
    }
}

/// A script goes on when it is told to.
pub(crate) async fn told(go_on: mpsc::Receiver<()>) {
    // A thread of the runtime's, which the end of the runtime waits for: so not for ever.
    let told = tokio::task::spawn_blocking(move || go_on.recv_timeout(PATIENCE));
    told.await.unwrap().expect("the script is told to go on");
}

/// Options under which a client connects to a peer that plays this script.
pub(crate) fn scripted<F>(script: F) -> (ConnectOptions, Script)
where
    F: AsyncFnOnce(Peer) + Send + 'static,
{
    let (options, peer) = options();
    let play = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let played = runtime.block_on(async { timeout(PATIENCE, script(peer)).await });
        played.expect("the script is played in time");
    };
    (options, Script { thread: thread::spawn(play), _guard: Guard::new() })
}

/// A client that is connected to a peer which plays this script on its first connection.
pub(crate) fn connected<F>(script: F) -> (Client, Script)
where
    F: AsyncFnOnce(&mut Line) + Send + 'static,
{
    let (options, script) = scripted(async move |mut peer: Peer| {
        let mut line = peer.accept().await;
        script(&mut line).await;
    });
    (Client::connect_with(SERVER, options).unwrap(), script)
}

/// Takes the end of the session.
pub(crate) async fn closes(line: &mut Line) {
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 99, &()).await;
    assert!(line.next_asked().await.is_none(), "the connection is closed");
}
