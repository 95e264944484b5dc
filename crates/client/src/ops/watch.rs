//! Reads that leave a one-shot watch, and persistent watches.

use zookit_proto::Stat;
use zookit_proto::ops::add_watch::{AddWatch, AddWatchRequest};
use zookit_proto::ops::exists::{Exists, ExistsRequest};
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_children2::GetChildren2;
use zookit_proto::ops::get_data::{GetData, GetDataRequest};
use zookit_proto::types::AddWatchMode;
use zookit_session::WatchKind;

use super::Call;
use super::read::{children, node_data, stat_of_exists};
use crate::answer::{Answer, AskFrame};
use crate::client::Client;
use crate::data::{Children, NodeData};
use crate::error::ArgumentError;
use crate::watch::{OneShotWatch, PersistentWatch, Watcher};

impl Client {
    /// As [`get_data`](Self::get_data), and leaves a watch that fires once, when the data is set
    /// or the znode deleted.
    ///
    /// # Errors
    /// As [`get_data`](Self::get_data); there is then no watch.
    ///
    /// # If no reply comes
    /// There is no watch either: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet, and removes the watch if it has.
    ///
    /// # Ordering
    /// The watch fires for the first change behind the data that was read, and before any reply
    /// that shows that change.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// loop {
    ///     let (node, changed) = client.get_data_and_watch("/config").await?;
    ///     println!("the configuration is {:?}", node.data);
    ///     println!("{:?}", changed.await?);
    ///     # break;
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "GetW")]
    #[doc(alias = "getData")]
    pub fn get_data_and_watch(&self, path: &str) -> Answer<(NodeData, OneShotWatch)> {
        let path_on_server = self.server_path(path);
        let body = path_on_server.clone().map(|path| GetDataRequest { path, watch: true });
        let call = Call::on::<GetData>(path, |frame, body| {
            let node = node_data(body)?;
            Ok((node, one_shot(frame)))
        });
        let call = match path_on_server {
            Ok(path) => call.watching(WatchKind::Data, path),
            Err(_) => call,
        };
        self.submit::<GetData, _>(call, body)
    }

    /// As [`exists`](Self::exists), and leaves a watch that fires once: when the znode is deleted
    /// or its data set, or, if it does not exist, when it is created.
    ///
    /// # Errors
    /// As [`exists`](Self::exists); there is then no watch.
    ///
    /// # If no reply comes
    /// There is no watch either: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet, and removes the watch if it has.
    ///
    /// # Ordering
    /// As [`get_data_and_watch`](Self::get_data_and_watch).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let (stat, watch) = client.exists_and_watch("/ready").await?;
    /// if stat.is_none() {
    ///     watch.await?;
    /// }
    /// println!("ready");
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "ExistsW")]
    #[doc(alias = "exists")]
    #[doc(alias = "checkExists")]
    pub fn exists_and_watch(&self, path: &str) -> Answer<(Option<Stat>, OneShotWatch)> {
        let path_on_server = self.server_path(path);
        let body = path_on_server.clone().map(|path| ExistsRequest { path, watch: true });
        let call = Call::on::<Exists>(path, |frame, body| {
            let stat = stat_of_exists(body)?;
            Ok((Some(stat), one_shot(frame)))
        })
        .or_absent(|frame| (None, one_shot(frame)));
        let call = match path_on_server {
            Ok(path) => call.watching(WatchKind::Exists, path),
            Err(_) => call,
        };
        self.submit::<Exists, _>(call, body)
    }

    /// As [`get_children`](Self::get_children), and leaves a watch that fires once, when a child is
    /// created or deleted, or the znode itself deleted. A child's data is no concern of it.
    ///
    /// # Errors
    /// As [`get_children`](Self::get_children); there is then no watch.
    ///
    /// # If no reply comes
    /// There is no watch either: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet, and removes the watch if it has.
    ///
    /// # Ordering
    /// As [`get_data_and_watch`](Self::get_data_and_watch).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let (members, changed) = client.get_children_and_watch("/members").await?;
    /// println!("{} members", members.names.len());
    /// changed.await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "ChildrenW")]
    #[doc(alias = "getChildren")]
    pub fn get_children_and_watch(&self, path: &str) -> Answer<(Children, OneShotWatch)> {
        let path_on_server = self.server_path(path);
        let body = path_on_server.clone().map(|path| GetChildrenRequest { path, watch: true });
        let call = Call::on::<GetChildren2>(path, |frame, body| {
            let children = children(body)?;
            Ok((children, one_shot(frame)))
        });
        let call = match path_on_server {
            Ok(path) => call.watching(WatchKind::Children, path),
            Err(_) => call,
        };
        self.submit::<GetChildren2, _>(call, body)
    }

    /// Leaves a watch that fires again and again: for all that happens to this one znode, or, in
    /// the recursive mode, for every znode created, deleted or set at or below the path. The znode
    /// need not exist. Servers from 3.6.
    ///
    /// # Errors
    /// *Refused* with `Unimplemented` by servers before 3.6.
    ///
    /// # If no reply comes
    /// There is no watch: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch again.
    ///
    /// # Ordering
    /// Tells of every change behind the transaction that its reply has seen. A read submitted
    /// behind it shows all that the watch does not tell.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{AddWatchMode, Client};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mut watch = client.add_watch("/app", AddWatchMode::PersistentRecursive).await?;
    /// while let Some(notice) = watch.next().await {
    ///     println!("{notice:?}");
    ///     # break;
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "addWatch")]
    #[doc(alias = "AddWatch")]
    pub fn add_watch(&self, path: &str, mode: AddWatchMode) -> Answer<PersistentWatch> {
        let kind = match mode {
            AddWatchMode::Persistent => Ok(WatchKind::Persistent),
            AddWatchMode::PersistentRecursive => Ok(WatchKind::PersistentRecursive),
            _ => Err(ArgumentError::UnknownWatchMode(mode)),
        };
        let checked = kind.and_then(|kind| Ok((kind, self.server_path(path)?)));
        let call = Call::on::<AddWatch>(path, |frame, _| Ok(PersistentWatch::new(watcher(frame))));
        let call = match &checked {
            Ok((kind, path)) => call.watching(*kind, path.clone()),
            Err(_) => call,
        };
        let body = checked.map(|(_, path)| AddWatchRequest { path, mode });
        self.submit::<AddWatch, _>(call, body)
    }
}

pub(super) fn one_shot(frame: &mut AskFrame) -> OneShotWatch {
    OneShotWatch::new(watcher(frame))
}

fn watcher(frame: &mut AskFrame) -> Watcher {
    frame.watcher.take().expect("a call that was made with a watch has its watcher")
}
