//! That a closure which looks at a server does not ask the same server for more: it would wait for
//! itself for ever.

use std::cell::Cell;

use super::shared::Shared;
use crate::core::Server;

thread_local! {
    /// Which server this thread is just showing to a closure of a test.
    static LOOKED_AT: Cell<Option<*const Shared>> = const { Cell::new(None) };
}

/// Shows a server to a closure.
pub(crate) fn look<T>(shared: &Shared, server: &Server, look: impl FnOnce(&Server) -> T) -> T {
    let _looking = Looking(LOOKED_AT.replace(Some(std::ptr::from_ref(shared))));
    look(server)
}

/// # Panics
/// This thread is just showing that server to a closure, which holds its lock.
pub(super) fn assert_nobody_looks(shared: &Shared) {
    assert!(
        LOOKED_AT.get() != Some(std::ptr::from_ref(shared)),
        "a closure that looks at a server (`until`, `wait`, `look`) asked the server's control for \
         something, and would wait for itself for ever: use the `&Server` that it is given"
    );
}

/// Ends the looking, also where the closure panics: what was looked at before is so again.
struct Looking(Option<*const Shared>);

impl Drop for Looking {
    fn drop(&mut self) {
        LOOKED_AT.set(self.0);
    }
}
