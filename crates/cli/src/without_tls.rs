//! In place of `tls.rs` where `zk` is built without the feature `tls`.

use std::sync::Arc;

use clap::Args;
use zookit::{ConnectError, Dialer, TcpDialer};

use crate::error::Failure;

/// No options.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {}

impl TlsArgs {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with TLS")]
    pub(crate) fn load(&self) -> Result<Tls, Failure> {
        Ok(Tls)
    }
}

/// Connections are never by TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls;

impl Tls {
    #[expect(clippy::unused_self, reason = "as with TLS")]
    pub(crate) fn dialer(&self) -> Arc<dyn Dialer> {
        Arc::new(TcpDialer)
    }

    #[expect(clippy::unused_self, clippy::unused_async, reason = "as with TLS")]
    pub(crate) async fn hint(&self, _: &ConnectError) -> Option<String> {
        None
    }
}
