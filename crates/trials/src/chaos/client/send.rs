//! A request through the client's public API, and what is told of it in the words of a history.

use std::future::Future;
use std::pin::Pin;

use zookit_client::{
    Acl, AddWatchMode, Client, CreateOptions, Created, Error, MultiOutcome, MultiRead,
    MultiReadOutcome, NodeData, OneShotWatch, Perms, PersistentWatch, Transaction, Version,
};
use zookit_proto::{ErrorCode, Stat, Zxid};

use crate::chaos::history::{Answer, Ask, Told};

/// A watch that came with an answer.
#[derive(Debug)]
pub(super) enum Watch {
    OneShot(OneShotWatch),
    Persistent(PersistentWatch),
}

/// What became of a request.
pub(super) type Sent = Pin<Box<dyn Future<Output = (Told, Option<Watch>)> + Send>>;

/// Submits the request, now; the future tells what became of it.
pub(super) fn send(client: &Client, ask: &Ask) -> Sent {
    match ask {
        Ask::Create { path, data, .. } => {
            let acl = vec![Acl::world(Perms::ALL)];
            let options = CreateOptions { mode: ask.mode(), acl, ttl: None };
            told(client.create(path, data, options), |made| {
                let zxid = made.stat.map(|stat| stat.czxid);
                (created(made), zxid)
            })
        }
        Ask::Delete { path, version } => {
            told(client.delete(path, wanted(*version)), |()| (Answer::Done, None))
        }
        Ask::Set { path, data, version } => {
            told(client.set_data(path, data, wanted(*version)), |stat| {
                (Answer::Stat(stat), Some(stat.mzxid))
            })
        }
        Ask::Multi(asks) => told(client.multi(transaction(asks)), |outcomes| {
            let zxid = outcomes.iter().find_map(zxid_of);
            (Answer::Many(outcomes.into_iter().map(|one| Ok(done(one))).collect()), zxid)
        }),
        Ask::Fence => told(client.fence(), |zxid| (Answer::Done, Some(zxid))),
        Ask::Close => told(client.close(), |()| (Answer::Done, None)),
        ask if ask.watch().is_some() => watch(client, ask),
        ask => read(client, ask),
    }
}

fn read(client: &Client, ask: &Ask) -> Sent {
    match ask {
        Ask::Get { path, .. } => told(client.get_data(path), |node| (data(node), None)),
        Ask::Exists { path, .. } => existing(client.exists(path), |stat| (stat, None)),
        Ask::Children { path, .. } => told(client.get_children(path), |children| {
            (Answer::Children(children.names, children.stat), None)
        }),
        Ask::Reads(asks) => told(client.multi_read(reads(asks)), |outcomes| {
            let one = |outcome: Result<MultiReadOutcome, Error>| match outcome {
                Ok(MultiReadOutcome::Data(node)) => Ok(data(node)),
                Ok(MultiReadOutcome::ChildNames(names)) => {
                    Ok(Answer::Children(names, Stat::default()))
                }
                Err(error) => Err(error.code().unwrap_or(ErrorCode::SystemError)),
            };
            (Answer::Many(outcomes.into_iter().map(one).collect()), None)
        }),
        ask => unreachable!("this is no read: {ask:?}"),
    }
}

fn watch(client: &Client, ask: &Ask) -> Sent {
    let one_shot = |watch| Some(Watch::OneShot(watch));
    match ask {
        Ask::Get { path, .. } => watched(client.get_data_and_watch(path), move |(node, watch)| {
            (Told::Answered(data(node), None), one_shot(watch))
        }),
        Ask::Exists { path, .. } => watched(client.exists_and_watch(path), move |(stat, watch)| {
            (existence(stat), one_shot(watch))
        }),
        Ask::Children { path, .. } => {
            watched(client.get_children_and_watch(path), move |(children, watch)| {
                let answer = Answer::Children(children.names, children.stat);
                (Told::Answered(answer, None), one_shot(watch))
            })
        }
        Ask::Watch { path, recursive } => {
            let (one, all) = (AddWatchMode::Persistent, AddWatchMode::PersistentRecursive);
            watched(client.add_watch(path, if *recursive { all } else { one }), |watch| {
                (Told::Answered(Answer::Done, None), Some(Watch::Persistent(watch)))
            })
        }
        ask => unreachable!("this leaves no watch: {ask:?}"),
    }
}

/// What is told of a future's end, with the transaction that the caller is told of, if any.
fn told<T>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
    answer: impl FnOnce(T) -> (Answer, Option<Zxid>) + Send + 'static,
) -> Sent {
    watched(future, move |value| {
        let (answer, zxid) = answer(value);
        (Told::Answered(answer, zxid), None)
    })
}

fn existing(
    future: impl Future<Output = Result<Option<Stat>, Error>> + Send + 'static,
    with: impl FnOnce(Told) -> (Told, Option<Watch>) + Send + 'static,
) -> Sent {
    watched(future, move |stat| with(existence(stat)))
}

/// On the wire, that a znode is not there is an error.
fn existence(stat: Option<Stat>) -> Told {
    match stat {
        Some(stat) => Told::Answered(Answer::Stat(stat), None),
        None => Told::Refused(ErrorCode::NoNode, None),
    }
}

fn watched<T>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
    end: impl FnOnce(T) -> (Told, Option<Watch>) + Send + 'static,
) -> Sent {
    Box::pin(async move {
        match future.await {
            Ok(value) => end(value),
            Err(error) => (failed(&error), None),
        }
    })
}

fn failed(error: &Error) -> Told {
    match error {
        Error::Refused(refused) => Told::Refused(refused.code(), Some(refused.zxid())),
        Error::NotSent(_) => Told::NotSent,
        Error::NoReply(_) => Told::NoReply,
    }
}

fn wanted(version: Option<i32>) -> Version {
    version.map_or(Version::Any, Version::Exactly)
}

fn data(node: NodeData) -> Answer {
    let text = |data: bytes::Bytes| String::from_utf8_lossy(&data).into_owned();
    Answer::Data(node.data.map(text), node.stat)
}

fn created(made: Created) -> Answer {
    Answer::Created(made.path, made.stat)
}

fn done(outcome: MultiOutcome) -> Answer {
    match outcome {
        MultiOutcome::Checked | MultiOutcome::Deleted => Answer::Done,
        MultiOutcome::Created(made) => created(made),
        MultiOutcome::DataSet(stat) => Answer::Stat(stat),
    }
}

fn zxid_of(outcome: &MultiOutcome) -> Option<Zxid> {
    match outcome {
        MultiOutcome::Created(made) => made.stat.map(|stat| stat.czxid),
        MultiOutcome::DataSet(stat) => Some(stat.mzxid),
        MultiOutcome::Checked | MultiOutcome::Deleted => None,
    }
}

fn transaction(asks: &[Ask]) -> Transaction {
    asks.iter().fold(Transaction::new(), |all, ask| match ask {
        Ask::Create { path, data, .. } => all.create(path, data, ask.mode()),
        Ask::Delete { path, version } => all.delete(path, wanted(*version)),
        Ask::Set { path, data, version } => all.set_data(path, data, wanted(*version)),
        Ask::Check { path, version } => all.check(path, Version::Exactly(*version)),
        ask => panic!("no workload has this within a multi: {ask:?}"),
    })
}

fn reads(asks: &[Ask]) -> MultiRead {
    asks.iter().fold(MultiRead::new(), |all, ask| match ask {
        Ask::Get { path, .. } => all.get_data(path),
        ask => panic!("no workload has this within a multiRead: {ask:?}"),
    })
}
