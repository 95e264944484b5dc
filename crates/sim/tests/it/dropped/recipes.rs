//! A call of each public async function of the recipes.
//!
//! Each comes by what it needs, so that the drop may meet it there too. What others would do (hold
//! before, release, delete) is done by the call itself, at the same time.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use zookit_client::{Client, CreateMode, Transaction, Version};
use zookit_recipes::discovery::{Discovery, ServiceInstance, ServiceType};
use zookit_recipes::typed::{Codec, Typed};
use zookit_recipes::{Mutex, MutexGuard};

use super::calls::{Call, MARK, Setting};

/// Below a znode that is there, and below one that is not.
const LOCK: &str = "/q/lock";
/// Longer than a session lasts.
const MOMENT: Duration = Duration::from_secs(4);

/// Two things at once.
pub(super) async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut one_ended, mut other_ended) = (false, false);
    poll_fn(|context| {
        one_ended = one_ended || one.as_mut().poll(context).is_ready();
        other_ended = other_ended || other.as_mut().poll(context).is_ready();
        if one_ended && other_ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Holds, and lets go.
async fn hold(lock: &Mutex) {
    if let Ok(guard) = lock.acquire().await {
        let _released = guard.release().await;
    }
}

/// Somebody's else doing: the znode of the guard goes.
async fn deleted(guard: &MutexGuard) {
    let client = guard.client();
    let _deleted = client.delete(guard.path(), Version::Any).await;
}

fn discovery(client: &Client) -> Discovery {
    Discovery::new(client, "/q")
}

fn instance() -> ServiceInstance {
    ServiceInstance::new("s", "1", "h", 1)
}

/// A text as it is: so its writes are counted.
#[derive(Debug, Clone, Copy)]
struct Text;

impl Codec for Text {
    const NAME: &'static str = "text";

    fn write<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
        value.as_str().map(Into::into).ok_or_else(|| "no text".to_owned())
    }

    fn read<T: DeserializeOwned>(&self, data: &[u8]) -> Result<T, String> {
        let text = String::from_utf8_lossy(data).into_owned();
        serde_json::from_value(text.into()).map_err(|error| error.to_string())
    }
}

fn typed(client: &Client, path: &str) -> Typed<String, Text> {
    Typed::with(client, path, Text, CreateMode::Persistent.into())
}

fn mark() -> String {
    MARK.to_owned()
}

calls! {
    "claim::guarded_multi" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let write = Transaction::new().set_data("/n", MARK, Version::Any);
            let _written = guard.guarded_multi(write).await;
        }
    });
    "claim/lost::doubted" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let _doubted = timeout(MOMENT, guard.doubted()).await;
        }
    });
    "claim/lost::lost" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let lost = async { drop(timeout(MOMENT, guard.lost()).await) };
            both(lost, deleted(&guard)).await;
        }
    });
    "lock/mutex::acquire" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        both(hold(&lock), hold(&lock)).await;
    });
    "lock/mutex::acquire_within" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.acquire_within(MOMENT).await;
        let _second = lock.acquire_within(Duration::from_millis(30)).await;
    });
    "lock/mutex::try_acquire" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.try_acquire().await;
        let _second = lock.try_acquire().await;
    });
    "lock/mutex::participants" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.acquire().await;
        let _both = lock.participants().await;
    });
    "lock/mutex::release" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, "/absent/lock").acquire().await {
            let _released = guard.release().await;
        }
    });
    "discovery::names" => |s| lazy!(async { discovery(&s.client).names().await });
    "discovery::instance" => |s| lazy!(async { discovery(&s.client).instance("s", "1").await });
    "discovery::instances" => |s| lazy!(async {
        let discovery = discovery(&s.client);
        let _registered = discovery.register(instance());
        discovery.instances("s").await
    });
    "discovery::cache" => |s| lazy!(async { discovery(&s.client).cache("s").await });
    "discovery/cache::until" => |s| lazy!(async {
        let discovery = discovery(&s.client);
        if let Ok(cache) = discovery.cache("s").await {
            let _registered = discovery.register(instance());
            cache.until(|all| !all.is_empty()).await;
        }
    });
    "discovery/registration::registered" => |s| lazy!(async {
        if let Ok(registration) = discovery(&s.client).register(instance()) {
            let _registered = registration.registered().await;
        }
    });
    "discovery/registration::until" => |s| lazy!(async {
        let service_type = Some(ServiceType::DynamicSequential);
        let instance = ServiceInstance { service_type, ..instance() };
        if let Ok(registration) = discovery(&s.client).register(instance) {
            use zookit_recipes::discovery::RegistrationState::Registered;
            registration.until(|state| matches!(state, Registered)).await;
        }
    });
    "discovery/registration::unregister" => |s| lazy!(async {
        if let Ok(registration) = discovery(&s.client).register(instance()) {
            let _registered = registration.registered().await;
            let _unregistered = registration.unregister().await;
        }
    });
    "typed::get" => |s| lazy!(async { typed(&s.client, "/n").get().await });
    "typed::get_and_watch" => |s| lazy!(async {
        let _there = typed(&s.client, "/n").get_and_watch().await;
        let _absent = typed(&s.client, "/absent").get_and_watch().await;
    });
    "typed::create" => |s| lazy!(async { typed(&s.client, "/p/a").create(&mark()).await });
    "typed::set" => |s| lazy!(async { typed(&s.client, "/n").set(&mark(), Version::Any).await });
    "typed::update" => |s| lazy!(async { typed(&s.client, "/n").update(|_| mark()).await });
    "typed::delete" => |s| lazy!(async { typed(&s.client, "/t/a").delete(Version::Any).await });
    "typed::children" => |s| lazy!(async { typed(&s.client, "/t").children().await });
}
