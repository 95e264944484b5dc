//! getData (4): reads the data and stat of a znode, and may leave a watch if it exists.

use bytes::{Buf as _, Bytes};

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::{DecodeError, decode, record};

/// The operation.
#[derive(Debug)]
pub enum GetData {}

record! {
    /// jute `GetDataRequest`.
    pub struct GetDataRequest {
        /// The path. Servers do not validate it; empty means the root.
        pub path: Text,
        /// Whether to leave a one-shot watch on data and deletion.
        pub watch: bool,
    }
}

record! {
    /// jute `GetDataResponse`: also of reconfig.
    pub struct GetDataReply {
        /// The data, a slice of the frame. Null and empty are different data.
        pub data: Option<Bytes>,
        /// The stat.
        pub stat: Stat,
    }
}

impl GetDataReply {
    /// Decodes the whole body of a reply, as [`decode`] does. The data is what
    /// is left of `body` itself, not another share of its memory: it is the reply that there are
    /// most of.
    ///
    /// # Errors
    /// As `decode`.
    #[inline]
    pub fn of_body(mut body: Bytes) -> Result<Self, DecodeError> {
        let whole = body.split_first_chunk().and_then(|(length, rest)| {
            let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
            Some((length, Stat::of_bytes(rest.get(length..)?)?))
        });
        let Some((length, stat)) = whole else { return decode("GetDataReply", body) };
        body.advance(size_of::<i32>());
        body.truncate(length);
        Ok(Self { data: Some(body), stat })
    }
}

impl Operation for GetData {
    const NUMBER: i32 = 4;
    const NAME: &'static str = "getData";
    const CLASS: Class = Class::Read;
    type Request = GetDataRequest;
    type Reply = GetDataReply;

    fn request_samples() -> Vec<GetDataRequest> {
        vec![
            GetDataRequest { path: "/a/b".into(), watch: true },
            GetDataRequest { path: "/".into(), watch: false },
        ]
    }

    fn reply_samples() -> Vec<GetDataReply> {
        let stat = Stat::sample();
        vec![
            GetDataReply { data: Some(Bytes::from_static(b"hello")), stat },
            GetDataReply { data: Some(Bytes::new()), stat },
            GetDataReply { data: None, stat },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;

    #[test]
    fn the_short_way_reads_what_the_long_one_does() {
        for reply in GetData::reply_samples() {
            let body = [&encode(&reply)[..], b"more"].concat();
            assert_eq!(GetDataReply::of_body(body.clone().into()).as_ref(), Ok(&reply));
            for end in 0..body.len() {
                let cut = Bytes::copy_from_slice(&body[..end]);
                let long = decode::<GetDataReply>("GetDataReply", cut.clone());
                assert_eq!(GetDataReply::of_body(cut), long, "{end} bytes");
            }
        }
        let negative = Bytes::from_static(&[0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0]);
        assert!(GetDataReply::of_body(negative).is_err());
    }
}
