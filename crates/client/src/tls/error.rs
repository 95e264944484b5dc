//! What can be wrong with TLS: with its options, before anything is dialed, and between this client
//! and a server. Each message says what is wrong and then what to do about it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use thiserror::Error;
use zookit_session::Endpoint;

/// Why [`TlsOptions`](super::TlsOptions) cannot be used. Names the file, never its content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsOptionsError {
    /// A file cannot be read.
    #[error("cannot read {file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// Something begins like PEM and does not go on so.
    #[error("{file} is damaged PEM: {why}; was it copied in full?")]
    BadPem {
        /// The file, or that it is a text.
        file: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No certificate is in it.
    #[error(
        "{file} has no certificate; it must be PEM, with -----BEGIN CERTIFICATE----- \
         (`openssl x509 -inform der` and `openssl pkcs12` convert other forms)"
    )]
    NoCertificate {
        /// The file, or that it is a text.
        file: String,
    },
    /// A certificate in it cannot be read.
    #[error("certificate {number} of {file} is none: {why}; `openssl x509 -text` shows more")]
    BadCertificate {
        /// The file, or that it is a text.
        file: String,
        /// Which of them, counted from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// No private key is in it.
    #[error(
        "{file} has no private key; it must be PEM, with -----BEGIN PRIVATE KEY----- \
         (`openssl pkcs12 -nocerts -nodes` takes it out of a keystore)"
    )]
    NoKey {
        /// The file, or that it is a text.
        file: String,
    },
    /// The private key has a pass phrase.
    #[error(
        "the private key in {file} is encrypted; give it without a pass phrase \
         (`openssl pkey` writes it so) and let nobody else read the file"
    )]
    EncryptedKey {
        /// The file, or that it is a text.
        file: String,
    },
    /// A private key of a kind that cannot be used.
    #[error(
        "the private key in {file} cannot be used: {why}; RSA from 2048 bits, ECDSA on P-256 or \
         P-384, and Ed25519 can"
    )]
    BadKey {
        /// The file, or that it is a text.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key are of two pairs.
    #[error(
        "the private key in {key} is not that of the first certificate in {chain}; that one must \
         be the client's own, the intermediates behind it"
    )]
    KeyMismatch {
        /// The file of the certificates, or that it is a text.
        chain: String,
        /// The file of the key, or that it is a text.
        key: String,
    },
    /// The system's roots are wanted, and it has none.
    #[error(
        "the system has no trusted roots{}{why}; install its package ca-certificates, or give the \
         roots as PEM",
        if why.is_empty() { "" } else { ": " }
    )]
    NoSystemRoots {
        /// What went wrong; may be empty.
        why: String,
    },
    /// A name for a server that is none.
    #[error("the server name {name:?} is neither a DNS name nor an address")]
    BadServerName {
        /// The name.
        name: String,
    },
    /// rustls does not take the configuration.
    #[error("TLS cannot be set up: {why}")]
    Unusable {
        /// What it says.
        why: String,
    },
}

/// What is wrong between this client and a server, as seen by TLS. It is the inner error of the
/// [`io::Error`] that dialing, or the first read behind it, ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    server: Endpoint,
    address: SocketAddr,
    name: String,
    failure: TlsFailure,
}

