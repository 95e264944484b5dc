//! What is wrong on the way: delays, bandwidth, held and swallowed bytes, cuts behind bytes.

use std::io::Write;
use std::time::{Duration, Instant};

use zookit_proxy::{Cut, Direction, Flow, Proxy};

use crate::peers::{Link, Pair, Peer};

const HOUR: Duration = Duration::from_secs(3600);

/// In each direction: the flow, who sends, and who receives.
fn each_way(check: impl Fn(&Pair, Direction, Link)) {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let pair = Pair::new();
        let link = pair.link();
        check(&pair, direction, link);
    }
}

fn flow(proxy: &Proxy, direction: Direction) -> Flow<'_> {
    match direction {
        Direction::ToServer => proxy.to_server(),
        Direction::ToClient => proxy.to_client(),
    }
}

fn sides(link: &mut Link, direction: Direction) -> (&mut Peer, &mut Peer) {
    match direction {
        Direction::ToServer => (&mut link.client, &mut link.server),
        Direction::ToClient => (&mut link.server, &mut link.client),
    }
}

#[test]
fn what_is_delayed_arrives_so_much_later_and_nothing_else() {
    each_way(|pair, direction, mut link| {
        let delay = Duration::from_millis(50);
        flow(&pair.proxy, direction).delay(delay);
        let (sender, receiver) = sides(&mut link, direction);
        let begun = Instant::now();
        sender.say(b"late");
        receiver.hear(b"late");
        assert!(begun.elapsed() >= delay);
        sender.end();
        receiver.hears_the_end();
        assert!(begun.elapsed() >= 2 * delay, "so is the end");
        // An hour the other way would be noticed.
        flow(&pair.proxy, direction).delay(HOUR);
        receiver.say(b"at once");
        sender.hear(b"at once");
    });
}

#[test]
fn a_delay_that_ends_lets_go_what_was_on_its_way() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).delay(HOUR);
        let (sender, receiver) = sides(&mut link, direction);
        for word in [b"one", b"two", b"six"] {
            sender.say(word);
        }
        sender.end();
        receiver.say(b"the other way");
        sender.hear(b"the other way");
        assert!(receiver.hears_nothing());
        flow(&pair.proxy, direction).delay(Duration::ZERO);
        receiver.hear(b"onetwosix");
        receiver.hears_the_end();
    });
}

#[test]
fn what_is_delayed_for_long_has_a_bound() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).delay(HOUR);
        let (sender, receiver) = sides(&mut link, direction);
        let much = vec![7; 64 << 20];
        let mut writer = sender.0.try_clone().unwrap();
        let said = std::thread::spawn(move || writer.write_all(&much).is_ok());
        // It does not take it all: the thread ends with the connection.
        let other = Pair::with(|builder| builder.beside(&pair.proxy));
        other.beat(&mut other.link());
        assert!(!said.is_finished());
        flow(&pair.proxy, direction).cut_after(3, Cut::Close);
        flow(&pair.proxy, direction).delay(Duration::ZERO);
        assert_eq!(receiver.rest().0, [7, 7, 7]);
        let _ = said.join().unwrap();
    });
}

#[test]
fn jitter_keeps_the_order() {
    let said: Vec<u8> = (0..200).collect();
    let pair = Pair::with(|builder| builder.seed(7));
    let mut link = pair.link();
    pair.proxy.both_ways().jitter(Duration::from_millis(5));
    for byte in &said {
        link.client.say(&[*byte]);
        link.server.say(&[*byte]);
    }
    link.server.hear(&said);
    link.client.hear(&said);
}

#[test]
fn no_more_passes_in_a_second_than_the_bandwidth() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).bandwidth(100_000);
        let (sender, receiver) = sides(&mut link, direction);
        let begun = Instant::now();
        let said = [5; 20_000];
        sender.say(&said);
        receiver.hear(&said);
        // The first of its parts passes at once.
        assert!(begun.elapsed() >= Duration::from_millis(190));
        flow(&pair.proxy, direction).bandwidth(1);
        sender.say(&said);
        flow(&pair.proxy, direction).clear();
        receiver.hear(&said);
    });
}

