//! Servers for the doctor: they answer four-letter words, grant sessions, and are ill in one way.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fake::STAT;

/// What a server does. The default is in good health.
#[derive(Clone)]
pub(crate) struct Patient {
    /// Which words it answers, and with what; `{now}` is its time, `{turn}` how often it was asked.
    pub(crate) words: Vec<(&'static str, String)>,
    /// Requests that are longer cost the connection.
    pub(crate) jute_maxbuffer: i32,
    /// What it does with a handshake.
    pub(crate) session: Session,
    /// The code of its answer to each request.
    pub(crate) code: i32,
    /// How far its clock is off, in milliseconds.
    pub(crate) clock: i64,
    /// How often its answers were asked for until it has caught up.
    pub(crate) zxids: Vec<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    Granted,
    ReadOnly,
    /// With another timeout than asked for, in milliseconds.
    Timeout(i32),
    Refused,
}

/// `srvr` with these, at the zxid that is its turn.
pub(crate) fn srvr(mode: &str, more: &str) -> String {
    format!(
        "Zookeeper version: 3.9.5-0, built on 2026-02-11 20:18 UTC\nLatency min/avg/max: 0/0.0/0\n\
         Received: 1\nSent: 0\nConnections: 1\nOutstanding: 0\nZxid: {{zxid}}\nMode: {mode}\n\
         Node count: 5\n{more}"
    )
}

impl Default for Patient {
    fn default() -> Self {
        let words = [
            ("srvr", srvr("standalone", "")),
            ("isro", "rw".into()),
            ("mntr", "zk_version\t3.9.5\nzk_open_file_descriptor_count\t50\n".into()),
            ("conf", "clientPort=2181\ntickTime=2000\n".into()),
            ("cons", " /127.0.0.1:1[1](queued=0,sid=0x100,est={now})\n\n".into()),
        ];
        Self {
            words: words.into(),
            jute_maxbuffer: 0xf_ffff,
            session: Session::Granted,
            code: 0,
            clock: 0,
            zxids: vec![7],
        }
    }
}

impl Patient {
    /// With another answer to a word; an empty one is none.
    pub(crate) fn says(mut self, word: &'static str, answer: impl Into<String>) -> Self {
        self.words.retain(|(known, _)| *known != word);
        self.words.push((word, answer.into()));
        self
    }

    /// Lets it serve, and returns its address. It ends with the process.
    pub(crate) fn start(self) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (patient, asked) = (Arc::new(self), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (patient, asked) = (Arc::clone(&patient), Arc::clone(&asked));
                thread::spawn(move || patient.serve(connection, &asked));
            }
        });
        address
    }

    fn serve(&self, mut connection: TcpStream, asked: &AtomicUsize) -> io::Result<()> {
        let mut first = [0; 4];
        connection.read_exact(&mut first)?;
        if let Some((_, answer)) = self.words.iter().find(|(word, _)| word.as_bytes() == first) {
            let turn = asked.fetch_add(usize::from(first == *b"srvr"), Ordering::Relaxed);
            let zxid = self.zxids[turn.min(self.zxids.len() - 1)];
            let answer = answer.replace("{zxid}", &format!("{zxid:#x}"));
            return connection.write_all(answer.replace("{now}", &self.now()).as_bytes());
        }
        if first.iter().all(u8::is_ascii_lowercase) {
            let word = String::from_utf8_lossy(&first);
            let refusal = format!("{word} is not executed because it is not in the whitelist.\n");
            return connection.write_all(refusal.as_bytes());
        }
        let length = i32::from_be_bytes(first);
        if length > self.jute_maxbuffer || self.session == Session::Refused {
            return Ok(());
        }
        let asked = body(&mut connection, length)?;
        self.grant(&mut connection, &asked)?;
        loop {
            connection.read_exact(&mut first)?;
            let request = body(&mut connection, i32::from_be_bytes(first))?;
            let code = if request[4..8] == 3_i32.to_be_bytes() { self.code } else { 0 };
            let answer = if code == 0 { &STAT[..] } else { &[] };
            let zxid = 7_i64.to_be_bytes();
            send(&mut connection, &[&request[..4], &zxid, &code.to_be_bytes(), answer].concat())?;
        }
    }

    fn grant(&self, connection: &mut TcpStream, asked: &[u8]) -> io::Result<()> {
        let timeout = match self.session {
            Session::Timeout(ms) => ms.to_be_bytes(),
            _ => asked[12..16].try_into().unwrap(),
        };
        let read_only = u8::from(self.session == Session::ReadOnly);
        let session = 0x100_i64.to_be_bytes();
        let password = [&16_i32.to_be_bytes()[..], &[1; 16]].concat();
        send(connection, &[&[0; 4][..], &timeout, &session, &password, &[read_only]].concat())
    }

    fn now(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        (i64::try_from(now).unwrap() + self.clock).to_string()
    }
}

fn body(connection: &mut TcpStream, length: i32) -> io::Result<Vec<u8>> {
    let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
    connection.read_exact(&mut body)?;
    Ok(body)
}

fn send(connection: &mut TcpStream, frame: &[u8]) -> io::Result<()> {
    let length = i32::try_from(frame.len()).unwrap().to_be_bytes();
    connection.write_all(&[&length, frame].concat())
}