/// What is wrong, and with which side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The other side does not speak TLS.
    NotTls,
    /// It closed the connection where its part of the handshake should be.
    ClosedInHandshake,
    /// No version of TLS that both sides want.
    NoCommonVersion,
    /// No other common ground: ciphers, groups, signatures.
    Incompatible(String),
    /// The host of the connect string can be no name in a certificate.
    UnusableName,
    /// The server has shown no certificate.
    NoCertificate,
    /// A certificate of the server's chain is past its time; the date, if it is known.
    Expired(Option<String>),
    /// A certificate of the server's chain is before its time; the date, if it is known.
    NotYetValid(Option<String>),
    /// The server's certificate is for other names: these.
    WrongName(Vec<String>),
    /// The chain leads to no trusted root.
    UnknownIssuer,
    /// The server shows an authority's own certificate as its own.
    AuthorityAsServer,
    /// A certificate in the chain was issued by one that may not issue any.
    IssuerIsNoAuthority,
    /// There are more authorities below one than that one allows.
    ChainTooLong,
    /// An authority in the chain may not issue certificates for this name.
    NameConstraint,
    /// The server's certificate is for another purpose than being a server.
    WrongPurpose,
    /// A signature is not that of the key it should be of.
    BadSignature,
    /// A signature by an algorithm that is too weak, or not known.
    WeakAlgorithm,
    /// A certificate marks an extension as critical that is not known here.
    UnknownCriticalExtension,
    /// A certificate that cannot be read, or be used for another reason.
    BadCertificate(String),
    /// The server wants a certificate of the client, which has none to show.
    ClientCertificateRequired,
    /// The server does not accept the certificate of the client; its alert.
    ClientCertificateRefused(String),
    /// The server ended it with an alert.
    Alert(String),
    /// Anything else.
    Other(String),
}

impl TlsError {
    pub(super) fn new(
        server: &Endpoint,
        address: SocketAddr,
        name: &str,
        failure: TlsFailure,
    ) -> Self {
        let (server, name) = (server.clone(), name.to_owned());
        Self(Box::new(Inner { server, address, name, failure }))
    }

    /// What is wrong.
    #[must_use]
    pub fn failure(&self) -> &TlsFailure {
        &self.0.failure
    }

    /// The server, as the connect string names it.
    #[must_use]
    pub fn server(&self) -> &Endpoint {
        &self.0.server
    }

    /// The address that was dialed.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The name that its certificate was to be for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The inner error of what dialing or reading ended with, if it is about TLS.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        let kind = match error.failure() {
            TlsFailure::ClosedInHandshake => io::ErrorKind::UnexpectedEof,
            TlsFailure::UnusableName => io::ErrorKind::InvalidInput,
            TlsFailure::ClientCertificateRequired | TlsFailure::ClientCertificateRefused(_) => {
                io::ErrorKind::PermissionDenied
            }
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// Without the server, which whoever lists attempts has named already.
impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TLS: ")?;
        self.0.failure.describe(f, &self.0.name)
    }
}

impl std::error::Error for TlsError {}

impl TlsFailure {
    fn describe(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        match self {
            Self::Expired(Some(date)) => write!(
                f,
                "the server's certificate, or one of its chain, expired on {date}; renew it on the \
                 server, if this machine's clock is right"
            ),
            Self::NotYetValid(Some(date)) => write!(
                f,
                "the server's certificate, or one of its chain, is not valid before {date}; set \
                 the clock of whichever machine is wrong"
            ),
            Self::WrongName(names) => {
                write!(f, "the server's certificate is not for {name:?} but for ")?;
                list(f, names)?;
                f.write_str(
                    "; connect by such a name, set it as the server name, or add this one to the \
                     certificate's subject alternative names",
                )
            }
            Self::UnusableName => {
                write!(f, "{name:?} can be no name in a certificate; set a server name for it")
            }
            Self::NameConstraint => write!(
                f,
                "an authority in the server's chain may not issue for the names of this \
                 certificate (name constraints), {name:?} or another; have it issued by one that \
                 may"
            ),
            Self::Incompatible(why) => {
                write!(f, "the two sides have no common ground: {why}; widen the server's settings")
            }
            Self::BadCertificate(why) => {
                write!(f, "the server's certificate cannot be used: {why}; have it issued anew")
            }
            Self::ClientCertificateRefused(alert) => write!(
                f,
                "the server does not accept this client's certificate (alert {alert}); see that \
                 its ssl.trustStore has the issuer, and that it has not expired; its log says more"
            ),
            Self::Alert(alert) => {
                write!(f, "the server ended the handshake (alert {alert}); its log says why")
            }
            Self::Other(why) => f.write_str(why),
            plain => f.write_str(plain.plain()),
        }
    }