#[test]
fn what_is_held_passes_when_that_is_over() {
    each_way(|pair, direction, mut link| {
        let mut other = pair.link();
        flow(&pair.proxy, direction).of(link.id).hold();
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"held");
        sender.end();
        pair.beat(&mut other);
        assert!(receiver.hears_nothing());
        receiver.say(b"the other way");
        sender.hear(b"the other way");
        flow(&pair.proxy, direction).clear();
        receiver.hear(b"held");
        receiver.hears_the_end();
    });
}

#[test]
fn nobody_learns_of_an_end_while_all_is_held() {
    let pair = Pair::new();
    let Link { client, mut server, .. } = pair.link();
    pair.proxy.both_ways().hold();
    client.reset();
    let mut other = pair.client();
    other.say(b"new ones are held as well");
    let mut its_server = pair.accept();
    assert!(server.hears_nothing() && its_server.hears_nothing());
    pair.proxy.heal();
    server.hears_a_reset();
    its_server.hear(b"new ones are held as well");
}

#[test]
fn what_is_swallowed_never_arrives() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).swallow();
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"lost");
        pair.wait(|statistics| statistics.swallowed == 4);
        receiver.say(b"not lost");
        sender.hear(b"not lost");
        flow(&pair.proxy, direction).clear();
        sender.say(b"and on");
        receiver.hear(b"and on");
        // Nobody is to go on with a hole in the stream when all is well.
        pair.proxy.heal();
        receiver.hears_a_reset();
        sender.hears_a_reset();
    });
}

#[test]
fn a_connection_is_cut_behind_so_many_bytes() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).cut_after(5, Cut::Close);
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"four");
        receiver.hear(b"four");
        sender.say(b"fifty");
        assert_eq!(receiver.rest(), (b"f".to_vec(), Ok(())));
        sender.hears_the_end();
        pair.wait(|statistics| statistics.open == 0);

        // So is each one to come.
        let mut link = pair.link();
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"four of five");
        assert_eq!(receiver.rest(), (b"four ".to_vec(), Ok(())));
    });
}

#[test]
fn a_cut_behind_bytes_may_be_a_reset_or_told_to_nobody() {
    each_way(|pair, direction, mut link| {
        flow(&pair.proxy, direction).cut_after(2, Cut::Reset);
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"two");
        assert_eq!(receiver.rest().0, b"tw");
        sender.hears_a_reset();

        flow(&pair.proxy, direction).cut_after(2, Cut::Silence);
        let mut link = pair.link();
        let (sender, receiver) = sides(&mut link, direction);
        sender.say(b"two");
        receiver.hear(b"tw");
        receiver.say(b"the other way is silent too");
        flow(&pair.proxy, direction).clear();
        pair.beat(&mut pair.link());
        assert!(sender.hears_nothing() && receiver.hears_nothing());
        pair.proxy.heal();
        sender.hears_a_reset();
        receiver.hears_a_reset();
    });
}

#[test]
fn nothing_at_all_passes_of_a_connection_that_is_cut_behind_no_bytes() {
    let pair = Pair::new();
    pair.proxy.to_server().of_new().cut_after(0, Cut::Close);
    let mut client = pair.client();
    pair.accept().hears_the_end();
    client.hears_the_end();
}

#[test]
fn new_connections_may_be_otherwise_than_those_there_are() {
    let pair = Pair::new();
    let mut old = pair.link();
    pair.proxy.both_ways().of_new().hold();
    let mut new = pair.link();
    new.client.say(b"held");
    pair.beat(&mut old);
    assert!(new.server.hears_nothing());
    pair.proxy.to_server().of(new.id).clear();
    new.server.hear(b"held");
    pair.proxy.both_ways().clear();
    pair.beat(&mut pair.link());
}
