//! In place of `tls.rs` where `zk` is built without the feature `tls`.

use std::sync::Arc;

use clap::Args;
use zookit::{ConnectError, Dialer, TcpDialer};

use crate::error::Failure;

/// No options.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {}

impl TlsArgs {
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
}
