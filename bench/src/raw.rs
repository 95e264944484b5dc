//! The limit: one blocking thread that keeps W requests in flight and looks at nothing.
//!
//! The other thread is the stub's, which counts bytes and sends prepared ones; a turn on either
//! side is one read of what there is and one write of what that allows. No client can be faster
//! with the same frames and system calls.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::Res;
use crate::load::{Latencies, Mark, Plan, Sample, enough, latencies, probe};
use crate::stub::frames::{RAW, REPLY_BYTES, REQUEST_BYTES, get_data_request};

/// A read takes at most this much.
const READ_BYTES: usize = 256 * 1024;

/// As [`load::run`](crate::load::run). Latency is taken at a window of 1 only, where a turn is an
/// operation.
///
/// # Errors
/// The connection fails.
pub fn run(address: SocketAddr, plan: Plan) -> Res<Sample> {
    let mut raw = Raw::connect(address, plan.window)?;
    let probe = probe(&plan);
    raw.pass(probe, None)?;
    let mark = Mark::now();
    raw.pass(probe, None)?;
    let ops = enough(mark.per_op(probe).0, &plan);
    let mark = Mark::now();
    let done = raw.pass(ops, None)?;
    let (rate, cpu) = mark.per_op(done);
    let mut taken_latencies = latencies()?;
    let taken = plan.latencies && plan.window == 1;
    if taken {
        raw.pass(ops / 4, Some(&mut taken_latencies))?;
    }
    Ok(Sample { rate, cpu, allocations: None, latencies: taken.then_some(taken_latencies) })
}

struct Raw {
    stream: TcpStream,
    input: Vec<u8>,
    requests: Vec<u8>,
    /// Bytes of a reply that has not come whole.
    pending: usize,
}

impl Raw {
    /// The window is filled once and stays full.
    fn connect(address: SocketAddr, window: usize) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let requests = get_data_request().repeat(window);
        stream.write_all(&RAW)?;
        stream.write_all(&requests)?;
        Ok(Self { stream, input: vec![0; READ_BYTES], requests, pending: 0 })
    }

    /// At least so many operations; how many they were.
    fn pass(&mut self, ops: usize, mut latencies: Option<&mut Latencies>) -> io::Result<usize> {
        let mut done = 0;
        let mut begun = Instant::now();
        while done < ops {
            let read = self.stream.read(&mut self.input)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.pending += read;
            let replies = self.pending / REPLY_BYTES;
            self.pending %= REPLY_BYTES;
            if let Some(latencies) = latencies.as_deref_mut() {
                let now = Instant::now();
                latencies.saturating_record((now - begun).as_nanos() as u64);
                begun = now;
            }
            self.stream.write_all(&self.requests[..replies * REQUEST_BYTES])?;
            done += replies;
        }
        Ok(done)
    }
}
