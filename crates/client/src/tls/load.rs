//! From [`TlsOptions`] to rustls' configuration: reads the files, once.

use std::borrow::Cow;
use std::fs;
use std::sync::Arc;

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::error::TlsOptionsError as Error;
use super::options::{ClientCertificate, Pem, Roots, Source, TlsOptions, TlsVersion};
use super::verify::AnyName;

/// The cryptography: AWS-LC by its feature, else ring.
pub(super) fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "tls-aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "tls-aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(provider)
}

/// The configuration, or what in the options is wrong.
pub(super) fn configuration(options: &TlsOptions) -> Result<ClientConfig, Error> {
    for name in options.server_names.values().chain(&options.server_name) {
        if ServerName::try_from(name.as_str()).is_err() {
            return Err(Error::BadServerName { name: name.clone() });
        }
    }
    let provider = provider();
    let roots = roots(&options.roots)?;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(options.minimum_version))
        .map_err(|error| unusable(&error))?;
    let builder = if options.verify_hostname {
        builder.with_root_certificates(roots)
    } else {
        let verifier: Arc<dyn ServerCertVerifier> = Arc::new(AnyName { roots, provider });
        builder.dangerous().with_custom_certificate_verifier(verifier)
    };
    let mut configuration = match &options.client_certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let (chain, key) = (chain(&certificate.chain)?, key(&certificate.key)?);
            let result = builder.with_client_auth_cert(chain, key);
            result.map_err(|error| unfit(certificate, &error))?
        }
    };
    // Neither side would look at the other's certificate again, which may have expired meanwhile.
    configuration.resumption = Resumption::disabled();
    Ok(configuration)
}

fn versions(minimum: TlsVersion) -> Vec<&'static SupportedProtocolVersion> {
    match minimum {
        TlsVersion::Tls12 => vec![&rustls::version::TLS13, &rustls::version::TLS12],
        TlsVersion::Tls13 => vec![&rustls::version::TLS13],
    }
}

fn roots(wanted: &Roots) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if wanted.system {
        let found = rustls_native_certs::load_native_certs();
        // A system's store may hold what nobody can read; what can be read is enough.
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 && wanted.pem.is_empty() {
            let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            return Err(Error::NoSystemRoots { why: why.join(", ") });
        }
    }
    for pem in &wanted.pem {
        for (index, certificate) in chain(pem)?.into_iter().enumerate() {
            roots.add(certificate).map_err(|error| Error::BadCertificate {
                file: pem.to_string(),
                number: index + 1,
                why: error.to_string(),
            })?;
        }
    }
    Ok(roots)
}

/// The certificates of a PEM text: at least one.
fn chain(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = read(pem)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(chain) if chain.is_empty() => Err(Error::NoCertificate { file: pem.to_string() }),
        Ok(chain) => Ok(chain),
        Err(error) => Err(bad_pem(pem, &error)),
    }
}

fn key(pem: &Pem) -> Result<PrivateKeyDer<'static>, Error> {
    let text = read(pem)?;
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        // `BEGIN ENCRYPTED PRIVATE KEY`, or `Proc-Type: 4,ENCRYPTED` inside an older form.
        Err(_) if text.windows(9).any(|window| window == b"ENCRYPTED") => {
            Err(Error::EncryptedKey { file: pem.to_string() })
        }
        Err(PemError::NoItemsFound) => Err(Error::NoKey { file: pem.to_string() }),
        Err(error) => Err(bad_pem(pem, &error)),
    }
}

fn read(pem: &Pem) -> Result<Cow<'_, [u8]>, Error> {
    match &pem.0 {
        Source::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        Source::File(path) => fs::read(path)
            .map(Cow::Owned)
            .map_err(|error| Error::Unreadable { file: pem.to_string(), error }),
    }
}

/// In words of our own: the parser's may quote what may be a key.
fn bad_pem(pem: &Pem, error: &PemError) -> Error {
    let why = match error {
        PemError::MissingSectionEnd { .. } => "a section has no end",
        PemError::IllegalSectionStart { .. } => "a section has no proper beginning",
        PemError::Base64Decode(_) => "what is between its marks is no Base64",
        PemError::SectionTooLarge => "a section is too large",
        _ => "it cannot be read",
    };
    Error::BadPem { file: pem.to_string(), why }
}

/// Why the client's certificate and key do not do.
fn unfit(certificate: &ClientCertificate, error: &rustls::Error) -> Error {
    let (chain, key) = (certificate.chain.to_string(), certificate.key.to_string());
    match error {
        rustls::Error::InconsistentKeys(_) => Error::KeyMismatch { chain, key },
        rustls::Error::InvalidCertificate(error) => {
            Error::BadCertificate { file: chain, number: 1, why: error.to_string() }
        }
        error => Error::BadKey { file: key, why: error.to_string() },
    }
}

fn unusable(error: &rustls::Error) -> Error {
    Error::Unusable { why: error.to_string() }
}
