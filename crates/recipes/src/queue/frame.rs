//! How Curator's queues pack messages into the data of a znode.
//!
//! ```text
//!   00 01 00 01                          the version
//!   01  LENGTH (32 bits)  BYTES          a message, and others behind it
//!   02                                   the end
//! ```
//! All numbers are big-endian.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const VERSION: u32 = 0x0001_0001;
const MESSAGE: u8 = 1;
const END: u8 = 2;

/// The data of an item that is one message; `None` if that is longer than a length can say.
pub(super) fn pack(message: &[u8]) -> Option<Bytes> {
    let length = i32::try_from(message.len()).ok()?;
    let mut data = BytesMut::with_capacity(message.len() + 10);
    data.put_u32(VERSION);
    data.put_u8(MESSAGE);
    data.put_i32(length);
    data.put_slice(message);
    data.put_u8(END);
    Some(data.freeze())
}

/// The messages of an item; `None` if it is packed otherwise. What stands behind the end is passed
/// over, as there.
pub(super) fn unpack(mut data: Bytes) -> Option<Vec<Bytes>> {
    let mut messages = Vec::new();
    if data.try_get_u32().ok()? != VERSION {
        return None;
    }
    loop {
        match data.try_get_u8().ok()? {
            END => return Some(messages),
            MESSAGE => {
                let length = usize::try_from(data.try_get_i32().ok()?).ok()?;
                if length > data.len() {
                    return None;
                }
                messages.push(data.split_to(length));
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_is_packed_as_curator_does() {
        let packed = pack(b"hi").unwrap();
        assert_eq!(packed, &b"\0\x01\0\x01\x01\0\0\0\x02hi\x02"[..]);
        assert_eq!(unpack(packed).unwrap(), ["hi"]);
        assert_eq!(unpack(pack(b"").unwrap()).unwrap(), [""]);
    }

    #[test]
    fn several_messages_are_one_item() {
        let packed = Bytes::from_static(b"\0\x01\0\x01\x01\0\0\0\x01a\x01\0\0\0\x02bc\x02rest");
        assert_eq!(unpack(packed).unwrap(), ["a", "bc"]);
        assert_eq!(unpack(Bytes::from_static(b"\0\x01\0\x01\x02")).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_packed_otherwise_is_told() {
        for data in [
            &b""[..],
            b"hi",
            b"\0\x01\0\x02\x02",
            b"\0\x01\0\x01",
            b"\0\x01\0\x01\x03",
            b"\0\x01\0\x01\x01\0\0\0\x09hi\x02",
            b"\0\x01\0\x01\x01\xff\xff\xff\xffhi\x02",
            b"\0\x01\0\x01\x01\0\0\0\x02hi",
        ] {
            assert_eq!(unpack(Bytes::from_static(data)), None, "{data:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(data: Vec<u8>) {
            let messages = unpack(Bytes::from(data.clone()));
            prop_assert!(messages.is_none_or(|all| all.iter().all(|one| one.len() < data.len())));
        }

        #[test]
        fn every_message_is_read_back(message: Vec<u8>) {
            prop_assert_eq!(unpack(pack(&message).unwrap()).unwrap(), [message]);
        }
    }
}
