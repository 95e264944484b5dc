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
    let hash = Sha1::from(format!("{user}:{password}")).digest();
    format!("{user}:{}", STANDARD.encode(hash.bytes()))
}
