//! The embedded server: how fast it answers beside a real one, how soon it is ready, and what much
//! costs it.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::runtime::Builder;
use zookit_client::{Client, CreateMode, Error, Version};
use zookit_proto::connect::ConnectRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::types::{Acl, CreateMode as Mode, Password, Perms};
use zookit_proto::{OpCode, Request, SessionId, Text, Xid, Zxid, frame};
use zookit_server::core::{Config, Server as Machine, Time};
use zookit_server::testing::Server;

use crate::Res;
use crate::alloc;
use crate::load::Mark;
use crate::statistics::median;

/// Requests in flight.
const WINDOW: usize = 1024;

/// The znode that is read and written, and its data.
const PATH: &str = "/bench-embedded";
const DATA: [u8; 100] = [b'x'; 100];

/// The server as a process of its own, as our own executable; ended when this is dropped.
#[derive(Debug)]
pub struct Embedded {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Embedded {
    /// Starts it.
    ///
    /// # Errors
    /// There is no second process to be had, or it does not say where it listens.
    pub fn start() -> Res<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("embedded").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process's `main`: prints its address, and serves until its standard input ends.
///
/// # Errors
/// There is no port to listen on.
pub fn run_embedded() -> Res<()> {
    let any_number = |config: &mut Config| config.max_client_connections = 0;
    let server = Server::builder().config(any_number).start()?;
    println!("{}", server.address());
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    Ok(())
}

/// All of it, or what has `only` in its name; `real` is an Apache ZooKeeper to compare the rates with.
///
/// # Errors
/// A server cannot be started, or does not answer.
pub fn embedded(real: Option<SocketAddr>, quick: bool, only: &str) -> Res<()> {
    let wanted = |name: &str| name.contains(only);
    if wanted("ready") {
        ready(if quick { 5 } else { 50 })?;
    }
    if wanted("rates") {
        let millis = if quick { 300 } else { 1000 };
        rates(real, if quick { 3 } else { 9 }, Duration::from_millis(millis))?;
    }
    if wanted("heap") {
        println!("\n| what | how many | heap bytes each |");
        println!("|:--|--:|--:|");
        let many = if quick { 100_000 } else { 1_000_000 };
        znodes(many)?;
        watches(many)?;
    }
    if wanted("sessions") {
        sessions(if quick { 1000 } else { 10_000 })?;
    }
    Ok(())
}

/// How long it takes to start.
fn ready(times: usize) -> Res<()> {
    let mut took = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        let server = Server::builder().start()?;
        let _connected = TcpStream::connect(server.address())?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let mut process = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        let _embedded = Embedded::start()?;
        process.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let longest = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
    println!(
        "Ready after {:.2} ms (at most {:.2}) in a process, {:.1} ms (at most {:.1}) as one; {times} times each.\n",
        median(&took),
        longest(&took),
        median(&process),
        longest(&process),
    );
    Ok(())
}

fn rates(real: Option<SocketAddr>, rounds: usize, span: Duration) -> Res<()> {
    let ours = Embedded::start()?;
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let (mut real_reads, mut real_writes) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (read, written) = pipelined(ours.address, span)?;
        reads.push(read);
        writes.push(written);
        if let Some(real) = real {
            let (read, written) = pipelined(real, span)?;
            real_reads.push(read);
            real_writes.push(written);
        }
    }
    println!("| on one connection, {WINDOW} in flight | embedded, 1000/s | real, 1000/s | times |");
    println!("|:--|--:|--:|--:|");
    for (what, ours, real) in [("getData", &reads, &real_reads), ("setData", &writes, &real_writes)]
    {
        let ours = median(ours);
        match real.is_empty() {
            true => println!("| {what} of 100 bytes | {:.1} | - | - |", ours / 1e3),
            false => {
                let real = median(real);
                let times = ours / real;
                println!(
                    "| {what} of 100 bytes | {:.1} | {:.1} | {times:.1} |",
                    ours / 1e3,
                    real / 1e3
                );
            }
        }
    }
    Ok(())
}

/// Reads and writes in a second, each kind for so long.
fn pipelined(address: SocketAddr, span: Duration) -> Res<(f64, f64)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let rates = runtime.block_on(async {
        let client = Client::connect(&*address.to_string()).await?;
        match client.create(PATH, &DATA[..], CreateMode::Persistent).await {
            Err(error) if !error.is_node_exists() => return Err(error.into()),
            _ => {}
        }
        let reads = keep_up(span, || client.get_data(PATH)).await?;
        let writes = keep_up(span, || client.set_data(PATH, &DATA[..], Version::Any)).await?;
        client.close().await?;
        Ok::<_, crate::Error>((reads, writes))
    })?;
    Ok(rates)
}

