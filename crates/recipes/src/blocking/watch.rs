//! The watches that go on.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::blocking::Client;

use crate::Error;
use crate::watch::{self, ChildrenChange, DataChange};

macro_rules! twins {
    ($( $(#[$meta:meta])* $name:ident -> $change:ident; )*) => { $(
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name {
            // Before the client: it ends on the client's thread.
            watch: watch::$name,
            client: Client,
        }

        impl $name {
            #[doc = concat!("As [the async one](watch::", stringify!($name), "::path).")]
            #[must_use]
            pub fn path(&self) -> &str {
                self.watch.path()
            }

            #[doc = concat!("As [the async one](watch::", stringify!($name), "::next).")]
            ///
            /// # Errors
            /// As there.
            #[expect(clippy::should_implement_trait, reason = "it never ends, and may fail")]
            pub fn next(&mut self) -> Result<$change, Error> {
                self.client.wait(self.watch.next())
            }

            /// The same, if it comes in this time. Nothing is lost if it does not.
            ///
            /// # Errors
            /// As there.
            pub fn next_within(&mut self, time: Duration) -> Result<Option<$change>, Error> {
                let waited = async { timeout(time, self.watch.next()).await };
                self.client.wait(waited).ok().transpose()
            }
        }
    )* };
}

twins! {
    /// The twin of [`DataWatch`](watch::DataWatch).
    ///
    /// ```
    /// # use zookit_client::blocking::Client;
    /// use zookit_recipes::blocking::DataWatch;
    ///
    /// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
    /// let mut config = DataWatch::new(&client, "/config");
    /// loop {
    ///     println!("{:?}", config.next()?.node);
    ///     # break;
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    DataWatch -> DataChange;
    /// The twin of [`ChildrenWatch`](watch::ChildrenWatch).
    ChildrenWatch -> ChildrenChange;
    /// The twin of [`PatientChildrenWatch`](watch::PatientChildrenWatch).
    PatientChildrenWatch -> ChildrenChange;
}

impl DataWatch {
    /// As [the async one](watch::DataWatch::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        let watch = watch::DataWatch::new(client.asynchronous(), path);
        Self { watch, client: client.clone() }
    }
}

impl ChildrenWatch {
    /// As [the async one](watch::ChildrenWatch::new).
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        let watch = watch::ChildrenWatch::new(client.asynchronous(), path);
        Self { watch, client: client.clone() }
    }
}

impl PatientChildrenWatch {
    /// As [the async one](watch::PatientChildrenWatch::new).
    #[must_use]
    pub fn new(client: &Client, path: &str, quiet: Duration) -> Self {
        let watch = watch::PatientChildrenWatch::new(client.asynchronous(), path, quiet);
        Self { watch, client: client.clone() }
    }

    /// As [the async one](watch::PatientChildrenWatch::changed), for this long at most; whether
    /// it is.
    #[must_use]
    pub fn changed_within(&mut self, time: Duration) -> bool {
        self.client.wait(async { timeout(time, self.watch.changed()).await }).is_ok()
    }
}
