//! Nothing is left behind: no thread, no descriptor. Counted in a process of its own.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zookit_client::admin::AskOptions;
use zookit_client::blocking::{Client, admin};
use zookit_client::{ConnectOptions, Endpoint, ErrorCode, Limits, Zxid};
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::{Operation as _, Xid};

use crate::guard::Guard;
use crate::peer::{SESSION, TIMEOUT_MS, handshake_frame, reply_frame};

/// Set in the process that counts.
const COUNTS: &str = "ZOOKIT_BLOCKING_COUNTS";

/// The clients of one round; more than a leak of one each could hide among.
const CLIENTS: usize = 20;

#[test]
fn nothing_is_left_behind() {
    // In both processes.
    let _guard = Guard::new();
    if env::var_os(COUNTS).is_some() {
        return count();
    }
    let name = thread::current().name().expect("tests run in threads of their names").to_owned();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", &name, "--test-threads=1", "--nocapture"]).env(COUNTS, "yes");
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "the child has counted: {said}");
}

fn count() {
    let server = Server::start();
    // With one first, so that a thread which stays is told at once.
    drop(Client::connect(&*server.address).unwrap());
    comes(|| !names().iter().any(|name| name.starts_with("zookit")));
    round(&server);
    let before = (entries("task"), entries("fd"));
    for _ in 0..CLIENTS {
        round(&server);
    }
    comes(|| (entries("task"), entries("fd")) == before);
}

/// A thread that has ended may be listed for a moment longer.
fn comes(true_in_time: impl Fn() -> bool) {
    let begun = Instant::now();
    while !true_in_time() {
        let (threads, descriptors) = (names(), entries("fd"));
        let in_time = begun.elapsed() < Duration::from_secs(5);
        assert!(in_time, "left behind among {threads:?} and {descriptors} descriptors");
        thread::yield_now();
    }
}

/// Clients that end in each of the ways there are.
fn round(server: &Server) {
    let connect = || Client::connect_with(&*server.address, ConnectOptions::default()).unwrap();
    // By name, so that a look-up runs on a thread of the runtime.
    let named = server.address.replace("127.0.0.1", "localhost");
    let by_name = Client::connect_with(&*named, ConnectOptions::default()).unwrap();
    by_name.close().unwrap();
    let clone = by_name.clone();
    drop(by_name);
    drop(clone);

    drop(connect());
    let (watch, states) = {
        let client = connect();
        (client.submit().exists_and_watch("/a"), client.states())
    };
    watch.wait().unwrap_err();
    assert!(states.last().is_some());
    drop(connect().export().unwrap());

    let connect_timeout = Duration::from_millis(20);
    let limits = Limits { close_timeout: connect_timeout, ..Limits::default() };
    let options = ConnectOptions { connect_timeout, limits, ..ConnectOptions::default() };
    let nobody = "127.0.0.1:1";
    Client::connect_with(nobody, options).unwrap_err();
    drop(Client::connect_lazy(nobody, ConnectOptions::default()).unwrap());

    // By name, as above.
    let nobody = Endpoint::new("localhost", 1);
    admin::ruok(&nobody, &AskOptions::default()).unwrap_err();
}

fn entries(of: &str) -> usize {
    fs::read_dir(format!("/proc/self/{of}")).unwrap().count()
}

fn names() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm"));
    tasks.filter_map(|task| task.ok().and_then(|task| name(task).ok())).collect()
}

/// Grants sessions and hangs up when they are to be closed; answers nothing else.
struct Server {
    address: String,
}

impl Server {
    fn start() -> Self {
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream));
                }
            });
        });
        Self { address: told.recv_timeout(super::PATIENCE).unwrap() }
    }
}

async fn serve(mut stream: tokio::net::TcpStream) {
    let mut frame = Vec::new();
    let mut granted = false;
    const CLOSE: [u8; 4] = CloseSession::NUMBER.to_be_bytes();
    while let Ok(length) = stream.read_u32().await {
        frame.resize(length.try_into().unwrap(), 0);
        if stream.read_exact(&mut frame).await.is_err() {
            return;
        }
        let (xid, opcode) = frame.split_at(4);
        let reply = match granted {
            false => handshake_frame(TIMEOUT_MS, SESSION).into(),
            true if opcode == CLOSE => {
                let xid = Xid(i32::from_be_bytes(xid.try_into().unwrap()));
                reply_frame(xid, Zxid(1), ErrorCode::Ok, &())
            }
            true => continue,
        };
        granted = true;
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}
