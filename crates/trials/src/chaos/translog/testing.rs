//! Logs written by hand, for the tests of their reader.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::adler::adler32;

/// The bytes of an entry's payload under construction.
pub(super) struct Payload(BytesMut);

impl Payload {
    pub(super) fn new() -> Self {
        Self(BytesMut::new())
    }

    pub(super) fn int(mut self, number: i32) -> Self {
        self.0.put_i32(number);
        self
    }

    pub(super) fn long(mut self, number: i64) -> Self {
        self.0.put_i64(number);
        self
    }

    pub(super) fn byte(mut self, byte: u8) -> Self {
        self.0.put_u8(byte);
        self
    }

    pub(super) fn buffer(self, bytes: Option<&[u8]>) -> Self {
        let length = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap());
        let mut this = self.int(length);
        this.0.put_slice(bytes.unwrap_or_default());
        this
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.buffer(Some(text.as_bytes()))
    }

    pub(super) fn part(self, part: Self) -> Self {
        self.buffer(Some(&part.0))
    }

    pub(super) fn bytes(self) -> Bytes {
        self.0.freeze()
    }
}

/// A header of session 9; cxid and time follow from the zxid.
pub(super) fn header(zxid: i64, kind: i32) -> Payload {
    let counter = zxid & 0xffff;
    let payload = Payload::new().long(9).int(i32::try_from(counter).unwrap()).long(zxid);
    payload.long(1_700_000_000_000 + counter).int(kind)
}

/// A setData of session 9.
pub(super) fn set(zxid: i64, path: &str, data: &str, version: i32) -> Payload {
    header(zxid, 5).text(path).buffer(Some(data.as_bytes())).int(version)
}

/// The end of session 9.
pub(super) fn close(zxid: i64, paths: Option<&[&str]>) -> Payload {
    let mut payload = header(zxid, -11);
    if let Some(paths) = paths {
        payload = payload.int(i32::try_from(paths.len()).unwrap());
        for path in paths {
            payload = payload.text(path);
        }
    }
    payload
}

/// The bytes of a log file with these entries, without padding.
pub(super) fn log(entries: impl IntoIterator<Item = Payload>) -> BytesMut {
    let mut file = BytesMut::new();
    file.put_slice(b"ZKLG");
    file.put_i32(2);
    file.put_i64(0);
    for payload in entries {
        entry(&mut file, &payload.bytes());
    }
    file
}

fn entry(file: &mut BytesMut, payload: &[u8]) {
    file.put_i64(i64::from(adler32(payload)));
    file.put_i32(i32::try_from(payload.len()).unwrap());
    file.put_slice(payload);
    file.put_u8(b'B');
}
