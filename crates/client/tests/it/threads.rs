//! Many tasks on several threads: each reply finds its own caller, whatever the others drop.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use zookit_client::{Client, ConnectOptions, ErrorCode, Stat, Zxid};
use zookit_proto::Request;
use zookit_proto::ops::get_data::GetDataReply;

use crate::peer::{Line, SERVER, options};

const TASKS: usize = 16;
const READS: usize = 500;

/// Answers each getData with its own path for data.
async fn echo(mut line: Line) {
    while let Some(asked) = line.next_asked().await {
        match &asked.request {
            Request::GetData(get) => {
                let data = Some(Bytes::copy_from_slice(&get.path));
                let reply = GetDataReply { data, stat: Stat::sample() };
                line.answer(asked.xid, Zxid(1), ErrorCode::Ok, &reply).await;
            }
            _ => line.answer(asked.xid, Zxid(1), ErrorCode::Ok, &()).await,
        }
    }
}

/// Reads much, and gives up on some of it: at once, or after having asked for it.
async fn read_much(client: Client, task: usize) -> usize {
    let mut kept = 0;
    for round in 0..READS {
        let path = format!("/{task}/{round}");
        let mut answer = pin!(client.get_data(&path));
        match round % 5 {
            0 => continue,
            1 => {
                poll_fn(|context| {
                    let _ = answer.as_mut().poll(context);
                    Poll::Ready(())
                })
                .await;
            }
            _ => {
                assert_eq!(answer.await.unwrap().data.unwrap(), path);
                kept += 1;
            }
        }
    }
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_task_gets_its_own_replies() {
    let (options, mut peer) = options();
    let options = ConnectOptions { session_timeout: Duration::from_secs(60), ..options };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let echoing = tokio::spawn(echo(peer.accept().await));
    let reading: Vec<_> =
        (0..TASKS).map(|task| tokio::spawn(read_much(client.clone(), task))).collect();
    for task in reading {
        let kept = timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
        assert_eq!(kept, READS / 5 * 3);
    }
    client.close().await.unwrap();
    timeout(Duration::from_secs(60), echoing).await.unwrap().unwrap();
}
