//! A server that costs next to nothing: blocking, one thread per connection, replies prepared.
//!
//! It runs as a process of its own, so that what the kernel says of our process is the clients'
//! alone, and on a core of its own where there are two. A turn is one read of whatever the socket
//! has, at most 64 KiB, and one write of all the replies to it.

pub mod frames;

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use crate::Res;
use crate::cores;
use frames::{RAW, REPLY_BYTES, REQUEST_BYTES, XID_AT};

/// A read takes at most this much: small enough that both sides work at once on large windows.
const READ_BYTES: usize = 64 * 1024;

/// Enough for a handler, which keeps its buffers on the heap.
const STACK_BYTES: usize = 128 * 1024;

static NEXT_SESSION: AtomicI64 = AtomicI64::new(0x1000_0000_0000_0001);

/// The process, ended when this is dropped.
#[derive(Debug)]
pub struct Stub {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Stub {
    /// Starts it from our own executable.
    ///
    /// # Errors
    /// There is no second process to be had, or it does not say where it listens.
    pub fn start() -> Res<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("stub").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("the stub has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process's `main`: prints its address, and serves until its standard input ends.
///
/// # Errors
/// There is no port to listen on.
pub fn run() -> Res<()> {
    cores::pin_server();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handler = thread::Builder::new().stack_size(STACK_BYTES);
            let _ = handler.spawn(move || serve(stream));
        }
    });
    // Whoever started us holds the other end of this pipe, and may end without a word.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    Ok(())
}

/// One connection, to its end; how it ends is no concern of the stub.
fn serve(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut first = [0; 4];
    if stream.read_exact(&mut first).is_ok() {
        let _ = if first == RAW { serve_raw(stream) } else { serve_client(stream, first) };
    }
}

/// The other end of the limit: counts bytes, and answers each request's worth with a reply's.
fn serve_raw(mut stream: TcpStream) -> io::Result<()> {
    let replies = frames::get_data_reply().repeat(READ_BYTES / REQUEST_BYTES + 1);
    let mut input = vec![0; READ_BYTES];
    let mut pending = 0;
    loop {
        let read = stream.read(&mut input)?;
        if read == 0 {
            return Ok(());
        }
        pending += read;
        stream.write_all(&replies[..pending / REQUEST_BYTES * REPLY_BYTES])?;
        pending %= REQUEST_BYTES;
    }
}

fn serve_client(mut stream: TcpStream, length: [u8; 4]) -> io::Result<()> {
    let mut handshake = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut handshake)?;
    let timeout = i32::from_be_bytes(at(&handshake, 12));
    let session = match i64::from_be_bytes(at(&handshake, 16)) {
        0 => NEXT_SESSION.fetch_add(1, Ordering::Relaxed),
        resumed => resumed,
    };
    stream.write_all(&frames::connect_response(timeout, session))?;
    let mut replies = Replies::new();
    let mut input = vec![0; 2 * READ_BYTES];
    let mut filled = 0;
    loop {
        let room = input.len().min(filled + READ_BYTES);
        let read = stream.read(&mut input[filled..room])?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let done = replies.answer_all(&input[..filled]);
        input.copy_within(done..filled, 0);
        filled -= done;
        if filled >= 4 {
            let wanted = 4 + u32::from_be_bytes(at(&input, 0)) as usize;
            input.resize(input.len().max(wanted + READ_BYTES), 0);
        }
        if !replies.silent {
            stream.write_all(&replies.output)?;
        }
        replies.output.clear();
        if replies.over {
            return Ok(());
        }
    }
}

/// The bytes of a number.
fn at<const N: usize>(bytes: &[u8], index: usize) -> [u8; N] {
    let mut number = [0; N];
    number.copy_from_slice(&bytes[index..index + N]);
    number
}

/// The first frame, without its length, if all of it is there.
fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_be_bytes(bytes.first_chunk().copied()?) as usize;
    bytes.get(4..4 + length)
}

/// What is prepared, and what is written next.
#[derive(Debug)]
pub struct Replies {
    get_data: Vec<u8>,
    stat: Vec<u8>,
    empty: Vec<u8>,
    /// The replies to be written.
    pub output: Vec<u8>,
    /// Behind these replies the connection is to be closed.
    pub over: bool,
    silent: bool,
}

impl Default for Replies {
    fn default() -> Self {
        Self::new()
    }
}

impl Replies {
    /// Prepares them.
    #[must_use]
    pub fn new() -> Self {
        Self {
            get_data: frames::get_data_reply(),
            stat: frames::stat_reply(),
            empty: frames::empty_reply(),
            output: Vec::with_capacity(4 * READ_BYTES),
            over: false,
            silent: false,
        }
    }

    /// Answers every whole frame; how many bytes they were.
    pub fn answer_all(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        while let Some(frame) = whole_frame(&bytes[done..]) {
            done += 4 + frame.len();
            self.answer(frame);
        }
        done
    }

    fn answer(&mut self, frame: &[u8]) {
        let xid: [u8; 4] = at(frame, 0);
        let reply = match i32::from_be_bytes(at(frame, 4)) {
            4 => &self.get_data,
            3 => &self.stat,
            5 => {
                let path = &frame[12..];
                self.over = path.starts_with(frames::HANG_UP.as_bytes());
                self.silent |= path.starts_with(frames::FALL_SILENT.as_bytes());
                &self.stat
            }
            -11 => {
                self.over = true;
                &self.empty
            }
            _ => &self.empty,
        };
        let start = self.output.len();
        self.output.extend_from_slice(reply);
        self.output[start + XID_AT..start + XID_AT + 4].copy_from_slice(&xid);
    }
}
