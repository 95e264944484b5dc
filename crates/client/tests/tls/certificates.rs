//! Bad certificates of servers: each is refused in the handshake, with the reason and a way out.
//!
//! All else about these servers is right: `accepted` has the same ones without the flaw.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, NameConstraints, SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::CertificateDer;
use zookit_client::tls::{TlsError, TlsFailure};

use crate::issue::{HOST, Pair, authority, client, root, self_signed, server};
use crate::server::{Shows, dial, dial_as, says, tls_error, trusting};

/// What a client that trusts the root says to a server that shows this.
async fn refusal(root: &Pair, shows: Shows<'_>) -> TlsError {
    let address = shows.start().await;
    let error = tls_error(dial(address, &trusting(root)).await);
    assert_eq!((error.address(), error.name()), (address, HOST));
    assert_eq!(error.server().to_string(), format!("{HOST}:{}", address.port()));
    error
}

/// The same for one certificate, which the root issues.
async fn issued(params: CertificateParams) -> TlsError {
    let root = root("root");
    let pair = root.issue(params);
    refusal(&root, Shows::chain(&[&pair])).await
}

/// The same for another host than the usual.
async fn issued_for(host: &str, params: CertificateParams) -> TlsError {
    let root = root("root");
    let address = Shows::chain(&[&root.issue(params)]).start().await;
    tls_error(dial_as(host, address, &trusting(&root)).await)
}

fn wrong_name(error: &TlsError, presented: &[&str]) {
    let presented = presented.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(error.failure(), &TlsFailure::WrongName(presented));
}

#[tokio::test]
async fn expired() {
    let mut params = server(&[HOST]);
    params.not_after = date_time_ymd(2020, 2, 29);
    let error = issued(params).await;
    let date = "2020-02-29 00:00:00 UTC";
    assert_eq!(error.failure(), &TlsFailure::Expired(Some(date.into())));
    says(&error, &format!("expired on {date}"), "renew it on the server");
}

#[tokio::test]
async fn not_yet_valid() {
    let mut params = server(&[HOST]);
    params.not_before = date_time_ymd(3000, 1, 1);
    let error = issued(params).await;
    let date = "3000-01-01 00:00:00 UTC";
    assert_eq!(error.failure(), &TlsFailure::NotYetValid(Some(date.into())));
    says(&error, &format!("not valid before {date}"), "set the clock");
}

#[tokio::test]
async fn of_an_authority_that_has_expired() {
    let root = root("root");
    let mut params = authority("intermediate");
    params.not_after = date_time_ymd(2021, 1, 1);
    let intermediate = root.issue(params);
    let pair = intermediate.issue(server(&[HOST]));
    let error = refusal(&root, Shows::chain(&[&pair, &intermediate])).await;
    says(&error, "or one of its chain, expired on 2021-01-01", "renew it");
}

#[tokio::test]
async fn for_another_name() {
    let error = issued(server(&["zk2.example", "10.0.0.2"])).await;
    wrong_name(&error, &["zk2.example", "10.0.0.2"]);
    let what = r#"is not for "zk1.example" but for "zk2.example", "10.0.0.2""#;
    says(&error, what, "subject alternative names");
}

