//! Four-letter words: a server asked for its mind, on a connection of its own.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use zookit_session::Endpoint;

use super::dial::Dials;
use crate::network::BoxFuture;

/// An answer is cut off behind this many bytes; `srvr` and `isro` take far fewer.
const MOST_BYTES: usize = 64 * 1024;

/// What came of a probe.
pub(super) struct Probed {
    pub(super) endpoint: Endpoint,
    pub(super) word: &'static [u8; 4],
    /// `None`: no answer.
    pub(super) answer: Option<Bytes>,
}

pub(super) type ProbeFuture = BoxFuture<'static, Probed>;

/// Asks; ends within `within`.
pub(super) fn probe(
    dials: &Dials,
    endpoint: Endpoint,
    word: &'static [u8; 4],
    within: Duration,
) -> ProbeFuture {
    let dial = dials.dial_aside(endpoint.clone());
    Box::pin(async move {
        let ask = async {
            let mut transport = dial.await?;
            transport.write_all(word).await.ok()?;
            transport.flush().await.ok()?;
            // The server closes when it has said everything.
            let mut answer = BytesMut::new();
            while answer.len() < MOST_BYTES {
                match transport.read_buf(&mut answer).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(_) if answer.is_empty() => return None,
                    Err(_) => break,
                }
            }
            (!answer.is_empty()).then(|| answer.freeze())
        };
        let answer = timeout(within, ask).await.ok().flatten();
        Probed { endpoint, word, answer }
    })
}
