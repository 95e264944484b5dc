//! Services: each finds what the other has registered.

use zookit_recipes::discovery::{Discovery, Provider, ServiceInstance};

use crate::peer::Meeting;

#[tokio::test]
async fn each_finds_the_others_instances() {
    let meeting = Meeting::new();
    let Some(curator) = meeting.curator() else { return };
    let client = meeting.client().await;
    let base = meeting.path(&client, "curator-discovery").await;
    let discovery = Discovery::new(&client, &base);
    let cache = discovery.cache("search").await.unwrap();
    // Theirs, as we find it: asked for, in the cache, picked.
    let register = format!("register {base} search theirs 7001");
    assert_eq!(curator.tell(&register).await, "registered");
    let theirs = discovery.instance("search", "theirs").await.unwrap().expect("it is found");
    assert_eq!(theirs.uri().unwrap(), "http://127.0.0.1:7001/curator");
    assert_eq!(theirs.payload_as::<String>().unwrap().unwrap(), "of-curator");
    assert!(theirs.enabled && theirs.registration_time_utc > 0);
    assert!(cache.until(|instances| instances.len() == 1).await);
    assert_eq!(*cache.get("theirs").unwrap(), theirs);
    let picked = Provider::new(cache.clone()).pick().unwrap();
    assert_eq!(*picked, theirs);
    // Ours, as they find it; also when it changes.
    let mut ours = ServiceInstance::new("search", "ours", "127.0.0.2", 7002);
    ours.uri_spec = "{scheme}://{address}:{port}/zookit".parse().ok();
    ours.set_payload(&"of-zookit", None).unwrap();
    let registration = discovery.register(ours).unwrap();
    registration.registered().await.unwrap();
    assert_eq!(curator.tell(&format!("services {base}")).await, "search");
    let instances = format!("instances {base} search");
    let of_theirs = "theirs=http://127.0.0.1:7001/curator,of-curator,DYNAMIC,true";
    let of_ours = "ours=http://127.0.0.2:7002/zookit,of-zookit,DYNAMIC,true";
    assert_eq!(curator.tell(&instances).await, format!("{of_ours} {of_theirs}"));
    registration.update(|instance| instance.enabled = false).unwrap();
    registration.registered().await.unwrap();
    let of_ours = of_ours.replace("true", "false");
    assert_eq!(curator.tell(&instances).await, format!("{of_ours} {of_theirs}"));
    // What is taken out is found no more.
    registration.unregister().await.unwrap();
    assert_eq!(curator.tell(&instances).await, of_theirs);
    assert_eq!(curator.tell(&format!("unregister {base} search theirs")).await, "unregistered");
    assert!(discovery.instances("search").await.unwrap().is_empty());
    assert!(cache.until(<[_]>::is_empty).await);
}
