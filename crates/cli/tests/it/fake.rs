//! A server that does what no real one does when asked: lose a write, expire a session, send names
//! that are traps.
//!
//! It speaks just enough: it grants every session, and a script says what follows each request.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// Operations by their number on the wire.
pub(crate) mod op {
    pub(crate) const PING: i32 = 11;
    pub(crate) const MULTI: i32 = 14;
    pub(crate) const CREATE2: i32 = 15;
    pub(crate) const GET_CHILDREN2: i32 = 12;
    pub(crate) const SET_WATCHES2: i32 = 105;
    pub(crate) const ADD_WATCH: i32 = 106;
    pub(crate) const CLOSE_SESSION: i32 = -11;
}

/// What follows a request.
#[derive(Clone)]
pub(crate) enum Then {
    /// The reply: its code, and what stands behind the header.
    Reply(i32, Vec<u8>),
    /// Nothing at all.
    Silence,
    /// The connection is closed.
    Close,
    /// A reply, and then the connection is closed.
    ReplyAndClose(Vec<u8>),
}

/// Whether a session is granted on the connection of this number, counted from 0.
pub(crate) type Grants = fn(usize) -> bool;

/// Starts one, and returns its address. It ends with the process.
///
/// `script` is asked about each request but pings and the end of the session, with the number of
/// the connection and of the operation.
pub(crate) fn start(
    grants: Grants,
    script: impl Fn(usize, i32) -> Then + Send + Clone + 'static,
) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let script = script.clone();
            let Ok(connection) = connection else { continue };
            thread::spawn(move || serve(connection, grants(number), |op| script(number, op)));
        }
    });
    address
}

fn serve(mut connection: TcpStream, granted: bool, script: impl Fn(i32) -> Then) -> io::Result<()> {
    // ConnectRequest: protocol version, the last zxid seen, the timeout asked for, and more.
    let asked = frame(&mut connection)?;
    let timeout = if granted { &asked[12..16] } else { &[0; 4] };
    let session: i64 = if granted { 0x100 } else { 0 };
    let password = [u8::from(granted); 16];
    let response =
        [&[0; 4], timeout, &session.to_be_bytes(), &16_i32.to_be_bytes(), &password, &[0]].concat();
    send(&mut connection, &response)?;
    loop {
        let request = frame(&mut connection)?;
        let (xid, op) = (&request[..4], i32::from_be_bytes(request[4..8].try_into().unwrap()));
        let mut reply = |code: i32, body: &[u8]| {
            let zxid = 7_i64.to_be_bytes();
            send(&mut connection, &[xid, &zxid, &code.to_be_bytes(), body].concat())
        };
        match op {
            op::PING => reply(0, &[])?,
            op::CLOSE_SESSION => return reply(0, &[]),
            op => match script(op) {
                Then::Reply(code, body) => reply(code, &body)?,
                Then::Silence => {}
                Then::Close => return Ok(()),
                Then::ReplyAndClose(body) => return reply(0, &body),
            },
        }
    }
}

fn frame(connection: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    connection.read_exact(&mut frame)?;
    Ok(frame)
}

fn send(connection: &mut TcpStream, frame: &[u8]) -> io::Result<()> {
    let length = i32::try_from(frame.len()).unwrap().to_be_bytes();
    connection.write_all(&[&length, frame].concat())
}

/// A string or a buffer: its length and its bytes.
pub(crate) fn buffer(bytes: &[u8]) -> Vec<u8> {
    [&i32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A stat of zeros.
pub(crate) const STAT: [u8; 68] = [0; 68];
