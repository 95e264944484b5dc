//! Services that find each other: registrations. Who looks for them is in `caches`.

mod caches;

use std::time::Duration;

use zookit_client::{Acl, Client, CreateMode, CreateOptions, ErrorCode, Perms, SessionId, Version};
use zookit_proto::{OpCode, Request};
use zookit_recipes::Error;
use zookit_recipes::discovery::{
    Discovery, Registration, RegistrationState, ServiceInstance, ServiceType,
};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const BASE: &str = "/services";
const SERVICE: &str = "/services/search";

fn instance(id: &str) -> ServiceInstance {
    ServiceInstance::new("search", id, "10.0.0.7", 8080)
}

fn of_type(id: &str, service_type: ServiceType) -> ServiceInstance {
    ServiceInstance { service_type: Some(service_type), ..instance(id) }
}

async fn registered(client: &Client, instance: ServiceInstance) -> Registration {
    let registration = Discovery::new(client, BASE).register(instance).unwrap();
    bounded(registration.registered()).await.unwrap();
    registration
}

/// Waits until this is so of the one znode of the service.
async fn until_owned_by(place: &Place, owner: SessionId) {
    place.until(|server| owners(server) == [owner]).await;
}

fn owners(server: &zookit_server::core::Server) -> Vec<SessionId> {
    let names = server.tree().children(SERVICE).unwrap_or_default();
    let stat = |name| server.tree().stat(&format!("{SERVICE}/{name}"));
    names.into_iter().filter_map(stat).map(|stat| stat.ephemeral_owner).collect()
}

#[tokio::test]
async fn an_instance_is_there_as_curator_has_it_until_it_is_dropped() {
    let place = Place::new();
    let client = place.client().await;
    let registration = registered(&client, instance("7")).await;
    let node = client.get_data("/services/search/7").await.unwrap();
    let json = r#"{"name":"search","id":"7","address":"10.0.0.7","port":8080,"sslPort":null,"payload":null,"registrationTimeUTC":0,"serviceType":"DYNAMIC","uriSpec":null}"#;
    assert_eq!(node.data.unwrap(), json);
    assert_eq!(node.stat.ephemeral_owner, client.session_id());
    let discovery = Discovery::new(&client, BASE);
    assert_eq!(bounded(discovery.names()).await.unwrap(), ["search"]);
    let found = bounded(discovery.instance("search", "7")).await.unwrap();
    assert_eq!(found, Some(instance("7")));
    assert_eq!(bounded(discovery.instance("search", "8")).await.unwrap(), None);
    drop(registration);
    place.until_children(SERVICE, 0).await;
    assert!(bounded(discovery.instances("search")).await.unwrap().is_empty());
    assert!(bounded(discovery.instances("none")).await.unwrap().is_empty());
}

/// CURATOR-154, CURATOR-97: what is there of a session before is not taken for this one's.
#[tokio::test]
async fn an_instance_is_there_again_in_the_next_session() {
    let place = Place::new();
    let client = place.client().await;
    let registration = registered(&client, instance("7")).await;
    let before = client.session_id();
    for _ in 0..2 {
        place.expire(client.session_id());
        place.until(|server| owners(server).iter().any(|owner| *owner != before)).await;
        until_owned_by(&place, client.session_id()).await;
    }
    bounded(registration.unregister()).await.unwrap();
    assert_eq!(place.children(SERVICE), [""; 0]);
}

#[tokio::test]
async fn an_instance_that_somebody_deletes_is_there_again() {
    let place = Place::new();
    let client = place.client().await;
    let _registration = registered(&client, instance("7")).await;
    let other = place.client().await;
    let before = other.exists("/services/search/7").await.unwrap().unwrap();
    other.delete("/services/search/7", Version::Any).await.unwrap();
    place
        .until(|server| {
            let now = server.tree().stat("/services/search/7");
            now.is_some_and(|now| now.czxid > before.czxid)
        })
        .await;
}

