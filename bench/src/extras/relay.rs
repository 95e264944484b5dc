//! The relay: what passes through it, against the same without it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use zookit_proxy::Proxy;

use crate::Res;
use crate::statistics::{interval, median};

/// What is written at a time where it is about bytes.
const CHUNK: usize = 64 << 10;

/// A small request, and its answer.
const MESSAGE: usize = 64;

/// Bytes one way, and round trips of a small message, directly and through the proxy in turns.
///
/// # Errors
/// No sockets.
pub fn relay(quick: bool, rounds: usize) -> Res<()> {
    let (bytes, trips) = if quick { (256 << 20, 5_000) } else { (2 << 30, 50_000) };
    let server = echo_or_count()?;
    let proxy = Proxy::start(server)?;
    let mut table = [const { Vec::new() }; 6];
    for _ in 0..rounds {
        let (direct, relayed) = (stream(server, bytes)?, stream(proxy.address(), bytes)?);
        let (straight, around) = (trip(server, trips)?, trip(proxy.address(), trips)?);
        let row = [direct, relayed, relayed / direct, straight, around, around / straight];
        table.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    println!("| | directly | through the proxy | ratio (95 %) |");
    println!("|---|--:|--:|--:|");
    for (what, columns) in ["one way, GB/s", "round trip of 64 bytes, µs"].iter().zip([0, 3]) {
        let [direct, relayed, ratio] = &table[columns..columns + 3] else { continue };
        let (low, high) = interval(ratio);
        println!(
            "| {what} | {:.2} | {:.2} | {:.2} ({low:.2}-{high:.2}) |",
            median(direct),
            median(relayed),
            median(ratio),
        );
    }
    Ok(())
}

/// A server whose connections say with their first byte what they are for: `e` echoes messages, `c`
/// reads to the end and answers one byte.
fn echo_or_count() -> Res<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drop(serve(stream)));
        }
    });
    Ok(address)
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut what = [0];
    stream.read_exact(&mut what)?;
    if what == *b"e" {
        let mut message = [0; MESSAGE];
        loop {
            stream.read_exact(&mut message)?;
            stream.write_all(&message)?;
        }
    }
    let mut buffer = vec![0; CHUNK];
    while stream.read(&mut buffer)? > 0 {}
    stream.write_all(b".")
}

/// Gigabytes a second, until the other end has read all of them.
fn stream(address: SocketAddr, bytes: usize) -> Res<f64> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"c")?;
    let chunk = vec![7; CHUNK];
    let begun = Instant::now();
    for _ in 0..bytes / CHUNK {
        stream.write_all(&chunk)?;
    }
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_exact(&mut [0])?;
    Ok(bytes as f64 / begun.elapsed().as_secs_f64() / 1e9)
}

/// Microseconds for one round trip.
fn trip(address: SocketAddr, trips: usize) -> Res<f64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(b"e")?;
    let mut message = [7; MESSAGE];
    let begun = Instant::now();
    for _ in 0..trips {
        stream.write_all(&message)?;
        stream.read_exact(&mut message)?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / trips as f64)
}
