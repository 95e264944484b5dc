//! One question on a connection of its own: sent, and the answer read to its end, within bounds.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use zookit_session::Endpoint;

use super::AskOptions;
use super::error::AdminErrorKind as Kind;
use crate::connect_string::literal_address;
use crate::network::Transport;

/// Sends the question and reads until the server closes.
///
/// An answer has no length in front, so a connection that breaks behind some of it is an error: what
/// came might be half of the truth.
pub(super) async fn exchange(
    server: &Endpoint,
    question: &[u8],
    options: &AskOptions,
) -> Result<Bytes, Kind> {
    let end = Instant::now() + options.within;
    let mut answer = BytesMut::new();
    match timeout_at(end, ask(server, question, options, end, &mut answer)).await {
        Ok(asked) => asked.map(|()| answer.freeze()),
        Err(_) => Err(Kind::TimedOut { after: options.within, received: answer.len() }),
    }
}

async fn ask(
    server: &Endpoint,
    question: &[u8],
    options: &AskOptions,
    end: Instant,
    answer: &mut BytesMut,
) -> Result<(), Kind> {
    let mut transport = connect(server, options, end).await?;
    transport.write_all(question).await.map_err(Kind::Lost)?;
    transport.flush().await.map_err(Kind::Lost)?;
    loop {
        match transport.read_buf(answer).await {
            Ok(0) if answer.is_empty() => return Err(Kind::NoAnswer),
            Ok(0) => return Ok(()),
            Ok(_) if answer.len() > options.max_answer => {
                return Err(Kind::TooLarge { limit: options.max_answer });
            }
            Ok(_) => {}
            // What closes without an answer may well reset: our question was not read.
            Err(error) if answer.is_empty() && error.kind() == io::ErrorKind::ConnectionReset => {
                return Err(Kind::NoAnswer);
            }
            Err(error) => return Err(Kind::Lost(error)),
        }
    }
}

/// Tries the addresses of the name in turn, each with an even share of the time.
async fn connect(
    server: &Endpoint,
    options: &AskOptions,
    end: Instant,
) -> Result<Box<dyn Transport>, Kind> {
    let addresses = match literal_address(&server.host) {
        Some(address) => vec![(address, server.port).into()],
        None => {
            let resolved = options.resolver.resolve(&server.host, server.port).await;
            resolved.map_err(Kind::Resolve)?
        }
    };
    let mut last = Kind::Resolve(io::Error::from(io::ErrorKind::NotFound));
    for (index, address) in addresses.iter().enumerate() {
        let now = Instant::now();
        let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = now + end.saturating_duration_since(now) / left;
        let error = match timeout_at(share, options.dialer.dial(*address, server)).await {
            Ok(Ok(transport)) => return Ok(transport),
            Ok(Err(error)) => error,
            Err(_) => io::Error::new(io::ErrorKind::TimedOut, "nobody answered"),
        };
        last = Kind::Connect { address: *address, error };
    }
    Err(last)
}
