//! The JSON shapes. `docs/ZK.md` lists them; they are part of the interface.
//!
//! Ids of transactions and sessions are 64 bits wide and most readers of JSON are not, so they are
//! strings, in hexadecimal as in ZooKeeper's own logs. Times are milliseconds since the Unix epoch.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zookit::proto::Stat;

/// Data and the name of its encoding: null has none, UTF-8 stays text, everything else is base64.
pub(crate) fn data(bytes: Option<&[u8]>) -> (Value, Value) {
    match bytes {
        None => (Value::Null, Value::Null),
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (text.into(), "utf8".into()),
            Err(_) => (STANDARD.encode(bytes).into(), "base64".into()),
        },
    }
}

/// A stat, under the names of the jute record.
pub(crate) fn stat(stat: &Stat) -> Value {
    json!({
        "czxid": stat.czxid.to_string(),
        "mzxid": stat.mzxid.to_string(),
        "pzxid": stat.pzxid.to_string(),
        "ctime": stat.ctime,
        "mtime": stat.mtime,
        "version": stat.version,
        "cversion": stat.cversion,
        "aversion": stat.aversion,
        "ephemeralOwner": stat.ephemeral_owner.to_string(),
        "dataLength": stat.data_length,
        "numChildren": stat.num_children,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_empty_text_and_bytes_are_told_apart() {
        assert_eq!(data(None), (Value::Null, Value::Null));
        assert_eq!(data(Some(b"")), (json!(""), json!("utf8")));
        assert_eq!(data(Some("ö".as_bytes())), (json!("ö"), json!("utf8")));
        assert_eq!(data(Some(b"\xff\x00")), (json!("/wA="), json!("base64")));
    }

    #[test]
    fn ids_are_strings_so_that_no_reader_rounds_them() {
        let stat = stat(&Stat::sample());
        assert_eq!(stat["ephemeralOwner"], json!("0x100018f00000000"));
        assert_eq!(stat["mzxid"], json!("0x100000007"));
        assert_eq!(stat["mtime"], json!(1_700_000_000_456_i64));
        assert_eq!(stat.as_object().map(serde_json::Map::len), Some(11));
    }
}