/// CURATOR-584: what was created by a write without a reply is found to be ours.
#[tokio::test]
async fn a_registration_whose_reply_was_lost_is_made_once() {
    for service_type in [ServiceType::Dynamic, ServiceType::DynamicSequential] {
        let place = Place::new();
        let client = place.client().await;
        client.create_with_parents(SERVICE, (), CreateMode::Persistent).await.unwrap();
        place.lose_next_create_below(SERVICE);
        let registration = registered(&client, of_type("7", service_type)).await;
        assert_eq!(place.children(SERVICE).len(), 1, "{service_type:?}");
        bounded(registration.unregister()).await.unwrap();
        assert_eq!(place.children(SERVICE), [""; 0], "{service_type:?}");
    }
}

/// CURATOR-320: the same instance registers once, whatever connections do.
#[tokio::test]
async fn a_connection_that_comes_back_writes_nothing() {
    let place = Place::new();
    let client = place.client().await;
    let registration = registered(&client, of_type("7", ServiceType::DynamicSequential)).await;
    let zxid = place.server.last_zxid();
    for _ in 0..3 {
        place.server.drop_connections();
        bounded(client.wait_connected()).await.unwrap();
        bounded(registration.registered()).await.unwrap();
        bounded(client.sync("/")).await.unwrap();
    }
    assert_eq!(place.server.last_zxid(), zxid);
    assert_eq!(place.children(SERVICE).len(), 1);
}

#[tokio::test]
async fn who_has_the_id_of_another_waits_and_deletes_nothing() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = registered(&one, instance("7")).await;
    let second = Discovery::new(&two, BASE).register(instance("7")).unwrap();
    let owner = one.session_id();
    bounded(second.until(
        |state| matches!(state, RegistrationState::Conflict { owner: theirs } if *theirs == owner),
    ))
    .await;
    assert_eq!(place.server.look(owners), [owner]);
    drop(first);
    // In a task: what is waited for may be sent to another thread.
    let waiting = tokio::spawn(async move {
        second.until(|state| matches!(state, RegistrationState::Registered)).await;
        second.registered().await.map(|()| second)
    });
    let _second = bounded(waiting).await.unwrap().unwrap();
    assert_eq!(place.server.look(owners), [two.session_id()]);
    // Who waits for another's place, and goes, leaves that one in it.
    let third = Discovery::new(&one, BASE).register(instance("7")).unwrap();
    bounded(third.unregister()).await.unwrap();
    assert_eq!(place.server.look(owners), [two.session_id()]);
}

/// CURATOR-617, CURATOR-181: what is changed last is there at last, in every session.
#[tokio::test]
async fn what_was_changed_is_there_also_in_the_next_session() {
    let place = Place::new();
    let client = place.client().await;
    let registration = registered(&client, instance("7")).await;
    for port in 1..20 {
        registration.update(|instance| instance.port = Some(port)).unwrap();
    }
    registration.update(|instance| instance.id = "another".to_owned()).unwrap();
    bounded(registration.registered()).await.unwrap();
    let discovery = Discovery::new(&client, BASE);
    let found = bounded(discovery.instance("search", "7")).await.unwrap().unwrap();
    assert_eq!((found.port, found.id.as_str()), (Some(19), "7"));
    let old = client.session_id();
    place.expire(old);
    place.until(|server| owners(server).iter().any(|owner| *owner != old)).await;
    let found = bounded(discovery.instance("search", "7")).await.unwrap().unwrap();
    assert_eq!(found.port, Some(19));
}

