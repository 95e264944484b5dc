//! A call of each public async function of the client.

use std::future::Future;
use std::pin::Pin;

use zookit_client::admin::{self, AskOptions, FourLetterWord};
use zookit_client::{
    Acl, AddWatchMode, BatchValue, Client, ConnectOptions, CreateMode, Endpoint, MultiRead, Perms,
    Reconfig, RetryPolicy, Transaction, Version,
};

/// What a call may need.
pub(super) struct Setting {
    pub(super) client: Client,
    /// For a client of its own.
    pub(super) servers: String,
    pub(super) options: ConnectOptions,
}

impl Setting {
    fn asking(self) -> (Endpoint, AskOptions) {
        let ConnectOptions { resolver, dialer, .. } = self.options;
        let options = AskOptions { resolver, dialer, ..AskOptions::default() };
        (Endpoint { host: "member1".to_owned(), port: 2181 }, options)
    }
}

/// The call, to its end. What it answers does not matter; what it is given is dropped with it.
pub(super) type Call = fn(Setting) -> Pin<Box<dyn Future<Output = ()>>>;

/// An eager call: its request is submitted before its future is polled.
macro_rules! eager {
    ($setting:ident, $call:expr) => {{
        let answer = $call;
        Box::pin(async move {
            let _kept = answer.await;
            drop($setting);
        })
    }};
}

macro_rules! word {
    ($setting:ident, $name:ident) => {
        Box::pin(async move {
            let (server, options) = $setting.asking();
            let _answer = admin::$name(&server, &options).await;
        })
    };
}

/// The data of every write: how often it was done is counted in the history.
pub(super) const MARK: &str = "mark";

/// Whoever watches hears of this, whatever is going wrong.
async fn set_at_last(client: &Client) {
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let _set = client.retry(policy, |_| client.set_data("/n", "other", Version::Any)).await;
}

use CreateMode::{Ephemeral, EphemeralSequential, Persistent};

