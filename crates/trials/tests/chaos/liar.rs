//! A network whose servers lie: between a client and the simulated ensemble, frames are changed.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex};
use zookit_client::{BoxFuture, ConnectOptions, Dialer, Endpoint, Transport};
use zookit_sim::check::MemberLeft;
use zookit_sim::observe::ClientId;
use zookit_trials::chaos::plan::Accident;
use zookit_trials::chaos::target::{Begun, Boxed, Held, Simulated, Target};

/// What is not true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Some writes are acknowledged, with a stat as it would be, and not done.
    LoseWrites,
    /// Some events of watches are not told.
    SwallowEvents,
    /// Some reads show again what was read there first.
    OldReads,
}

/// One in so many is a lie.
const EVERY: u32 = 12;

/// The simulated ensemble behind a network that lies.
pub(crate) struct Lying {
    servers: Simulated,
    lie: Lie,
    known: Arc<Mutex<Known>>,
}

impl Lying {
    pub(crate) fn new(servers: Simulated, lie: Lie) -> Self {
        Self { servers, lie, known: Arc::default() }
    }
}

/// What all who lie know.
#[derive(Debug, Default)]
struct Known {
    /// How much could have been a lie.
    count: u32,
    /// The first reply to a read of each path.
    first: HashMap<Vec<u8>, Vec<u8>>,
}

impl Known {
    fn strikes(&mut self) -> bool {
        self.count += 1;
        self.count % EVERY == 0
    }
}

const SET_DATA: i32 = 5;
const EXISTS: i32 = 3;
const GET_DATA: i32 = 4;

#[derive(Debug)]
struct LyingDialer {
    inner: Arc<dyn Dialer>,
    lie: Lie,
    known: Arc<Mutex<Known>>,
}

impl Dialer for LyingDialer {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let (server_out, server_in) = {
                let (read, write) = tokio::io::split(self.inner.dial(address, server).await?);
                (write, read)
            };
            let (ours, theirs) = duplex(1 << 20);
            let (client_in, client_out) = tokio::io::split(theirs);
            let (lie, known) = (self.lie, Arc::clone(&self.known));
            let (lost, reads) = (HashSet::new(), HashMap::new());
            let memory = Arc::new(Mutex::new(Memory { lie, known, lost, reads }));
            tokio::spawn(pass_requests(client_in, server_out, Arc::clone(&memory)));
            tokio::spawn(pass_replies(server_in, client_out, memory));
            Ok(Box::new(ours) as Box<dyn Transport>)
        })
    }
}

/// What there is to know of a connection for whoever lies on it.
struct Memory {
    lie: Lie,
    known: Arc<Mutex<Known>>,
    /// Requests whose replies are to be changed.
    lost: HashSet<i32>,
    /// Reads under way.
    reads: HashMap<i32, Vec<u8>>,
}

impl Memory {
    fn strikes(&self) -> bool {
        self.known.lock().unwrap().strikes()
    }

    /// The request as it goes on to the server.
    fn request(&mut self, frame: Vec<u8>) -> Vec<u8> {
        let (Some(xid), Some(opcode)) = (int(&frame, 0), int(&frame, 4)) else { return frame };
        let path = int(&frame, 8).and_then(|length| usize::try_from(length).ok());
        let path = path.and_then(|length| frame.get(12..12 + length)).map(<[u8]>::to_vec);
        match (self.lie, opcode, path) {
            (Lie::LoseWrites, SET_DATA, Some(path)) if self.strikes() => {
                self.lost.insert(xid);
                let mut asked = [xid.to_be_bytes(), EXISTS.to_be_bytes()].concat();
                asked.extend(u32::try_from(path.len()).unwrap().to_be_bytes());
                asked.extend(path);
                asked.push(0);
                asked
            }
            (Lie::OldReads, GET_DATA, Some(path)) => {
                self.reads.insert(xid, path);
                frame
            }
            _ => frame,
        }
    }

