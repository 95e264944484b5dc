//! TLS: connections to a server's `secureClientPort`, by rustls.
//!
//! [`TlsOptions`] says whom to trust and who to be, [`TlsDialer`] is made of them once and opens the
//! connections:
//!
//! ```no_run
//! use zookit_client::tls::{ClientCertificate, Pem, Roots, TlsOptions};
//! use zookit_client::{Client, ConnectOptions};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsOptions {
//!     roots: Roots::pem(Pem::file("/etc/zookeeper/ca.pem")),
//!     client_certificate: Some(ClientCertificate {
//!         chain: Pem::file("/etc/zookeeper/app.pem"),
//!         key: Pem::file("/etc/zookeeper/app.key"),
//!     }),
//!     ..TlsOptions::default()
//! };
//! let options = ConnectOptions::default().with_tls(&tls)?;
//! // The port must be written: without one it is 2181, which is the one without TLS.
//! let client = Client::connect_with("zk1.example:2281,zk2.example:2281", options).await?;
//! # Ok(()) }
//! ```
//!
//! # What is checked
//!
//! The server's chain must lead to a trusted root, within its time, each certificate used as it may
//! be; and its certificate must be for the host of the connect string, as a subject alternative
//! name (a common name does not count). An address must stand there as an address. There is no
//! reverse look-up of names, which Java's client does: it would leave it to the DNS whom to trust.
//! Certificates are not asked after (no CRL, no OCSP).
//!
//! The protocol is TLS 1.3 or 1.2, without ALPN, and each connection makes its full handshake: a
//! resumed one would not look at the certificate again.
//!
//! # What a failure says
//!
//! [`TlsOptionsError`]: files that are missing, no PEM, or do not belong together; nothing is
//! dialed. [`TlsError`]: what is wrong between this client and one server, in the words of the
//! attempts of a [`ConnectError`](crate::ConnectError), and as the inner error of what
//! [`Dialer::dial`](crate::Dialer::dial) returns. Neither quotes a key, and no `Debug` prints one.
//!
//! # Cryptography
//!
//! The feature `tls` brings rustls with ring, `tls-aws-lc-rs` with AWS-LC, which needs a C compiler
//! and is used where both are there. A default provider of the process is left alone.
//!
//! # Layout
//!
//! * `options`: what can be set. `load`: from there to rustls' configuration.
//! * `dialer`: handshake and stream. `verify`: certificates without names.
//! * `error`: what can be wrong. `diagnosis`: from what rustls says to that.

mod date;
mod diagnosis;
mod dialer;
mod error;
mod load;
mod options;
mod verify;

pub use dialer::{TlsDialer, speaks_tls};
pub use error::{TlsError, TlsFailure, TlsOptionsError};
pub use options::{ClientCertificate, Pem, Roots, TlsOptions, TlsVersion};

use std::sync::Arc;

use crate::options::ConnectOptions;

impl ConnectOptions {
    /// These options, with connections by TLS: the [`dialer`](Self::dialer) becomes a
    /// [`TlsDialer`]. Reads the files that `tls` names, once, and blocks while it does.
    ///
    /// # Errors
    /// What `tls` names cannot be read, is no PEM, or does not belong together.
    pub fn with_tls(mut self, tls: &TlsOptions) -> Result<Self, TlsOptionsError> {
        self.dialer = Arc::new(TlsDialer::new(tls)?);
        Ok(self)
    }
}
