//! The good client: it writes and reads, and is answered.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use zookit_proto::connect::ConnectRequest;
use zookit_proto::frame;
use zookit_proto::header::ReplyHeader;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::Password;
use zookit_proto::{Reply, Request, SessionId, Xid, Zxid};

use bytes::{Bytes, BytesMut};

/// How long an answer may take. It takes much less, but the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Good {
    stream: TcpStream,
    xid: i32,
}

impl Good {
    /// Connects, and opens a session.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut good = Self { stream, xid: 0 };
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 60_000,
            session_id: SessionId::NONE,
            password: Some(Password::zeros()),
            read_only: Some(false),
        };
        good.stream.write_all(&frame::around(&request)).unwrap();
        good.frame();
        good
    }

    fn frame(&mut self) -> Bytes {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).expect("an answer in time");
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.stream.read_exact(&mut frame).expect("all of it");
        frame.into()
    }

    fn ask(&mut self, request: &Request) -> Reply {
        self.xid += 1;
        let (xid, opcode) = (Xid(self.xid), request.opcode());
        let mut out = BytesMut::new();
        let write = |out: &mut BytesMut| request.write(out);
        frame::append_request(&mut out, xid, opcode.number(), usize::MAX, write).unwrap();
        self.stream.write_all(&out).unwrap();
        let (header, body) = ReplyHeader::split(self.frame()).unwrap();
        assert!(header.xid == xid && header.err.is_ok(), "{header:?} to {request:?}");
        Reply::decode(opcode, body).unwrap()
    }

    /// Sets the data of the root, and reads what it has set.
    pub(crate) fn write_and_read(&mut self) {
        let data = Some(Bytes::from(self.xid.to_string()));
        let (path, version) = ("/".into(), -1);
        let set = SetDataRequest { path, data: data.clone(), version };
        self.ask(&Request::SetData(set));
        let read = self.ask(&Request::GetData(GetDataRequest { path: "/".into(), watch: false }));
        let Reply::GetData(read) = read else { panic!("another reply: {read:?}") };
        assert_eq!(read.data, data);
    }
}
