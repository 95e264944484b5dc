//! This project's client.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use zookit_client::{Answer, Client, NodeData};

use super::Peer;
use crate::Res;
use crate::stub::frames::PATH;

/// With the default options.
#[derive(Debug, Clone)]
pub struct Zookit(pub Client);

impl Peer for Zookit {
    const NAME: &'static str = "zookit";

    async fn connect(address: SocketAddr) -> Res<Self> {
        Ok(Self(Client::connect(&*address.to_string()).await?))
    }

    fn get(&self) -> impl Future<Output = usize> + Send + 'static {
        Length(self.0.get_data(PATH))
    }

    fn get_batch(&self, count: usize) -> impl Future<Output = usize> + Send + 'static {
        let mut batch = self.0.batch::<NodeData>();
        for _ in 0..count {
            batch.get_data(PATH);
        }
        let answer = batch.submit();
        async {
            let nodes = answer.await.into_iter();
            nodes
                .map(|node| node.expect("the stub answers").data.map_or(0, |data| data.len()))
                .sum()
        }
    }
}

/// The answer's length, without the state that an `async` block would keep.
struct Length(Answer<NodeData>);

impl Future for Length {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        let answer = Pin::new(&mut self.0).poll(context);
        answer.map(|node| node.expect("the stub answers").data.map_or(0, |data| data.len()))
    }
}