calls! {
    "auth::add_auth" => |s| eager!(s, s.client.add_auth("digest", "me:secret"));
    "batch::submit" => |s| eager!(s, {
        let mut batch = s.client.batch::<BatchValue>();
        batch.set_data("/n", MARK, Version::Any).get_data("/n").exists("/none").submit()
    });
    "census::all_children_number" => |s| eager!(s, s.client.all_children_number("/t"));
    "census::ephemerals" => |s| eager!(s, s.client.ephemerals("/"));
    "client::connect_with" => |s| lazy!({
        Client::connect_with(s.servers.as_str(), s.options)
    });
    "create::create" => |s| eager!(s, s.client.create("/q/s-", MARK, EphemeralSequential));
    "delete::delete" => |s| eager!(s, s.client.delete("/t/a", Version::Any));
    "ensemble::get_config" => |s| eager!(s, s.client.get_config());
    "ensemble::get_config_and_watch" => |s| eager!(s, s.client.get_config_and_watch());
    "ensemble::reconfig" => |s| eager!(s, s.client.reconfig(Reconfig::incremental().leaving(9)));
    "ensemble::who_am_i" => |s| eager!(s, s.client.who_am_i());
    "fence::fence" => |s| eager!(s, s.client.fence());
    "fence::linearizable_read" => |s| lazy!({
        s.client.linearizable_read(|client| client.get_data("/n"))
    });
    "multi::multi" => |s| eager!(s, s.client.multi(
        Transaction::new().check("/n", Version::Any).set_data("/n", MARK, Version::Any)
            .create("/q/m-", (), EphemeralSequential)
    ));
    "multi_read::multi_read" => |s| eager!(s, {
        s.client.multi_read(MultiRead::new().get_data("/n").get_child_names("/t"))
    });
    "parents::create_with_parents" => |s| lazy!({
        s.client.create_with_parents("/p/a/b/c", MARK, Persistent)
    });
    "parents::create_with_container_parents" => |s| lazy!({
        s.client.create_with_container_parents("/p/a/b/c", MARK, Persistent)
    });
    "read::exists" => |s| eager!(s, s.client.exists("/n"));
    "read::get_data" => |s| eager!(s, s.client.get_data("/n"));
    "read::get_children" => |s| eager!(s, s.client.get_children("/t"));
    "read::get_child_list" => |s| eager!(s, s.client.get_child_list("/t"));
    "read::get_child_names" => |s| eager!(s, s.client.get_child_names("/t"));
    "read::get_acl" => |s| eager!(s, s.client.get_acl("/n"));
    "read::sync" => |s| eager!(s, s.client.sync("/n"));
    "recursive::delete_recursive" => |s| lazy!(s.client.delete_recursive("/t"));
    "reserve::reserve" => |s| lazy!(async {
        // All the room there is, behind somebody who has some: it is waited for.
        let some = s.client.reserve(1).await;
        let holder = async {
            if let Ok(some) = some {
                let _node = some.get_data("/n").await;
            }
        };
        let all = s.client.reserve(super::MOST_REQUESTS);
        let mut holder = Box::pin(holder);
        let mut all = Box::pin(all);
        std::future::poll_fn(|context| {
            let _ = holder.as_mut().poll(context);
            all.as_mut().poll(context)
        })
        .await
    });
    "retry::retry" => |s| lazy!({
        s.client.retry(RetryPolicy::default(), |_| s.client.set_data("/n", MARK, Version::Any))
    });
    "session::close" => |s| eager!(s, s.client.close());
    "session::export" => |s| lazy!(s.client.export());
    "session::wait_connected" => |s| lazy!(s.client.wait_connected());
    "deleting::delete_guaranteed" => |s| eager!(s, {
        s.client.delete_guaranteed("/t/a", Version::Any)
    });
    "guarded::set_data_guarded" => |s| lazy!(s.client.set_data_guarded("/n", MARK, 0));
    "owned::create_owned" => |s| lazy!(s.client.create_owned("/o", MARK, Ephemeral));
    "protected::create_protected" => |s| lazy!({
        s.client.create_protected("/q/p-", MARK, EphemeralSequential)
    });
    "unique::find_unique" => |s| lazy!(s.client.find_unique("/t/a", EphemeralSequential));
    "watch::add_watch" => |s| eager!(s, {
        s.client.add_watch("/t", AddWatchMode::PersistentRecursive)
    });
    "watch::exists_and_watch" => |s| eager!(s, s.client.exists_and_watch("/none"));
    "watch::get_children_and_watch" => |s| eager!(s, s.client.get_children_and_watch("/t"));
    "watch::get_data_and_watch" => |s| lazy!(async {
        // And the watch itself, which is a future too.
        if let Ok((_, watch)) = s.client.get_data_and_watch("/n").await {
            set_at_last(&s.client).await;
            let _told = watch.await;
        }
    });
    "write::set_data" => |s| eager!(s, s.client.set_data("/n", MARK, Version::Any));
    "write::set_acl" => |s| eager!(s, {
        s.client.set_acl("/n", vec![Acl::world(Perms::ALL)], Version::Any)
    });
    "persistent::next" => |s| lazy!(async {
        if let Ok(mut watch) = s.client.add_watch("/n", AddWatchMode::Persistent).await {
            set_at_last(&s.client).await;
            let _told = watch.next().await;
        }
    });
    "state::next" => |s| lazy!(async {
        let mut states = s.client.states();
        let other = s.client.close();
        while states.next().await.is_some() {}
        other.await
    });
    "mod::text" => |s| Box::pin(async move {
        let (server, options) = s.asking();
        let _text = admin::text(&server, FourLetterWord::Srvr, &options).await;
    });
    "mod::ask" => |s| Box::pin(async move {
        let (server, options) = s.asking();
        let _stats = admin::ask::<admin::ServerStats>(&server, &options).await;
    });
    "mod::ruok" => |s| word!(s, ruok);
    "mod::srvr" => |s| word!(s, srvr);
    "mod::stat" => |s| word!(s, stat);
    "mod::mntr" => |s| word!(s, mntr);
    "mod::cons" => |s| word!(s, cons);
    "mod::conf" => |s| word!(s, conf);
    "mod::dump" => |s| word!(s, dump);
    "mod::envi" => |s| word!(s, envi);
    "mod::wchs" => |s| word!(s, wchs);
    "mod::wchc" => |s| word!(s, wchc);
    "mod::wchp" => |s| word!(s, wchp);
    "mod::dirs" => |s| word!(s, dirs);
    "mod::isro" => |s| word!(s, isro);
}
