//! Options that cannot be used: said before anything is dialed, and without a word of what a key
//! holds.

use zookit_client::ConnectOptions;
use zookit_client::tls::{ClientCertificate, Pem, Roots, TlsDialer, TlsOptions, TlsOptionsError};

use crate::issue::{Pair, client, root};
use crate::server::trusting;

/// The error, which must not hold any line of the secret.
#[track_caller]
fn error(options: &TlsOptions, secret: &str) -> TlsOptionsError {
    let error = TlsDialer::new(options).unwrap_err();
    for text in [error.to_string(), format!("{error:?}"), format!("{options:?}")] {
        let leaks = |line: &&str| line.len() > 8 && !line.contains("---") && text.contains(*line);
        assert!(!secret.lines().any(|line| leaks(&line)), "{text}");
    }
    error
}

fn roots(text: &str) -> TlsOptions {
    let roots = Roots::pem(Pem::bytes(text.to_owned()));
    TlsOptions { roots, ..TlsOptions::default() }
}

fn with_key(pair: &Pair, key: &str) -> TlsOptions {
    let (chain, key) = (Pem::bytes(pair.pem()), Pem::bytes(key.to_owned()));
    TlsOptions { client_certificate: Some(ClientCertificate { chain, key }), ..trusting(pair) }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let roots = Roots::pem(Pem::file("/no/such/ca.pem"));
    let error = error(&TlsOptions { roots, ..TlsOptions::default() }, "");
    assert!(matches!(error, TlsOptionsError::Unreadable { .. }));
    assert!(error.to_string().starts_with("cannot read /no/such/ca.pem: "), "{error}");
}

#[test]
fn garbage_and_emptiness_have_no_certificate() {
    let pair = root("root");
    for text in ["", "garbage", "\u{0}\u{1}\u{2}", pair.key_pem().as_str()] {
        let error = error(&roots(text), &pair.key_pem());
        assert!(matches!(error, TlsOptionsError::NoCertificate { .. }), "{error:?}");
        let words = format!("PEM text of {} bytes has no certificate; it must be PEM", text.len());
        assert!(error.to_string().starts_with(&words), "{error}");
    }
}

#[test]
fn damaged_pem_is_said_to_be() {
    let pem = root("root").pem();
    let cut = &pem[..pem.len() / 2];
    let middle = pem.len() / 2;
    let holed = format!("{}****{}", &pem[..middle], &pem[middle + 4..]);
    for (text, why) in [(cut, "a section has no end"), (&holed, "is no Base64")] {
        let error = error(&roots(text), "");
        assert!(matches!(error, TlsOptionsError::BadPem { .. }), "{error:?}");
        assert!(error.to_string().contains("is damaged PEM: "), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().ends_with("was it copied in full?"), "{error}");
    }
}

#[test]
fn pem_around_no_certificate_is_named_by_its_number() {
    let text =
        root("root").pem() + "-----BEGIN CERTIFICATE-----\nAAECAwQF\n-----END CERTIFICATE-----\n";
    let error = error(&roots(&text), "");
    assert!(matches!(error, TlsOptionsError::BadCertificate { number: 2, .. }), "{error:?}");
    assert!(error.to_string().starts_with("certificate 2 of PEM text of "), "{error}");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let root = root("root");
    let (one, other) = (root.issue(client("one")), root.issue(client("other")));
    let error = error(&with_key(&one, &other.key_pem()), &other.key_pem());
    assert!(matches!(error, TlsOptionsError::KeyMismatch { .. }), "{error:?}");
    assert!(error.to_string().contains("is not that of the first certificate in"), "{error}");
}

#[test]
fn a_key_that_is_none_is_refused() {
    let pair = root("root").issue(client("app"));
    let key = pair.key_pem();
    let error_of = |text: &str| error(&with_key(&pair, text), &key);
    for text in ["", &pair.pem()] {
        let error = error_of(text);
        assert!(matches!(error, TlsOptionsError::NoKey { .. }), "{error:?}");
        assert!(error.to_string().contains("has no private key; it must be PEM"), "{error}");
    }
    let error = error_of(&key[..key.len() / 2]);
    assert!(matches!(error, TlsOptionsError::BadPem { .. }), "{error:?}");
    for text in [
        key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        key.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n", 1),
    ] {
        let error = error_of(&text);
        assert!(matches!(error, TlsOptionsError::EncryptedKey { .. }), "{error:?}");
        assert!(error.to_string().contains("give it without a pass phrase"), "{error}");
    }
    let error = error_of("-----BEGIN PRIVATE KEY-----\nAAECAwQF\n-----END PRIVATE KEY-----\n");
    assert!(matches!(error, TlsOptionsError::BadKey { .. }), "{error:?}");
    assert!(error.to_string().contains("RSA from 2048 bits"), "{error}");
}

#[test]
fn a_server_name_that_is_none_is_refused() {
    let pair = root("root");
    for name in ["", "a b", "zk1.example:2281"] {
        let all = TlsOptions { server_name: Some(name.into()), ..trusting(&pair) };
        let names = [("h".into(), name.into())].into();
        let one = TlsOptions { server_names: names, ..trusting(&pair) };
        for options in [all, one] {
            let error = error(&options, "");
            let words = format!("the server name {name:?} is neither a DNS name nor an address");
            assert_eq!(error.to_string(), words);
        }
    }
}

#[test]
fn nothing_that_can_be_printed_shows_the_key() {
    let pair = root("root").issue(client("app"));
    let key = pair.key_pem();
    let options = with_key(&pair, &key);
    let dialer = TlsDialer::new(&options).unwrap();
    let connect = ConnectOptions::default().with_tls(&options).unwrap();
    let secret = key.lines().nth(1).unwrap();
    for text in [format!("{options:#?}"), format!("{dialer:?}"), format!("{connect:?}")] {
        assert!(text.contains("key: Pem(PEM text of ") || text.contains("key: Pem(\n"), "{text}");
        assert!(!text.contains(secret), "{text}");
    }
}
