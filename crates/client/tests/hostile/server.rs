//! The server of one case: a listener, a thread for each connection, and what they noticed.

use std::io;
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::line::Line;

/// What a server does with each connection. An error is the connection's end.
pub(crate) type Script = fn(&mut Line) -> io::Result<()>;

/// A client that opens more connections than this is shown the door.
const MOST_CONNECTIONS: usize = 500;

/// Once the client has gone and its connections are shut, each thread ends within this.
const STOPPING: Duration = Duration::from_secs(10);

/// What the threads of a server have in common.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    scene: Mutex<Scene>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Scene {
    over: bool,
    /// Where the connection comes from that wakes the listener; all before it are the client's.
    last: Option<SocketAddr>,
    connections: usize,
    faults: Vec<String>,
    /// The threads that run, by what they do, and the connection that each of them serves.
    running: Vec<(String, Option<TcpStream>)>,
}

impl Stage {
    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().expect("nobody panics with it")
    }

    /// Whether the client has gone.
    pub(crate) fn is_over(&self) -> bool {
        self.scene().over
    }

    /// Lets time pass, or the client go.
    pub(crate) fn pause(&self, duration: Duration) {
        drop(self.changed.wait_timeout_while(self.scene(), duration, |scene| !scene.over));
    }

    /// Whether this connection is the one that wakes the listener in the end.
    fn is_last(&self, stream: &TcpStream) -> bool {
        let last = self.scene().last;
        last.is_some() && stream.peer_addr().ok() == last
    }

    /// One more connection: how many there were before.
    fn count(&self) -> usize {
        let mut scene = self.scene();
        scene.connections += 1;
        scene.connections - 1
    }

    /// Begins a thread, unless it is all over.
    fn begin(
        self: &Arc<Self>,
        name: String,
        stream: Option<TcpStream>,
        thread: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) {
        let mut scene = self.scene();
        if scene.over {
            return;
        }
        scene.running.push((name.clone(), stream));
        drop(scene);
        self.changed.notify_all();
        let stage = Arc::clone(self);
        thread::spawn(move || {
            thread(&stage);
            stage.scene().running.retain(|(other, _)| *other != name);
            stage.changed.notify_all();
        });
    }

    /// Shuts every connection, whoever has the other end: a script that waits for it hears so. And
    /// wakes the listener, behind whatever it has not taken yet.
    fn end(&self, listener: SocketAddr) {
        let mut scene = self.scene();
        scene.over = true;
        // It is in the listener's queue before that can ask whether it is the last.
        let waking = TcpStream::connect_timeout(&listener, STOPPING);
        scene.last = waking.as_ref().ok().and_then(|waking| waking.local_addr().ok());
        for stream in scene.running.iter().filter_map(|(_, stream)| stream.as_ref()) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(scene);
        self.changed.notify_all();
    }

    /// The threads that have not ended within this time.
    fn left_after(&self, time: Duration) -> Vec<String> {
        let waited =
            self.changed.wait_timeout_while(self.scene(), time, |scene| !scene.running.is_empty());
        let (scene, _) = waited.expect("nobody panics with it");
        scene.running.iter().map(|(name, _)| name.clone()).collect()
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stage: Arc<Stage>,
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stage = Arc::new(Stage::default());
        stage.begin("the listener".to_owned(), None, move |stage| accept(&listener, stage, script));
        Self { address, stage }
    }

    /// Ends all connections. How many there were, and what was wrong with them or their ends.
    pub(crate) fn stop(self) -> (usize, Vec<String>) {
        self.stop_within(STOPPING)
    }

    fn stop_within(self, time: Duration) -> (usize, Vec<String>) {
        self.stage.end(self.address);
        let left = self.stage.left_after(time);
        let mut scene = self.stage.scene();
        let mut faults = mem::take(&mut scene.faults);
        faults.extend(left.iter().map(|name| format!("{name} does not end")));
        (scene.connections, faults)
    }
}

fn accept(listener: &TcpListener, stage: &Arc<Stage>, script: Script) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if stage.is_last(&stream) {
            break;
        }
        let turn = stage.count();
        if turn >= MOST_CONNECTIONS {
            continue;
        }
        let Ok(shared) = stream.try_clone() else { continue };
        let serve = move |stage: &Arc<Stage>| serve(stream, turn, stage, script);
        stage.begin(format!("connection {turn}"), Some(shared), serve);
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
        stage.scene().faults.push(fault);
    }
}

/// Whoever connects may be no client of the case: a port is somebody else's sooner or later.
#[test]
fn a_server_ends_although_a_connection_to_it_lives_on() {
    let server = Server::start(Line::serve);
    let mut stranger = TcpStream::connect(server.address).unwrap();
    let (heard, hears) = std::sync::mpsc::channel();
    thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let handshake = [&[0, 0, 0, 44][..], &[0; 44]].concat();
        let ping = [0, 0, 0, 8, 255, 255, 255, 254, 0, 0, 0, 11];
        stranger.write_all(&handshake).unwrap();
        let mut answer = [0; 20];
        while stranger.write_all(&ping).and_then(|()| stranger.read_exact(&mut answer)).is_ok() {
            let _ = heard.send(());
        }
    });
    hears.recv_timeout(STOPPING).expect("it is served");
    assert_eq!(server.stop(), (1, vec![]));
}

#[test]
fn a_server_that_does_not_end_is_told_by_its_threads() {
    let server = Server::start(|_| {
        loop {
            thread::park();
        }
    });
    let _connection = TcpStream::connect(server.address).unwrap();
    let begun = |scene: &mut Scene| scene.running.len() < 2;
    drop(server.stage.changed.wait_timeout_while(server.stage.scene(), STOPPING, begun));
    let (_, faults) = server.stop_within(Duration::from_millis(50));
    assert_eq!(faults, ["connection 0 does not end"]);
}

/// A client may have gone before the listener has taken all its connections.
#[test]
fn a_connection_that_was_never_taken_is_counted() {
    let server = Server::start(Line::serve);
    let scene = server.stage.scene();
    let connections = [(); 20].map(|()| TcpStream::connect(server.address).unwrap());
    drop((connections, scene));
    assert_eq!(server.stop(), (20, vec![]));
}
