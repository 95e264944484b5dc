//! The session lives on while the program is busy with something else.

use std::sync::mpsc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use zookit_client::State;
use zookit_client::blocking::Client;
use zookit_proto::ops::get_data::GetData;

use super::{PATIENCE, closes, scripted};
use crate::peer::{Peer, SERVER, SESSION, got};

/// The shortest session timeout that real servers grant by default is 4 s; the peer grants less.
const TIMEOUT: Duration = Duration::from_millis(900);

/// The peer is as strict as a server: it gives the session up where it hears nothing for the
/// timeout. The program makes no call until that could have happened three times.
#[test]
fn heartbeats_go_on_between_calls() {
    let (outlived, tell) = mpsc::channel();
    let (options, script) = scripted(async move |mut peer: Peer| {
        let mut line = peer.dialed().await;
        line.handshake().await;
        line.answer_handshake(TIMEOUT.as_millis().try_into().unwrap(), SESSION).await;
        let begun = Instant::now();
        while begun.elapsed() < 3 * TIMEOUT {
            let pinged = timeout(TIMEOUT, line.pinged()).await;
            pinged.expect("the server hears of the session before it expires");
        }
        outlived.send(()).unwrap();
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 9, &got("x")).await;
        closes(&mut line).await;
    });
    let client = Client::connect_with(SERVER, options).unwrap();
    assert_eq!(client.session_timeout(), TIMEOUT);
    let (session, mut states) = (client.session(), client.states());
    tell.recv_timeout(PATIENCE).unwrap();
    assert_eq!(session.get_data("/a").unwrap().data.unwrap(), "x");
    assert_eq!((client.session_id(), client.state()), (SESSION, State::Connected));
    assert!(states.next_timeout(Duration::ZERO).is_err(), "the connection was never lost");
    drop((session, client));
    script.done();
}
