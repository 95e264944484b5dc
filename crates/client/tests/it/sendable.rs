//! Everything a user holds may move between threads, and every future may run on any of them: it
//! compiles, or it does not.

use std::future::Future;

use zookit_client::{
    Answer, Batch, BatchValue, Client, ConnectError, ConnectOptions, ConnectString, CreateMode,
    Error, MultiRead, OneShotWatch, Owned, PersistentWatch, Reserved, RetryPolicy, StateStream,
    Stats, Transaction, Version, admin, blocking,
};

fn moves<T: Send + 'static>() {}

fn is_shared<T: Send + Sync + 'static>() {}

fn is_cloned<T: Clone>() {}

fn runs_anywhere<F: Future + Send>(_: &F) {}

/// One that needs nothing of its caller's any more.
fn lives_by_itself<F: Future + Send + 'static>(_: &F) {}

#[test]
fn what_a_user_holds_moves_between_threads() {
    is_shared::<Client>();
    is_cloned::<Client>();
    is_shared::<Reserved>();
    is_shared::<Error>();
    is_cloned::<Error>();
    is_shared::<ConnectError>();
    is_shared::<ConnectString>();
    is_shared::<Stats>();
    is_shared::<Transaction>();
    is_shared::<MultiRead>();
    is_shared::<admin::AskOptions>();
    is_shared::<admin::AdminError>();
    moves::<ConnectOptions>();
    moves::<Answer<Owned>>();
    moves::<Batch<BatchValue>>();
    moves::<OneShotWatch>();
    moves::<PersistentWatch>();
    moves::<StateStream>();

    is_shared::<blocking::Client>();
    is_cloned::<blocking::Client>();
    is_shared::<blocking::Reserved>();
    moves::<blocking::Batch<BatchValue>>();
    moves::<blocking::OneShotWatch>();
    moves::<blocking::Pending<Owned>>();
    moves::<blocking::PersistentWatch>();
    moves::<blocking::States>();
}

/// They are made and never polled.
#[allow(clippy::let_underscore_future, dead_code, reason = "compiling it is the test")]
fn every_future_runs_on_any_thread(client: Client, path: &str) {
    let _ = |options| runs_anywhere(&Client::connect_with("h", options));
    lives_by_itself(&client.get_data(path));
    lives_by_itself(&client.set_data(path, "1", Version::Any));
    lives_by_itself(&client.multi(Transaction::new()));
    lives_by_itself(&client.multi_read(MultiRead::new()));
    lives_by_itself(&client.get_data_and_watch(path));
    lives_by_itself(&client.delete_guaranteed(path, Version::Any));
    lives_by_itself(&client.close());
    lives_by_itself(&client.batch::<BatchValue>().submit());

    let mode = CreateMode::Ephemeral;
    runs_anywhere(&client.create_with_parents(path, (), mode));
    runs_anywhere(&client.create_with_container_parents(path, (), mode));
    runs_anywhere(&client.create_protected(path, (), mode));
    runs_anywhere(&client.create_owned(path, (), mode));
    runs_anywhere(&client.set_data_guarded(path, (), 1));
    runs_anywhere(&client.delete_recursive(path));
    runs_anywhere(&client.linearizable_read(|client| client.get_data("/a")));
    runs_anywhere(&client.retry(RetryPolicy::default(), |_| client.get_data(path)));
    runs_anywhere(&client.reserve(1));
    runs_anywhere(&client.wait_connected());
    runs_anywhere(&client.states().next());
    let (server, options) = (zookit_client::Endpoint::new("h", 1), admin::AskOptions::default());
    runs_anywhere(&admin::srvr(&server, &options));
    runs_anywhere(&client.export());
}
