//! `ops`: so many reads over a pipe in memory, with the server in the same thread, for counting
//! instructions.
//!
//! No kernel, no clock that matters, one thread and a fixed seed: `valgrind --tool=callgrind`
//! counts the same instructions each time, but for a few hundred. Two runs with different numbers
//! of operations, and a division, give the instructions of one; `cargo xtask callgrind` does that
//! and compares with `callgrind.baseline`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use zookit_bench::Res;
use zookit_bench::load::{Plan, pass};
use zookit_bench::peers::Zookit;
use zookit_bench::stub::Replies;
use zookit_bench::stub::frames::connect_response;
use zookit_client::{BoxFuture, Client, ConnectOptions, Dialer, Transport};

/// Room of the pipe in each direction: for a window's worth of replies.
const PIPE_BYTES: usize = 64 * 1024;

/// Reads in flight.
const WINDOW: usize = 256;

fn main() -> Res<()> {
    let ops = match std::env::args().nth(1) {
        Some(ops) => ops.parse()?,
        None => return Err("usage: ops OPERATIONS [batch]".into()),
    };
    let batches = std::env::args().nth(2).as_deref() == Some("batch");
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let (pipes, mut dialled) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(pipe) = dialled.recv().await {
                // The pipe ends with the client.
                let _ = serve(pipe).await;
            }
        });
        let options = ConnectOptions {
            dialer: std::sync::Arc::new(InMemory(pipes)),
            seed: Some(1),
            ..ConnectOptions::default()
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 2181)).to_string();
        let client = Zookit(Client::connect_with(&*address, options).await?);
        let plan = Plan { window: WINDOW, callers: 1, batches, ..Plan::default() };
        pass(&client, &plan, ops, None).await
    })
}

/// Gives the other end of each pipe to the server's task.
#[derive(Debug)]
struct InMemory(mpsc::UnboundedSender<DuplexStream>);

impl Dialer for InMemory {
    fn dial<'a>(
        &'a self,
        _: SocketAddr,
        _: &'a zookit_client::Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            let (ours, theirs) = duplex(PIPE_BYTES);
            self.0.send(theirs).map_err(io::Error::other)?;
            Ok(Box::new(ours) as Box<dyn Transport>)
        })
    }
}

/// As the stub does it: one read of what there is, one write of the replies.
async fn serve(mut pipe: DuplexStream) -> io::Result<()> {
    let length = pipe.read_u32().await? as usize;
    let mut input = vec![0; PIPE_BYTES.max(length)];
    pipe.read_exact(&mut input[..length]).await?;
    pipe.write_all(&connect_response(10_000, 1)).await?;
    let mut replies = Replies::new();
    let mut filled = 0;
    loop {
        let read = pipe.read(&mut input[filled..]).await?;
        if read == 0 || replies.over {
            return Ok(());
        }
        filled += read;
        let done = replies.answer_all(&input[..filled]);
        input.copy_within(done..filled, 0);
        filled -= done;
        pipe.write_all(&replies.output).await?;
        replies.output.clear();
    }
}
