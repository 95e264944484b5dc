//! The crowd: connections that keep the server waiting.

use std::io::{BufRead as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A handshake that announces its 45 bytes, and never has all of them.
const HANDSHAKE: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[3] = 45;
    bytes
};

/// The longest request there may be, and one that there cannot be.
const LONGEST: [u8; 4] = 0x000f_ffff_u32.to_be_bytes();
const TOO_LONG: [u8; 4] = 0x7fff_ffff_u32.to_be_bytes();

/// Connects, and then does what its kind does at each line that it reads; says each time when it
/// is done. Ends with its standard input.
pub(crate) fn crowd(kind: &str, address: SocketAddr, count: usize) {
    let connect = || TcpStream::connect(address).expect("a connection");
    let mut streams: Vec<TcpStream> = (0..count).map(|_| connect()).collect();
    println!("done");
    for (round, line) in std::io::stdin().lock().lines().enumerate() {
        line.unwrap();
        for (number, stream) in streams.iter_mut().enumerate() {
            match kind {
                "nothing" => {}
                "bytes" => stream.write_all(&HANDSHAKE[round..=round]).unwrap(),
                // Of those that were closed, some are heard of only now.
                "lengths" if number % 2 == 1 => drop(stream.write(&TOO_LONG)),
                "lengths" if round == 0 => stream.write_all(&LONGEST).unwrap(),
                "lengths" => stream.write_all(&[0; 100]).unwrap(),
                kind => panic!("no such kind: {kind}"),
            }
        }
        println!("done");
    }
}