    /// The reply as the client gets it; `None`: not at all.
    fn reply(&mut self, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        let (Some(xid), Some(err)) = (int(&frame, 0), int(&frame, 12)) else { return Some(frame) };
        if self.lie == Lie::SwallowEvents && xid == -1 && self.strikes() {
            return None;
        }
        if self.lost.remove(&xid) && err == 0 {
            // The stat: czxid, mzxid, ctime, mtime, version.
            let zxid: [u8; 8] = frame[4..12].try_into().unwrap();
            frame[24..32].copy_from_slice(&zxid);
            let version = int(&frame, 48).unwrap() + 1;
            frame[48..52].copy_from_slice(&version.to_be_bytes());
        }
        if let Some(path) = self.reads.remove(&xid).filter(|_| err == 0) {
            let body = frame.split_off(16);
            let mut known = self.known.lock().unwrap();
            let lies = known.strikes();
            let first = known.first.entry(path).or_insert_with(|| body.clone());
            frame.extend(if lies { &*first } else { &body });
        }
        Some(frame)
    }
}

fn int(frame: &[u8], at: usize) -> Option<i32> {
    frame.get(at..at + 4).map(|bytes| i32::from_be_bytes(bytes.try_into().unwrap()))
}

async fn frame(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; usize::try_from(from.read_i32().await?).unwrap_or(0)];
    from.read_exact(&mut frame).await?;
    Ok(frame)
}

async fn pass_requests(
    mut from: ReadHalf<DuplexStream>,
    mut to: WriteHalf<Box<dyn Transport>>,
    memory: Arc<Mutex<Memory>>,
) -> io::Result<()> {
    let mut is_first = true;
    while let Ok(mut request) = frame(&mut from).await {
        if !std::mem::take(&mut is_first) {
            request = memory.lock().unwrap().request(request);
        }
        to.write_i32(i32::try_from(request.len()).unwrap()).await?;
        to.write_all(&request).await?;
    }
    to.shutdown().await
}

async fn pass_replies(
    mut from: ReadHalf<Box<dyn Transport>>,
    mut to: WriteHalf<DuplexStream>,
    memory: Arc<Mutex<Memory>>,
) -> io::Result<()> {
    let mut is_first = true;
    while let Ok(reply) = frame(&mut from).await {
        let reply = if std::mem::take(&mut is_first) {
            Some(reply)
        } else {
            memory.lock().unwrap().reply(reply)
        };
        if let Some(reply) = reply {
            to.write_i32(i32::try_from(reply.len()).unwrap()).await?;
            to.write_all(&reply).await?;
        }
    }
    to.shutdown().await
}

impl fmt::Debug for Lying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lying").field("lie", &self.lie).finish_non_exhaustive()
    }
}

/// All but the way to it is as the servers have it.
impl Target for Lying {
    fn members(&self) -> usize {
        self.servers.members()
    }

    fn release(&self) -> String {
        format!("{} that lies", self.servers.release())
    }

    fn sides(&self) -> usize {
        self.servers.sides()
    }

    fn partitions(&self) -> bool {
        self.servers.partitions()
    }

    fn wall_ms(&self) -> Option<i64> {
        self.servers.wall_ms()
    }

    fn way(&self, client: ClientId) -> (String, ConnectOptions) {
        let (connect_string, mut options) = self.servers.way(client);
        let inner = Arc::clone(&options.dialer);
        options.dialer =
            Arc::new(LyingDialer { inner, lie: self.lie, known: Arc::clone(&self.known) });
        (connect_string, options)
    }

    fn begin<'a>(&'a self, accident: &'a Accident) -> Boxed<'a, Begun> {
        self.servers.begin(accident)
    }

    fn mend<'a>(&'a self, accident: &'a Accident, begun: Begun) -> Boxed<'a, ()> {
        self.servers.mend(accident, begun)
    }

    fn rest(&self, within: Duration) -> Boxed<'_, ()> {
        self.servers.rest(within)
    }

    fn left(&self, within: Duration) -> Boxed<'_, Vec<MemberLeft>> {
        self.servers.left(within)
    }

    fn end(&self) -> Boxed<'_, Held> {
        self.servers.end()
    }
}
