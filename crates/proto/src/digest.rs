//! Ids of the `digest` scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

/// The id that a server derives from `user:password` and keeps in ACLs:
/// `user:base64(sha1("user:password"))`.
///
/// Facts: `DigestAuthenticationProvider.generateDigest`, with its default algorithm, SHA-1.
///
/// ```
/// let id = zookit_proto::digest::digest_id("super", "test");
/// assert_eq!(id, "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
/// ```
#[must_use]
pub fn digest_id(user: &str, password: &str) -> String {
    id(user, &format!("{user}:{password}"))
}

/// The id that a server derives from credentials without a colon: all of them are the user's name,
/// and all of them are hashed.
#[must_use]
pub fn nameless_id(credentials: &str) -> String {
    id(credentials, credentials)
}

fn id(user: &str, hashed: &str) -> String {
    format!("{user}:{}", STANDARD.encode(Sha1::from(hashed).digest().bytes()))
}