/// The simulator found it: what is deleted between a look and the write was told as a failure.
#[tokio::test]
async fn what_is_deleted_just_before_it_is_changed_is_there_again() {
    let place = Place::new();
    let (client, other) = (place.client().await, place.client().await);
    let registration = registered(&client, instance("7")).await;
    // The write is carried out late: when the znode is deleted.
    let late = Effect::Delay(Duration::from_millis(100));
    let late = Fault::on(late, OpCode::SetData, "/services/search/7");
    let late = place.server.add_fault(late.times(1));
    registration.update(|instance| instance.port = Some(1)).unwrap();
    while place.server.fault_struck(late) == Some(0) {
        tokio::task::yield_now().await;
    }
    other.delete("/services/search/7", Version::Any).await.unwrap();
    bounded(registration.registered()).await.unwrap();
    let found = Discovery::new(&client, BASE).instance("search", "7").await.unwrap();
    assert_eq!(found.unwrap().port, Some(1));
}

/// What is changed is tried again, also behind a failure.
#[tokio::test]
async fn what_failed_is_tried_again_when_it_is_changed() {
    let place = Place::new();
    let client = place.client().await;
    for (opcode, service_type) in
        [(OpCode::Create2, ServiceType::Dynamic), (OpCode::SetData, ServiceType::Static)]
    {
        let path = "/services/search/7";
        client.create_with_parents(SERVICE, (), CreateMode::Persistent).await.ok();
        if opcode == OpCode::SetData {
            client.create(path, "another's", CreateMode::Persistent).await.unwrap();
        }
        let refused = Fault::on(Effect::Fail(ErrorCode::NoAuth), opcode, path);
        place.server.add_fault(refused.times(2));
        let registration =
            Discovery::new(&client, BASE).register(of_type("7", service_type)).unwrap();
        bounded(registration.registered()).await.unwrap_err();
        registration.update(|instance| instance.port = Some(1)).unwrap();
        bounded(registration.registered()).await.unwrap_err();
        assert!(matches!(registration.state(), RegistrationState::Failed(_)));
        registration.update(|instance| instance.port = Some(2)).unwrap();
        bounded(registration.registered()).await.unwrap();
        let found = bounded(Discovery::new(&client, BASE).instance("search", "7")).await.unwrap();
        assert_eq!(found.unwrap().port, Some(2));
        bounded(registration.unregister()).await.unwrap();
        assert_eq!(place.children(SERVICE), [""; 0]);
    }
}

/// Two of one id stand beside each other, and each keeps to its own.
#[tokio::test]
async fn a_sequential_instance_is_known_by_its_owner() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = registered(&one, of_type("7", ServiceType::DynamicSequential)).await;
    let second = registered(&two, of_type("7", ServiceType::DynamicSequential)).await;
    let mut names = place.children(SERVICE);
    names.sort_unstable();
    assert_eq!(names, ["70000000000", "70000000001"]);
    // Its number is another one when somebody deletes it, and in the next session.
    one.delete("/services/search/70000000000", Version::Any).await.unwrap();
    place.until(|server| server.tree().stat("/services/search/70000000002").is_some()).await;
    let of_both = |owners: &mut Vec<SessionId>| {
        owners.sort_unstable();
        let mut expected = [one.session_id(), two.session_id()];
        expected.sort_unstable();
        *owners == expected
    };
    let old = two.session_id();
    place.expire(old);
    place.until(|server| !owners(server).contains(&old) && of_both(&mut owners(server))).await;
    bounded(first.unregister()).await.unwrap();
    assert_eq!(place.server.look(owners), [two.session_id()]);
    second.update(|instance| instance.port = Some(1)).unwrap();
    bounded(second.registered()).await.unwrap();
    let found = bounded(Discovery::new(&one, BASE).instances("search")).await.unwrap();
    assert_eq!((found.len(), found[0].port), (1, Some(1)));
    bounded(second.unregister()).await.unwrap();
    assert_eq!(place.children(SERVICE), [""; 0]);
}

