//! The options of TLS, and what to suggest when a connection fails for it or for want of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use zookit::tls::{ClientCertificate, Pem, Roots, TlsDialer, TlsOptions, speaks_tls};
use zookit::{ConnectError, Dialer, TcpDialer};

use crate::error::Failure;

/// What to do about a port that speaks TLS, where we do not.
pub(crate) const WANTED: &str =
    "it is the secureClientPort: ask with --tls, or name the clientPort in --servers";

/// How long to look whether a port that does not answer speaks TLS.
const LOOK: Duration = Duration::from_secs(1);

/// At how many addresses to look.
const MOST_ADDRESSES: usize = 3;

/// What every verb takes, to connect by TLS.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS, to the servers' secureClientPort")]
pub(crate) struct TlsArgs {
    /// Connect by TLS; each of the options below does so too
    #[arg(long, global = true)]
    tls: bool,

    /// PEM file of the roots that servers' certificates must lead to; default: the system's
    #[arg(long, global = true, value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// PEM file of this client's certificate, for servers that ask; intermediates behind it
    #[arg(long, global = true, value_name = "FILE")]
    tls_cert: Option<PathBuf>,

    /// PEM file of its private key; default: the file of --tls-cert
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,

    /// The name that servers' certificates must be for; default: the host in --servers
    #[arg(long, global = true, value_name = "NAME")]
    tls_server_name: Option<String>,
}

impl TlsArgs {
    /// Whether one of them is there.
    pub(crate) const fn is_wanted(&self) -> bool {
        let Self { tls, tls_ca, tls_cert, tls_key, tls_server_name } = self;
        *tls || tls_ca.is_some()
            || tls_cert.is_some()
            || tls_key.is_some()
            || tls_server_name.is_some()
    }

    /// Reads the files that they name.
    pub(crate) fn load(&self) -> Result<Tls, Failure> {
        let Some(options) = self.options()? else { return Ok(Tls::Off) };
        let dialer = TlsDialer::new(&options)
            .map_err(|error| Failure::usage(error.to_string()).hint("see --tls in `zk --help`"))?;
        Ok(Tls::On(Arc::new(dialer)))
    }

    fn options(&self) -> Result<Option<TlsOptions>, Failure> {
        let client_certificate = match (&self.tls_cert, &self.tls_key) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Failure::usage("--tls-key without --tls-cert")
                    .hint("--tls-cert names the certificate that the key belongs to"));
            }
            (Some(chain), key) => {
                let key = Pem::file(key.as_ref().unwrap_or(chain));
                Some(ClientCertificate { chain: Pem::file(chain), key })
            }
        };
        let (ca, name) = (&self.tls_ca, &self.tls_server_name);
        if !self.tls && ca.is_none() && client_certificate.is_none() && name.is_none() {
            return Ok(None);
        }
        Ok(Some(TlsOptions {
            roots: ca.as_ref().map_or_else(Roots::system, |file| Roots::pem(Pem::file(file))),
            client_certificate,
            server_name: name.clone(),
            ..TlsOptions::default()
        }))
    }
}

/// Whether connections are by TLS, and how.
#[derive(Debug, Clone)]
pub(crate) enum Tls {
    Off,
    On(Arc<TlsDialer>),
}

impl Tls {
    pub(crate) fn dialer(&self) -> Arc<dyn Dialer> {
        match self {
            Self::Off => Arc::new(TcpDialer),
            Self::On(dialer) => Arc::clone(dialer) as _,
        }
    }

    /// What to do about a connection that failed, if that has to do with TLS.
    pub(crate) async fn hint(&self, error: &ConnectError) -> Option<String> {
        match self {
            Self::On(_) => {
                let by_tls = error.attempts().iter().any(|tried| tried.answer.starts_with("TLS: "));
                let hint = "--tls-ca, --tls-server-name, --tls-cert and --tls-key say whom to \
                            trust and who to be; without any of them and --tls there is no TLS";
                by_tls.then(|| hint.to_owned())
            }
            Self::Off => {
                let mut addresses: Vec<_> =
                    error.attempts().iter().filter_map(|tried| tried.address).collect();
                addresses.truncate(MOST_ADDRESSES);
                for address in addresses {
                    if self.is_wanted_at(address).await {
                        return Some(format!("{address} speaks TLS: add --tls"));
                    }
                }
                None
            }
        }
    }

    /// Whether this address speaks TLS, and we do not. It takes a bounded time.
    pub(crate) async fn is_wanted_at(&self, address: SocketAddr) -> bool {
        match self {
            Self::On(_) => false,
            Self::Off => {
                let looked = tokio::time::timeout(LOOK, speaks_tls(address)).await;
                matches!(looked, Ok(Ok(true)))
            }
        }
    }
}
