//! What can be set about TLS: whom to trust, who to be, under which names servers are known.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;

/// Everything that can be set about TLS. The default trusts the system's roots, shows no
/// certificate of its own, and checks servers by the hosts of the connect string.
///
/// ```
/// use zookit_client::tls::{Pem, Roots, TlsOptions, TlsVersion};
/// let tls = TlsOptions {
///     roots: Roots::pem(Pem::file("/etc/zookeeper/ca.pem")).and_system(),
///     server_names: [("10.0.0.1".into(), "zk1.example".into())].into(),
///     minimum_version: TlsVersion::Tls13,
///     ..TlsOptions::default()
/// };
/// assert!(tls.verify_hostname);
/// ```
#[derive(Debug, Clone)]
pub struct TlsOptions {
    /// The certificates that a server's chain must lead to.
    pub roots: Roots,
    /// What to show to servers that ask; Apache's do unless `ssl.clientAuth` says otherwise.
    pub client_certificate: Option<ClientCertificate>,
    /// The name that every server's certificate must be for, in place of its host.
    pub server_name: Option<String>,
    /// The names for some hosts of the connect string, before [`server_name`](Self::server_name).
    /// A host is written as there, an IPv6 address without brackets.
    pub server_names: BTreeMap<String, String>,
    /// Whether a server's certificate must be for its name; true by default. Without, everyone to
    /// whom the roots have given any server certificate can pose as any server.
    pub verify_hostname: bool,
    /// The oldest version of TLS to speak.
    pub minimum_version: TlsVersion,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            roots: Roots::system(),
            client_certificate: None,
            server_name: None,
            server_names: BTreeMap::new(),
            verify_hostname: true,
            minimum_version: TlsVersion::default(),
        }
    }
}

impl TlsOptions {
    /// The name for a host of the connect string.
    pub(super) fn name_for<'a>(&'a self, host: &'a str) -> &'a str {
        let all = self.server_name.as_ref();
        self.server_names.get(host).or(all).map_or(host, String::as_str)
    }
}

/// The certificates that are trusted to issue others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    pub(super) system: bool,
    pub(super) pem: Vec<Pem>,
}

impl Roots {
    /// Those of the system. `SSL_CERT_FILE` and `SSL_CERT_DIR` take their place, as with OpenSSL.
    #[must_use]
    pub const fn system() -> Self {
        Self { system: true, pem: Vec::new() }
    }

    /// Those of a PEM text, one or more, and no others.
    #[must_use]
    pub fn pem(pem: Pem) -> Self {
        Self { system: false, pem: vec![pem] }
    }

    /// These, and those of a PEM text.
    #[must_use]
    pub fn and(mut self, pem: Pem) -> Self {
        self.pem.push(pem);
        self
    }

    /// These, and those of the system.
    #[must_use]
    pub fn and_system(mut self) -> Self {
        self.system = true;
        self
    }
}

/// What this client shows of itself, and the key that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Its certificate, then the intermediates up to the root that the server trusts.
    pub chain: Pem,
    /// The private key of the first certificate: PKCS#8, PKCS#1 or SEC1, not encrypted. It may be
    /// in the same file.
    pub key: Pem,
}

/// PEM text, from a file or from memory. `Debug` prints the file's name, or how many bytes there
/// are.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(pub(super) Source);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    Bytes(Bytes),
}

impl Pem {
    /// The file is read when the [`TlsDialer`](super::TlsDialer) is made, and not again.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn bytes(text: impl Into<Bytes>) -> Self {
        Self(Source::Bytes(text.into()))
    }
}

/// The file's name, or that there is none.
impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(path) => path.display().fmt(f),
            Source::Bytes(bytes) => write!(f, "PEM text of {} bytes", bytes.len()),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({self})")
    }
}

/// A version of TLS. There is none before 1.2 here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2: all that Apache's servers before 3.9 speak unless they are told otherwise.
    #[default]
    Tls12,
    /// TLS 1.3.
    Tls13,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_s_own_name_goes_before_the_name_for_all() {
        let mut options = TlsOptions::default();
        assert_eq!(options.name_for("10.0.0.1"), "10.0.0.1");
        options.server_name = Some("zk.example".into());
        options.server_names.insert("10.0.0.1".into(), "zk1.example".into());
        assert_eq!(options.name_for("10.0.0.1"), "zk1.example");
        assert_eq!(options.name_for("10.0.0.2"), "zk.example");
    }

    #[test]
    fn no_key_is_printed() {
        let options = TlsOptions {
            client_certificate: Some(ClientCertificate {
                chain: Pem::file("app.pem"),
                key: Pem::bytes("SECRET"),
            }),
            ..TlsOptions::default()
        };
        let text = format!("{options:?} {options:#?}");
        assert!(!text.contains("SECRET"), "{text}");
        assert!(text.contains("key: Pem(PEM text of 6 bytes)"), "{text}");
        assert!(text.contains("chain: Pem(app.pem)"), "{text}");
    }
}
