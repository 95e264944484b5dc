//! What must work: the servers of `certificates` without their flaws, and every option.

use rcgen::{CertificateParams, GeneralSubtree, NameConstraints};
use zookit_client::tls::{Pem, Roots, TlsDialer, TlsFailure, TlsOptions, TlsVersion};
use zookit_client::{Dialer as _, SentRule};

use crate::issue::{HOST, Pair, authority, root, self_signed, server};
use crate::server::{ONLY_12, ONLY_13, Shows, dial, dial_as, echo, tls_error, trusting};

async fn accepts(host: &str, options: &TlsOptions, shows: Shows<'_>) {
    let address = shows.start().await;
    let mut transport = dial_as(host, address, options).await.unwrap();
    echo(&mut transport).await.unwrap();
}

async fn accepts_issued(host: &str, params: CertificateParams) {
    let root = root("root");
    accepts(host, &trusting(&root), Shows::chain(&[&root.issue(params)])).await;
}

#[tokio::test]
async fn names_addresses_and_wildcards() {
    accepts_issued(HOST, server(&[HOST])).await;
    accepts_issued("ZK1.Example", server(&[HOST])).await;
    accepts_issued(HOST, server(&["other.example", HOST])).await;
    accepts_issued("127.0.0.1", server(&["127.0.0.1"])).await;
    accepts_issued("::1", server(&["::1"])).await;
    accepts_issued("a.b.example", server(&["*.b.example"])).await;
}

#[tokio::test]
async fn chains_of_authorities_within_their_constraints() {
    let root = root("root");
    let mut params = authority("upper");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example".into())],
        excluded_subtrees: Vec::new(),
    });
    let upper = root.issue(params);
    let lower = upper.issue(authority("lower"));
    let pair = lower.issue(server(&[HOST]));
    accepts(HOST, &trusting(&root), Shows::chain(&[&pair, &lower, &upper])).await;
}

/// What TLS has taken it may send later, and nobody can tell: so it is sent.
#[test]
fn what_it_was_given_counts_as_sent() {
    let dialer = TlsDialer::new(&trusting(&root("root"))).unwrap();
    assert_eq!(dialer.sent_rule(), SentRule::FirstByte);
}

/// The usual way in small set-ups: one certificate, which everyone is given.
#[tokio::test]
async fn a_certificate_that_is_trusted_itself() {
    let pair = self_signed(server(&[HOST]));
    accepts(HOST, &trusting(&pair), Shows::chain(&[&pair])).await;
}

#[tokio::test]
async fn either_version() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    accepts(HOST, &trusting(&root), Shows::chain(&[&pair]).only(ONLY_12)).await;
    let strict = TlsOptions { minimum_version: TlsVersion::Tls13, ..trusting(&root) };
    accepts(HOST, &strict, Shows::chain(&[&pair]).only(ONLY_13)).await;
    let address = Shows::chain(&[&pair]).only(ONLY_12).start().await;
    let error = tls_error(dial(address, &strict).await);
    assert_eq!(error.failure(), &TlsFailure::NoCommonVersion);
}

#[tokio::test]
async fn several_roots_together() {
    let (first, second) = (root("first"), root("second"));
    let both = Pem::bytes(first.pem() + "\n# the other\n" + &second.pem());
    let together = TlsOptions { roots: Roots::pem(both), ..TlsOptions::default() };
    let roots = Roots::pem(Pem::bytes(first.pem())).and(Pem::bytes(second.pem())).and_system();
    let apart = TlsOptions { roots, ..TlsOptions::default() };
    for options in [together, apart] {
        for root in [&first, &second] {
            let pair = root.issue(server(&[HOST]));
            accepts(HOST, &options, Shows::chain(&[&pair])).await;
        }
    }
}

#[tokio::test]
async fn another_name_where_one_is_set() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let one =
        TlsOptions { server_names: [("10.0.0.1".into(), HOST.into())].into(), ..trusting(&root) };
    accepts("10.0.0.1", &one, Shows::chain(&[&pair])).await;
    let all = TlsOptions { server_name: Some(HOST.into()), ..trusting(&root) };
    accepts("10.0.0.2", &all, Shows::chain(&[&pair])).await;
    // And then its own name is none any more.
    let address = Shows::chain(&[&pair]).start().await;
    let options = TlsOptions { server_name: Some("other.example".into()), ..trusting(&root) };
    let error = tls_error(dial(address, &options).await);
    assert_eq!(error.name(), "other.example");
    assert_eq!(error.failure(), &TlsFailure::WrongName(vec![HOST.into()]));
}

fn nameless(root: &Pair) -> TlsOptions {
    TlsOptions { verify_hostname: false, ..trusting(root) }
}

/// The name alone is not looked at: everything else is.
#[tokio::test]
async fn any_name_where_names_are_not_verified() {
    let trusted = root("root");
    let pair = trusted.issue(server(&["other.example"]));
    for versions in [ONLY_12, ONLY_13] {
        accepts(HOST, &nameless(&trusted), Shows::chain(&[&pair]).only(versions)).await;
    }
    let unknown = root("another root").issue(server(&["other.example"]));
    let address = Shows::chain(&[&unknown]).start().await;
    let error = tls_error(dial(address, &nameless(&trusted)).await);
    assert_eq!(error.failure(), &TlsFailure::UnknownIssuer);
    for versions in [ONLY_12, ONLY_13] {
        let stolen = Shows { key: unknown.key_der(), ..Shows::chain(&[&pair]) };
        let address = stolen.only(versions).start().await;
        let error = tls_error(dial(address, &nameless(&trusted)).await);
        assert_eq!(error.failure(), &TlsFailure::BadSignature);
    }
}
