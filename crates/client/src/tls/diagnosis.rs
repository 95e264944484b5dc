//! From what rustls says to a [`TlsFailure`].

use std::io;

use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible,
};
use webpki::Error as ChainError;

use super::date::Date;
use super::error::TlsFailure;

/// What a handshake that did not come to its end failed of; `None` for errors that are not of TLS.
pub(super) fn of_handshake(error: &io::Error, has_certificate: bool) -> Option<TlsFailure> {
    if let Some(error) = of_tls(error) {
        return Some(classify(error, has_certificate));
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Some(TlsFailure::ClosedInHandshake),
        _ => None,
    }
}

/// The same of a read behind the handshake: in TLS 1.3 only that tells whether the server accepts
/// the client's certificate.
pub(super) fn of_read(error: &io::Error, has_certificate: bool) -> Option<TlsFailure> {
    of_tls(error).map(|error| classify(error, has_certificate))
}

/// rustls' error inside that of the stream.
pub(super) fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn classify(error: &Error, has_certificate: bool) -> TlsFailure {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => self::alert(*alert, has_certificate),
        Error::NoCertificatesPresented => TlsFailure::NoCertificate,
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => TlsFailure::NoCommonVersion,
        Error::PeerIncompatible(why) => TlsFailure::Incompatible(format!("{why:?}")),
        // Behind a first record that is TLS these are damaged records instead, which are rarer.
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) => TlsFailure::NotTls,
        error => TlsFailure::Other(error.to_string()),
    }
}

fn certificate(error: &CertificateError) -> TlsFailure {
    match error {
        CertificateError::Expired => TlsFailure::Expired(None),
        CertificateError::ExpiredContext { not_after, .. } => {
            TlsFailure::Expired(Some(date(*not_after)))
        }
        CertificateError::NotValidYet => TlsFailure::NotYetValid(None),
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsFailure::NotYetValid(Some(date(*not_before)))
        }
        CertificateError::NotValidForName => TlsFailure::WrongName(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsFailure::WrongName(presented.iter().map(|name| bare(name)).collect())
        }
        CertificateError::UnknownIssuer => TlsFailure::UnknownIssuer,
        CertificateError::BadSignature => TlsFailure::BadSignature,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsFailure::WeakAlgorithm
        }
        CertificateError::UnhandledCriticalExtension => TlsFailure::UnknownCriticalExtension,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            TlsFailure::WrongPurpose
        }
        CertificateError::Other(other) => chain(other),
        error => TlsFailure::BadCertificate(error.to_string()),
    }
}

/// What rustls passes on as it is from its verifier of chains.
fn chain(other: &OtherError) -> TlsFailure {
    match other.0.downcast_ref() {
        Some(ChainError::CaUsedAsEndEntity) => TlsFailure::AuthorityAsServer,
        Some(ChainError::EndEntityUsedAsCa) => TlsFailure::IssuerIsNoAuthority,
        Some(ChainError::PathLenConstraintViolated | ChainError::MaximumPathDepthExceeded) => {
            TlsFailure::ChainTooLong
        }
        Some(ChainError::NameConstraintViolation) => TlsFailure::NameConstraint,
        Some(ChainError::UnsupportedCriticalExtension) => TlsFailure::UnknownCriticalExtension,
        Some(ChainError::SignatureAlgorithmMismatch) => TlsFailure::BadSignature,
        Some(ChainError::UnsupportedCertVersion) => {
            TlsFailure::BadCertificate("it is not of version 3".into())
        }
        _ => TlsFailure::BadCertificate(other.to_string()),
    }
}

/// What the server means depends on what it was shown: not all have a word for "show me one".
fn alert(alert: AlertDescription, has_certificate: bool) -> TlsFailure {
    let name = || format!("{alert:?}");
    match alert {
        AlertDescription::ProtocolVersion => TlsFailure::NoCommonVersion,
        AlertDescription::CertificateRequired => TlsFailure::ClientCertificateRequired,
        AlertDescription::BadCertificate
        | AlertDescription::NoCertificate
        | AlertDescription::CertificateUnknown
            if !has_certificate =>
        {
            TlsFailure::ClientCertificateRequired
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError
            if has_certificate =>
        {
            TlsFailure::ClientCertificateRefused(name())
        }
        AlertDescription::InsufficientSecurity => TlsFailure::Incompatible(name()),
        _ => TlsFailure::Alert(name()),
    }
}

fn date(time: UnixTime) -> String {
    Date(time.as_secs()).to_string()
}

/// `DnsName("zk1.example")` and `IpAddress(127.0.0.1)` without their kind.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(name, |inner| inner.trim_matches('"')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_means_what_the_client_has_shown() {
        use AlertDescription::{BadCertificate, CertificateRequired, HandshakeFailure};
        let required = TlsFailure::ClientCertificateRequired;
        assert_eq!(alert(BadCertificate, false), required);
        assert_eq!(alert(CertificateRequired, true), required);
        let refused = TlsFailure::ClientCertificateRefused("BadCertificate".into());
        assert_eq!(alert(BadCertificate, true), refused);
        let other = TlsFailure::Alert("HandshakeFailure".into());
        assert_eq!(alert(HandshakeFailure, false), other);
    }

    #[test]
    fn names_stand_without_their_kind() {
        assert_eq!(bare("DnsName(\"*.zk.example\")"), "*.zk.example");
        assert_eq!(bare("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(bare("DirectoryName"), "DirectoryName");
    }
}
