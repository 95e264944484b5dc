//! How long a request waits.

use std::time::Duration;

/// How long a request waits for its reply before its caller is answered without one.
///
/// When it passes before the request has left, the request is *not sent*. When it passes after
/// that, it is *no reply*: the server may still execute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deadline {
    /// As long as the session timeout that was granted.
    #[default]
    SessionTimeout,
    /// This long after it was submitted.
    After(Duration),
    /// As long as it takes: until a reply, a loss, or the end of the session.
    Never,
}