    /// The words of those that need nothing filled in.
    const fn plain(&self) -> &'static str {
        match self {
            Self::NotTls => {
                "what answers there does not speak TLS; is it the server's clientPort? the \
                 secureClientPort is another one"
            }
            Self::ClosedInHandshake => {
                "the server closed the connection instead of a handshake; a clientPort does that, \
                 and the secureClientPort is another one"
            }
            Self::NoCommonVersion => {
                "the server speaks no version of TLS that is wanted here; allow TLS 1.2 or 1.3 in \
                 its ssl.enabledProtocols"
            }
            Self::NoCertificate => {
                "the server has shown no certificate; give it one in its ssl.keyStore"
            }
            Self::Expired(_) => {
                "the server's certificate, or one of its chain, has expired; renew it on the server"
            }
            Self::NotYetValid(_) => {
                "the server's certificate, or one of its chain, is not valid yet; set the clock of \
                 whichever machine is wrong"
            }
            Self::UnknownIssuer => {
                "no trusted root stands behind the server's certificate; trust the root that \
                 issued it, and see that the server sends the intermediates between"
            }
            Self::AuthorityAsServer => {
                "the server shows a certificate of an authority as its own; issue one for the \
                 server from it, without CA:TRUE"
            }
            Self::IssuerIsNoAuthority => {
                "the server's certificate was issued by one that is no authority (CA:FALSE); have \
                 it issued by an authority"
            }
            Self::ChainTooLong => {
                "the server's chain has more authorities than its path length allows; have the \
                 certificate issued nearer to the root"
            }
            Self::WrongPurpose => {
                "the server's certificate is not for servers; issue it with the extended key usage \
                 serverAuth"
            }
            Self::BadSignature => {
                "a signature of the server is wrong; either its certificate is not what the issuer \
                 signed, or its key is not the certificate's"
            }
            Self::WeakAlgorithm => {
                "a certificate of the server is signed by an algorithm that is weak or not known; \
                 have it issued anew with SHA-256 or better"
            }
            Self::UnknownCriticalExtension => {
                "a certificate of the server has a critical extension that is not known here; have \
                 it issued without, or not critical"
            }
            Self::ClientCertificateRequired => {
                "the server wants to see a certificate of this client; give one, with its key, \
                 that the server's ssl.trustStore trusts"
            }
            _ => "it failed",
        }
    }
}

/// Names from the other side: escaped, and not all of very many.
fn list(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    const MOST: usize = 8;
    if names.is_empty() {
        return f.write_str("no host at all (a common name alone does not count)");
    }
    for (index, name) in names.iter().take(MOST).enumerate() {
        write!(f, "{}{name:?}", if index == 0 { "" } else { ", " })?;
    }
    match names.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(failure: TlsFailure) -> TlsError {
        let address = SocketAddr::from(([127, 0, 0, 1], 2281));
        TlsError::new(&Endpoint::new("zk1", 2281), address, "zk1", failure)
    }

    #[test]
    fn names_of_the_other_side_are_escaped_and_bounded() {
        let names = (0..10).map(|number| format!("h{number}\u{1b}")).collect();
        let text = error(TlsFailure::WrongName(names)).to_string();
        assert!(text.contains(r#"is not for "zk1" but for "h0\u{1b}", "#), "{text}");
        assert!(text.contains(r#""h7\u{1b}" and 2 more; connect by"#), "{text}");
    }

    #[test]
    fn an_error_is_found_again_in_what_carries_it() {
        let error = error(TlsFailure::UnknownIssuer);
        let carried = io::Error::from(error.clone());
        assert_eq!(TlsError::of(&carried), Some(&error));
        assert_eq!(carried.to_string(), error.to_string());
        assert_eq!(TlsError::of(&io::ErrorKind::TimedOut.into()), None);
    }
}
