//! The guard of all tests here, which the other test programs of this crate have too.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::guard::{GUARD, Guard};

#[test]
fn a_test_that_hangs_is_told_and_one_that_has_ended_is_not() {
    let (tell, told) = channel();
    let hangs = |name| {
        let tell = tell.clone();
        move || tell.send(name).unwrap()
    };
    drop(Guard::with(Duration::from_secs(1), hangs("ended")));
    let _guard = Guard::with(Duration::from_millis(1), hangs("hanging"));
    assert_eq!(told.recv_timeout(GUARD), Ok("hanging"));
    drop(tell);
    // The other's closure, and with it its way to tell, is gone: nothing more will be told.
    assert_eq!(told.recv_timeout(GUARD), Err(RecvTimeoutError::Disconnected));
}
