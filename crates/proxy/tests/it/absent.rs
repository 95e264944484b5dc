//! A server that is not there yet.

use std::net::TcpListener;

use zookit_proxy::Proxy;

use crate::peers::{GUARD, Pair, Peer};

#[test]
fn a_client_is_kept_until_the_server_listens() {
    // A proxy that refuses keeps its port, at which nobody listens then.
    let place = Proxy::start(Pair::new().listener.local_addr().unwrap()).unwrap();
    place.refuse_connections(true);
    let (address, proxy) = (place.address(), Proxy::builder(place.address()));
    let proxy = proxy.wait_for_server(GUARD).start().unwrap();
    let mut early = Peer::connect(proxy.address());
    early.say(b"anybody there?");
    assert!(early.hears_nothing());
    let listener = TcpListener::bind(address).unwrap();
    let mut server = Peer::of(listener.accept().unwrap().0);
    server.hear(b"anybody there?");
    server.say(b"now there is");
    early.hear(b"now there is");
    assert_eq!(proxy.statistics().unreached, 0);
}

#[test]
fn without_that_it_is_hung_up_on() {
    let place = Proxy::start(Pair::new().listener.local_addr().unwrap()).unwrap();
    place.refuse_connections(true);
    let proxy = Proxy::start(place.address()).unwrap();
    Peer::connect(proxy.address()).hears_a_reset();
    assert_eq!(proxy.statistics().unreached, 1);
}

#[test]
fn a_client_that_is_kept_goes_with_the_proxy() {
    let place = Proxy::start(Pair::new().listener.local_addr().unwrap()).unwrap();
    place.refuse_connections(true);
    let proxy = Proxy::builder(place.address()).wait_for_server(GUARD).start().unwrap();
    let mut kept = Peer::connect(proxy.address());
    assert!(proxy.wait(GUARD, |statistics| statistics.made == 1));
    assert!(kept.hears_nothing());
    drop(proxy);
    kept.hears_a_reset();
}

#[test]
fn a_client_that_is_not_accepted_yet_hears_the_same() {
    let place = Proxy::start(Pair::new().listener.local_addr().unwrap()).unwrap();
    place.refuse_connections(true);
    let proxy = Proxy::builder(place.address()).wait_for_server(GUARD).start().unwrap();
    let mut kept = Peer::connect(proxy.address());
    drop(proxy);
    kept.hears_a_reset();
}
