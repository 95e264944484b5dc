//! Certificates of clients. In TLS 1.2 a refusal ends the handshake, in 1.3 the first read behind it.

use std::io;
use std::time::Duration;

use rcgen::{CertificateParams, date_time_ymd};
use tokio::time::timeout;
use zookit_client::tls::{ClientCertificate, Pem, TlsError, TlsFailure, TlsOptions};
use zookit_client::{Client, ConnectOptions};

use crate::issue::{HOST, Pair, authority, client, root, server};
use crate::server::{
    ONLY_12, ONLY_13, PATIENCE, Shows, Versions, dial, echo, says, tls_error, trusting,
};

const EACH: [Versions; 2] = [ONLY_12, ONLY_13];

fn showing(root: &Pair, chain: &[&Pair]) -> TlsOptions {
    let text: String = chain.iter().map(|pair| pair.pem()).collect();
    let client_certificate =
        Some(ClientCertificate { chain: Pem::bytes(text), key: Pem::bytes(chain[0].key_pem()) });
    TlsOptions { client_certificate, ..trusting(root) }
}

/// Dials and talks to a server that demands certificates of the root.
async fn talk(root: &Pair, options: &TlsOptions, versions: Versions) -> io::Result<()> {
    let pair = root.issue(server(&[HOST]));
    let address = Shows::chain(&[&pair]).demanding(root).only(versions).start().await;
    let mut transport = dial(address, options).await?;
    echo(&mut transport).await
}

async fn refused(root: &Pair, options: &TlsOptions) -> Vec<TlsError> {
    let mut errors = Vec::new();
    for versions in EACH {
        errors.push(tls_error(talk(root, options, versions).await));
    }
    errors
}

async fn refused_certificate(root: &Pair, chain: &[&Pair], alert: &str) {
    for error in refused(root, &showing(root, chain)).await {
        assert_eq!(error.failure(), &TlsFailure::ClientCertificateRefused(alert.into()));
        let what = format!("does not accept this client's certificate (alert {alert})");
        says(&error, &what, "ssl.trustStore has the issuer");
    }
}

async fn refused_issued(params: CertificateParams, alert: &str) {
    let root = root("root");
    refused_certificate(&root, &[&root.issue(params)], alert).await;
}

#[tokio::test]
async fn the_demanded_one_is_accepted() {
    let root = root("root");
    let intermediate = root.issue(authority("intermediate"));
    let (plain, long) = (root.issue(client("app")), intermediate.issue(client("app")));
    for versions in EACH {
        talk(&root, &showing(&root, &[&plain]), versions).await.unwrap();
        talk(&root, &showing(&root, &[&long, &intermediate]), versions).await.unwrap();
    }
}

#[tokio::test]
async fn none_where_one_is_demanded() {
    let root = root("root");
    for error in refused(&root, &trusting(&root)).await {
        assert_eq!(error.failure(), &TlsFailure::ClientCertificateRequired);
        says(&error, "wants to see a certificate of this client", "give one, with its key");
    }
}

#[tokio::test]
async fn one_of_an_unknown_authority() {
    let trusted = root("root");
    let other = root("another root").issue(client("app"));
    refused_certificate(&trusted, &[&other], "UnknownCA").await;
}

#[tokio::test]
async fn one_without_its_intermediate() {
    let root = root("root");
    let intermediate = root.issue(authority("intermediate"));
    refused_certificate(&root, &[&intermediate.issue(client("app"))], "UnknownCA").await;
}

#[tokio::test]
async fn one_that_has_expired() {
    let mut params = client("app");
    params.not_after = date_time_ymd(2020, 1, 1);
    refused_issued(params, "CertificateExpired").await;
}

#[tokio::test]
async fn one_for_servers_only() {
    refused_issued(server(&[HOST]), "UnsupportedCertificate").await;
}

/// What a user reads who only connects. An attempt may be under way when the time is over, and then
/// the newest answer is none: so it is asked again.
#[tokio::test]
async fn the_error_of_connecting_has_the_reason() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let bad = Shows::chain(&[&pair]).start().await;
    let demanding = Shows::chain(&[&pair]).demanding(&root).only(ONLY_12).start().await;
    let late = Shows::chain(&[&pair]).demanding(&root).only(ONLY_13).start().await;
    for (address, name, words) in [
        (bad, "127.0.0.1", r#"TLS: the server's certificate is not for "127.0.0.1" but"#),
        (demanding, HOST, "TLS: the server wants to see a certificate of this client"),
        (late, HOST, "TLS: the server wants to see a certificate of this client"),
    ] {
        let tls = TlsOptions { server_name: Some(name.into()), ..trusting(&root) };
        let told = async {
            loop {
                let options = ConnectOptions::default().with_tls(&tls).unwrap();
                let options =
                    ConnectOptions { connect_timeout: Duration::from_millis(500), ..options };
                let result = Client::connect_with(address.to_string(), options).await;
                let error = result.unwrap_err();
                if error.to_string().contains(&format!(" {address}: {words}")) {
                    return;
                }
            }
        };
        timeout(PATIENCE, told).await.expect(words);
    }
}