/// Keeps the window full for so long; how many were answered in a second.
async fn keep_up<T, A>(span: Duration, mut ask: impl FnMut() -> A) -> Res<f64>
where
    A: Future<Output = Result<T, Error>>,
{
    let mut answers: VecDeque<_> = (0..WINDOW).map(|_| Box::pin(ask())).collect();
    let (begun, mut answered) = (Instant::now(), 0_u32);
    while begun.elapsed() < span {
        for _ in 0..WINDOW / 4 {
            if let Some(answer) = answers.pop_front() {
                answer.await?;
            }
            answers.push_back(Box::pin(ask()));
            answered += 1;
        }
    }
    let rate = f64::from(answered) / begun.elapsed().as_secs_f64();
    for answer in answers {
        answer.await?;
    }
    Ok(rate)
}

/// The heap of a tree, beyond what its paths and data are.
fn znodes(count: usize) -> Res<()> {
    let mut machine = Machine::new(Config::default(), 1);
    let create = |machine: &mut Machine, path: &str| {
        let request = Request::Create(CreateRequest {
            path: path.into(),
            data: Some(Bytes::copy_from_slice(&DATA)),
            acl: Some(vec![Acl::world(Perms::ALL)]),
            mode: Mode::Persistent,
        });
        machine.execute(Time::ZERO, SessionId::NONE, &request).map(|_| ())
    };
    create(&mut machine, "/n").map_err(|code| code.to_string())?;
    alloc::count(true);
    let before = alloc::live_bytes();
    let mut own = 0;
    for directory in 0..count / 1000 {
        let parent = format!("/n/{directory:04}");
        create(&mut machine, &parent).map_err(|code| code.to_string())?;
        own += parent.len() + DATA.len();
        for number in 0..999 {
            let path = format!("{parent}/znode-{number:06}");
            create(&mut machine, &path).map_err(|code| code.to_string())?;
            own += path.len() + DATA.len();
        }
    }
    let heap = alloc::live_bytes() - before;
    alloc::count(false);
    let beyond = (heap - i64::try_from(own)?) / i64::try_from(count)?;
    println!("| znodes, beyond path and data | {count} | {beyond} |");
    Ok(())
}

/// The heap of watches set by one connection.
fn watches(count: usize) -> Res<()> {
    let mut machine = Machine::new(Config::default(), 1);
    let now = Time::ZERO;
    let line = machine.connect(now, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
    machine.receive(now, line, &mut BytesMut::from(&handshake()[..]));
    drain(&mut machine);
    alloc::count(true);
    let before = alloc::live_bytes();
    for batch in 0..count / 1000 {
        let path = |number| Text::from(format!("/bench/{batch:06}/w-{number:06}").as_str());
        let body = SetWatchesRequest {
            relative_zxid: Zxid(0),
            data_watches: Vec::new(),
            // Of znodes that are not there, so that they stay.
            exist_watches: (0..1000).map(path).collect(),
            child_watches: Vec::new(),
        };
        let opcode = OpCode::SetWatches.number();
        let mut request = frame::request(Xid::SET_WATCHES, opcode, &body, usize::MAX)?;
        machine.receive(now, line, &mut request);
        drain(&mut machine);
    }
    let heap = alloc::live_bytes() - before;
    alloc::count(false);
    let held = machine.watches().len();
    if held != count {
        return Err(format!("{held} watches are held, and {count} were set").into());
    }
    println!("| watches, with their paths | {count} | {} |", heap / i64::try_from(count)?);
    Ok(())
}

/// Asks for a new session.
fn handshake() -> Bytes {
    frame::around(&ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(0),
        timeout_ms: 30_000,
        session_id: SessionId::NONE,
        password: Some(Password::zeros()),
        read_only: Some(false),
    })
}

/// Takes what the machine says.
fn drain(machine: &mut Machine) {
    while let Some(line) = machine.poll_transmit() {
        let count = machine.transmit(line).map(<[u8]>::len).sum();
        machine.written(line, count);
    }
}

/// Sessions that are idle, and each of which is answered its pings.
fn sessions(count: usize) -> Res<()> {
    let embedded = Embedded::start()?;
    let begun = Instant::now();
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        let mut line = TcpStream::connect(embedded.address)?;
        line.set_read_timeout(Some(Duration::from_secs(10)))?;
        line.write_all(&handshake())?;
        lines.push(line);
    }
    let mut reply = [0; 41];
    for line in &mut lines {
        line.read_exact(&mut reply)?;
    }
    let opened = begun.elapsed();
    let ping = frame::request(Xid::PING, OpCode::Ping.number(), &(), usize::MAX)?;
    let (mark, mut pong) = (Mark::now(), [0; 20]);
    for line in &mut lines {
        line.write_all(&ping)?;
    }
    for line in &mut lines {
        line.read_exact(&mut pong)?;
    }
    let (pinged, _) = mark.since();
    println!(
        "\n{count} sessions were opened in {:.2} s, and all of them were answered a ping each within {:.2} s.",
        opened.as_secs_f64(),
        pinged,
    );
    Ok(())
}
