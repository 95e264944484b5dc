//! The server of one case: a listener, a thread for each connection, and what they noticed.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::line::Line;

/// What a server does with each connection. An error is the connection's end.
pub(crate) type Script = fn(&mut Line) -> io::Result<()>;

/// A client that opens more connections than this is shown the door.
const MOST_CONNECTIONS: usize = 500;

/// What the threads of a server have in common.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    over: Mutex<bool>,
    ended: Condvar,
    connections: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Stage {
    /// Whether the client has gone.
    pub(crate) fn is_over(&self) -> bool {
        *self.over.lock().expect("nobody panics with it")
    }

    /// Lets time pass, or the client go.
    pub(crate) fn pause(&self, duration: Duration) {
        let over = self.over.lock().expect("nobody panics with it");
        drop(self.ended.wait_timeout_while(over, duration, |over| !*over));
    }

    fn end(&self) {
        *self.over.lock().expect("nobody panics with it") = true;
        self.ended.notify_all();
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stage: Arc<Stage>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stage = Arc::new(Stage::default());
        let accepting = {
            let stage = Arc::clone(&stage);
            thread::spawn(move || accept(&listener, &stage, script))
        };
        Self { address, stage, accepting }
    }

    /// Ends all connections. How many there were, and what the scripts found wrong with them.
    pub(crate) fn stop(self) -> (usize, Vec<String>) {
        self.stage.end();
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
        self.accepting.join().expect("nothing in it panics");
        let faults = self.stage.faults.lock().expect("nobody panics with it").clone();
        (self.stage.connections.load(Ordering::Relaxed), faults)
    }
}

fn accept(listener: &TcpListener, stage: &Arc<Stage>, script: Script) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if stage.is_over() {
            break;
        }
        let Ok(stream) = stream else { continue };
        let turn = stage.connections.fetch_add(1, Ordering::Relaxed);
        if turn >= MOST_CONNECTIONS {
            continue;
        }
        let stage = Arc::clone(stage);
        threads.push(thread::spawn(move || serve(stream, turn, &stage, script)));
    }
    for thread in threads {
        thread.join().expect("panics are caught in it");
    }
}

fn serve(stream: TcpStream, turn: usize, stage: &Arc<Stage>, script: Script) {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut line = Line::new(stream, turn, Arc::clone(stage));
        // An error is how a script hears that the client has hung up.
        let _ = script(&mut line);
        line.end();
    }));
    if let Err(panic) = played {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let fault = format!("connection {turn}: {}", text.unwrap_or_default());
        stage.faults.lock().expect("nobody panics with it").push(fault);
    }
}