#[tokio::test]
async fn for_another_address() {
    let error = issued_for("127.0.0.1", server(&[HOST, "127.0.0.2"])).await;
    wrong_name(&error, &[HOST, "127.0.0.2"]);
    says(&error, r#"is not for "127.0.0.1" but for "zk1.example""#, "set it as the server name");
}

#[tokio::test]
async fn for_an_address_that_stands_as_a_name() {
    let mut params = server(&[]);
    let address = rcgen::string::Ia5String::try_from("127.0.0.1").unwrap();
    params.subject_alt_names = vec![SanType::DnsName(address)];
    let error = issued_for("127.0.0.1", params).await;
    wrong_name(&error, &["127.0.0.1"]);
    says(&error, r#"is not for "127.0.0.1""#, "subject alternative names");
}

#[tokio::test]
async fn for_a_name_that_is_only_its_common_name() {
    let mut params = server(&[]);
    params.distinguished_name.push(rcgen::DnType::CommonName, HOST);
    let error = issued(params).await;
    wrong_name(&error, &[]);
    says(&error, "no host at all (a common name alone does not count)", "subject alternative");
}

#[tokio::test]
async fn for_a_wildcard_over_two_labels() {
    let error = issued_for("a.b.example", server(&["*.example"])).await;
    wrong_name(&error, &["*.example"]);
    says(&error, r#"is not for "a.b.example" but for "*.example""#, "connect by such a name");
}

#[tokio::test]
async fn for_a_wildcard_over_everything() {
    let error = issued_for("zk1", server(&["*"])).await;
    says(&error, r#"is not for "zk1""#, "connect by such a name");
}

#[tokio::test]
async fn for_a_wildcard_inside_a_label() {
    let error = issued(server(&["zk*.example"])).await;
    says(&error, r#"is not for "zk1.example""#, "connect by such a name");
}

#[tokio::test]
async fn signed_by_itself() {
    let error = refusal(&root("root"), Shows::chain(&[&self_signed(server(&[HOST]))])).await;
    assert_eq!(error.failure(), &TlsFailure::UnknownIssuer);
    says(&error, "no trusted root stands behind", "trust the root that issued it");
}

#[tokio::test]
async fn of_an_unknown_authority() {
    let other = root("another root");
    let pair = other.issue(server(&[HOST]));
    let error = refusal(&root("root"), Shows::chain(&[&pair, &other])).await;
    assert_eq!(error.failure(), &TlsFailure::UnknownIssuer);
    says(&error, "no trusted root stands behind", "trust the root that issued it");
}

#[tokio::test]
async fn of_an_authority_with_the_name_of_the_trusted_one() {
    let impostor = root("root");
    let pair = impostor.issue(server(&[HOST]));
    let error = refusal(&root("root"), Shows::chain(&[&pair])).await;
    assert_eq!(error.failure(), &TlsFailure::BadSignature);
    says(&error, "a signature of the server is wrong", "not what the issuer signed");
}

#[tokio::test]
async fn without_its_intermediate() {
    let root = root("root");
    let intermediate = root.issue(authority("intermediate"));
    let pair = intermediate.issue(server(&[HOST]));
    let error = refusal(&root, Shows::chain(&[&pair])).await;
    assert_eq!(error.failure(), &TlsFailure::UnknownIssuer);
    says(&error, "no trusted root stands behind", "see that the server sends the intermediates");
}

#[tokio::test]
async fn issued_by_one_that_is_no_authority() {
    let root = root("root");
    let mut params = authority("no authority");
    params.is_ca = IsCa::ExplicitNoCa;
    let issuer = root.issue(params);
    let pair = issuer.issue(server(&[HOST]));
    let error = refusal(&root, Shows::chain(&[&pair, &issuer])).await;
    assert_eq!(error.failure(), &TlsFailure::IssuerIsNoAuthority);
    says(&error, "issued by one that is no authority (CA:FALSE)", "have it issued by an authority");
}

#[tokio::test]
async fn below_more_authorities_than_allowed() {
    let mut params = authority("root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = self_signed(params);
    let mut params = authority("upper");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let upper = root.issue(params);
    let lower = upper.issue(authority("lower"));
    let pair = lower.issue(server(&[HOST]));
    let error = refusal(&root, Shows::chain(&[&pair, &lower, &upper])).await;
    assert_eq!(error.failure(), &TlsFailure::ChainTooLong);
    says(&error, "more authorities than its path length allows", "nearer to the root");
}

#[tokio::test]
async fn outside_the_names_its_authority_may_issue() {
    let root = root("root");
    let mut params = authority("intermediate");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".into())],
        excluded_subtrees: Vec::new(),
    });
    let intermediate = root.issue(params);
    let pair = intermediate.issue(server(&[HOST]));
    let error = refusal(&root, Shows::chain(&[&pair, &intermediate])).await;
    assert_eq!(error.failure(), &TlsFailure::NameConstraint);
    says(&error, "(name constraints)", "have it issued by one that may");
}

#[tokio::test]
async fn for_clients_only() {
    let mut params = client("a client");
    params.subject_alt_names = server(&[HOST]).subject_alt_names;
    assert_eq!(params.extended_key_usages, [ExtendedKeyUsagePurpose::ClientAuth]);
    let error = issued(params).await;
    assert_eq!(error.failure(), &TlsFailure::WrongPurpose);
    says(&error, "is not for servers", "serverAuth");
}

#[tokio::test]
async fn of_an_authority_as_the_server_s_own() {
    let mut params = authority("root");
    params.subject_alt_names = server(&[HOST]).subject_alt_names;
    let root = self_signed(params);
    let error = refusal(&root, Shows::chain(&[&root])).await;
    assert_eq!(error.failure(), &TlsFailure::AuthorityAsServer);
    says(&error, "shows a certificate of an authority as its own", "issue one for the server");
}

#[tokio::test]
async fn with_an_unknown_critical_extension() {
    let mut params = server(&[HOST]);
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 5], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions = vec![extension];
    let error = issued(params).await;
    assert_eq!(error.failure(), &TlsFailure::UnknownCriticalExtension);
    says(&error, "a critical extension that is not known here", "issued without");
}

/// Shows a certificate of the trusted root, changed by one byte from `from` to `to`.
async fn tampered(from: &[u8], to: &[u8]) -> TlsError {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let mut der = pair.der().to_vec();
    let places: Vec<usize> =
        (0..der.len() - from.len()).filter(|at| der[*at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "it is not there");
    for at in places {
        der[at..at + to.len()].copy_from_slice(to);
    }
    let chain = vec![CertificateDer::from(der)];
    refusal(&root, Shows { chain, ..Shows::chain(&[&pair]) }).await
}

#[tokio::test]
async fn changed_behind_the_issuer_s_back() {
    let error = tampered(b"a server", b"a sErver").await;
    assert_eq!(error.failure(), &TlsFailure::BadSignature);
    says(&error, "a signature of the server is wrong", "not what the issuer signed");
}

/// ECDSA with SHA-224 in place of SHA-256: the last byte of the algorithm's identifier.
#[tokio::test]
async fn signed_by_a_weak_algorithm() {
    let (sha256, sha224) =
        (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", b"\x2a\x86\x48\xce\x3d\x04\x03\x01");
    let error = tampered(sha256, sha224).await;
    assert_eq!(error.failure(), &TlsFailure::WeakAlgorithm);
    says(&error, "an algorithm that is weak or not known", "SHA-256 or better");
}

#[tokio::test]
async fn that_is_no_certificate_at_all() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let chain = vec![CertificateDer::from(b"certificate".to_vec())];
    let error = refusal(&root, Shows { chain, ..Shows::chain(&[&pair]) }).await;
    assert!(matches!(error.failure(), TlsFailure::BadCertificate(_)), "{error:?}");
    says(&error, "the server's certificate cannot be used", "have it issued anew");
}

#[tokio::test]
async fn of_somebody_else_without_the_key_to_it() {
    let root = root("root");
    let (mine, stolen) = (root.issue(server(&["thief.example"])), root.issue(server(&[HOST])));
    let shows = Shows { chain: vec![stolen.der()], ..Shows::chain(&[&mine]) };
    let error = refusal(&root, shows).await;
    assert_eq!(error.failure(), &TlsFailure::BadSignature);
    says(&error, "a signature of the server is wrong", "its key is not the certificate's");
}

#[tokio::test]
async fn none() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let error = refusal(&root, Shows { chain: Vec::new(), ..Shows::chain(&[&pair]) }).await;
    assert_eq!(error.failure(), &TlsFailure::NoCertificate);
    says(&error, "has shown no certificate", "ssl.keyStore");
}
