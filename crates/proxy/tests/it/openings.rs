//! The first bytes of a client, and what becomes of them.

use zookit_proxy::Opening;

use crate::peers::{Link, Pair};

/// A greeting up to a full stop is put in other words.
fn rule(said: &[u8]) -> Opening {
    match said.iter().position(|byte| *byte == b'.') {
        _ if !said.starts_with(b"h") => Opening::Keep,
        Some(end) => Opening::Replace { taken: end + 1, with: b"good day.".to_vec() },
        None => Opening::More,
    }
}

#[test]
fn the_first_bytes_are_replaced_however_they_come() {
    let pair = Pair::with(|builder| builder.opening(rule));
    let Link { mut client, mut server, .. } = pair.link();
    for byte in b"hello there" {
        client.say(&[*byte]);
    }
    server.say(b"the other way is free");
    client.hear(b"the other way is free");
    assert!(server.hears_nothing());
    client.say(b". Hello. Again.");
    server.hear(b"good day. Hello. Again.");
    client.say(b"hello.");
    server.hear(b"hello.");
    pair.wait(|statistics| statistics.to_server == 29);

    let Link { mut client, mut server, .. } = pair.link();
    client.say(b"dear sir.");
    server.hear(b"dear sir.");
}

#[test]
fn an_opening_that_never_comes_whole_passes_as_it_is() {
    let pair = Pair::with(|builder| builder.opening(rule));
    let Link { mut client, mut server, .. } = pair.link();
    client.say(b"hello");
    client.end();
    assert_eq!(server.rest(), (b"hello".to_vec(), Ok(())));

    let Link { mut client, mut server, .. } = pair.link();
    let endless = [b'h'; 100_000];
    client.say(&endless);
    server.hear(&endless);
}
