//! In place of `tls.rs` where `zk` is built without the feature `tls`.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use zookit::{ConnectError, Dialer, TcpDialer};

use crate::error::Failure;

/// What to do about a port that speaks TLS.
pub(crate) const WANTED: &str =
    "it is the secureClientPort, and this `zk` was built without TLS: name the clientPort";

/// No options.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {}

impl TlsArgs {
    pub(crate) const fn is_wanted(&self) -> bool {
        false
    }

    pub(crate) fn load(&self) -> Result<Tls, Failure> {
        Ok(Tls)
    }
}

/// Connections are never by TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls;

impl Tls {
    pub(crate) fn dialer(&self) -> Arc<dyn Dialer> {
        Arc::new(TcpDialer)
    }

    pub(crate) async fn hint(&self, _: &ConnectError) -> Option<String> {
        None
    }

    /// Not known here: it takes TLS to tell.
    pub(crate) async fn is_wanted_at(&self, _: SocketAddr) -> bool {
        false
    }
}