#[tokio::test]
async fn a_static_instance_stays_until_it_is_unregistered() {
    let place = Place::new();
    let client = place.client().await;
    for service_type in [ServiceType::Static, ServiceType::Permanent] {
        drop(registered(&client, of_type("7", service_type)).await);
        place.expire(client.session_id());
        let again = registered(&client, of_type("7", service_type)).await;
        assert_eq!(place.server.look(owners), [SessionId::NONE]);
        again.update(|instance| instance.enabled = false).unwrap();
        bounded(again.registered()).await.unwrap();
        let discovery = Discovery::new(&client, BASE);
        let found = bounded(discovery.instance("search", "7")).await.unwrap().unwrap();
        assert!(!found.enabled);
        bounded(again.unregister()).await.unwrap();
        assert_eq!(place.children(SERVICE), [""; 0]);
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_told_and_not_tried_for_ever() {
    let place = Place::new();
    let client = place.client().await;
    let acl = vec![Acl::world(Perms::READ)];
    let options = CreateOptions { acl, ..CreateMode::Persistent.into() };
    client.create(BASE, (), options).await.unwrap();
    place.server.log_requests(100);
    let registration = Discovery::new(&client, BASE).register(instance("7")).unwrap();
    let error = bounded(registration.registered()).await.unwrap_err();
    let refused = error.as_client().and_then(zookit_client::Error::code);
    assert_eq!(refused, Some(ErrorCode::NoAuth), "{error}");
    for _ in 0..20 {
        bounded(client.sync("/")).await.unwrap();
    }
    let asked = place.asked().into_iter().filter(|code| *code != OpCode::Sync).count();
    assert!(asked < 8, "{:?}", place.asked());
    bounded(registration.unregister()).await.unwrap();
}

#[tokio::test]
async fn a_registration_that_is_dropped_at_once_leaves_nothing() {
    let place = Place::new();
    let client = place.client().await;
    client.create_with_parents(SERVICE, (), CreateMode::Persistent).await.unwrap();
    // The create is carried out, and told late: when nobody wants it any more.
    let late = Effect::DelayReply(Duration::from_millis(50));
    let late = Fault::new(late, |asked| matches!(asked.request, Request::Create2(_)));
    place.server.add_fault(late.times(1));
    let registration = Discovery::new(&client, BASE).register(instance("7")).unwrap();
    place.until_children(SERVICE, 1).await;
    drop(registration);
    place.until_children(SERVICE, 0).await;
}

#[tokio::test]
async fn a_path_that_is_none_is_told() {
    let place = Place::new();
    let client = place.client().await;
    let discovery = Discovery::new(&client, BASE);
    let registration = discovery.register(ServiceInstance::new("a\u{0}", "1", "h", 1)).unwrap();
    let error = bounded(registration.registered()).await.unwrap_err();
    assert!(matches!(error, Error::Client(_)), "{error}");
    assert!(bounded(discovery.cache("a\u{0}")).await.is_err());
    assert!(matches!(registration.state(), RegistrationState::Failed(_)));
}

#[test]
fn the_blocking_twin_registers_and_picks() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let discovery = zookit_recipes::blocking::Discovery::new(&client, BASE);
    let mine = discovery.register(instance("7")).unwrap();
    mine.registered().unwrap();
    assert_eq!(discovery.names().unwrap(), ["search"]);
    assert_eq!(discovery.instances("search").unwrap().len(), 1);
    assert!(discovery.instance("search", "7").unwrap().is_some());
    let cache = discovery.cache("search").unwrap();
    let provider = discovery.provider("search").unwrap();
    assert_eq!(provider.pick().unwrap().id, "7");
    mine.update(|instance| instance.port = Some(1)).unwrap();
    assert!(cache.until_within(Duration::from_secs(30), |all| all[0].port == Some(1)));
    mine.unregister().unwrap();
    assert!(cache.until_within(Duration::from_secs(30), <[_]>::is_empty));
    // What is dropped with the last handle of its client is taken back all the same.
    let mine = discovery.register(instance("8")).unwrap();
    mine.registered().unwrap();
    drop((client, discovery, cache, provider));
    drop(mine);
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children(SERVICE), [""; 0]);
}
