//! A server on threads: it grants every session, and refuses every request but the last.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::types::Password;
use zookit_proto::wire::{Field, Reader, decode};
use zookit_proto::{ErrorCode, OpCode, SessionId, Zxid, frame};

/// Starts it, and returns its address. It ends with the process.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let fresh = SessionId(i64::try_from(number).unwrap() + 1);
            // How a connection ends is the client's business.
            thread::spawn(move || connection.and_then(|connection| serve(connection, fresh)));
        }
    });
    address
}

fn serve(mut connection: TcpStream, fresh: SessionId) -> io::Result<()> {
    let asked: ConnectRequest = decode("ConnectRequest", next(&mut connection)?).unwrap();
    let known = asked.session_id != SessionId::NONE;
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: 10_000,
        session_id: if known { asked.session_id } else { fresh },
        password: Some(Password::new(Bytes::from_static(b"sixteen bytes..."))),
        read_only: Some(false),
    };
    connection.write_all(&frame::around(&response))?;
    loop {
        let mut reader = Reader::new("RequestHeader", next(&mut connection)?);
        let RequestHeader { xid, opcode } = RequestHeader::read(&mut reader, "").unwrap();
        let (err, over) = match OpCode::from_number(opcode) {
            OpCode::CloseSession => (ErrorCode::Ok, true),
            OpCode::Ping => (ErrorCode::Ok, false),
            _ => (ErrorCode::NoNode, false),
        };
        let mut reply = BytesMut::new();
        let start = frame::begin(&mut reply);
        ReplyHeader { xid, zxid: Zxid(1), err }.write(&mut reply);
        frame::finish(&mut reply, start, usize::MAX).unwrap();
        connection.write_all(&reply)?;
        if over {
            return Ok(());
        }
    }
}

fn next(connection: &mut TcpStream) -> io::Result<Bytes> {
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let mut payload = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    connection.read_exact(&mut payload)?;
    Ok(payload.into())
}
