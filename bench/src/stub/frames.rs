//! The frames of the workload: getData of 100 bytes from a path of 20, as bytes.
//!
//! Written out by hand and not by `zookit-proto`, so that a mistake there shows as a failed run.

/// The znode that everybody reads.
pub const PATH: &str = "/bench/node-00000000";

/// How much data it has.
pub const DATA_BYTES: usize = 100;

/// A setData of this path makes the stub answer, and then close the connection.
pub const HANG_UP: &str = "/bench/hang-up";

/// A setData of this path makes the stub answer nothing from then on.
pub const FALL_SILENT: &str = "/bench/fall-silent";

/// What a raw client sends in place of a handshake; see [`super::serve_raw`].
pub const RAW: [u8; 4] = *b"raw!";

/// The zxid of every answer.
const ZXID: i64 = 0x1_0000_0001;

/// Bytes of a request of the workload, with its length.
pub const REQUEST_BYTES: usize = 4 + 4 + 4 + 4 + PATH.len() + 1;

/// Bytes of a reply of the workload, with its length.
pub const REPLY_BYTES: usize = 4 + 16 + 4 + DATA_BYTES + STAT_BYTES;

const STAT_BYTES: usize = 68;

/// Where the xid stands in a frame.
pub const XID_AT: usize = 4;

fn framed(body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len()).expect("frames here are small");
    [&length.to_be_bytes(), body].concat()
}

fn header(xid: i32, zxid: i64) -> Vec<u8> {
    let mut header = xid.to_be_bytes().to_vec();
    header.extend(zxid.to_be_bytes());
    header.extend(0_i32.to_be_bytes());
    header
}

/// The request of the workload: getData without a watch.
#[must_use]
pub fn get_data_request() -> Vec<u8> {
    let mut body = 1_i32.to_be_bytes().to_vec();
    body.extend(4_i32.to_be_bytes());
    body.extend(20_i32.to_be_bytes());
    body.extend(PATH.as_bytes());
    body.push(0);
    framed(&body)
}

/// Its reply, but for the xid.
#[must_use]
pub fn get_data_reply() -> Vec<u8> {
    let mut body = header(0, ZXID);
    body.extend(100_i32.to_be_bytes());
    body.extend([b'x'; DATA_BYTES]);
    body.extend(stat());
    framed(&body)
}

/// The reply of exists and setData, but for the xid.
#[must_use]
pub fn stat_reply() -> Vec<u8> {
    let mut body = header(0, ZXID);
    body.extend(stat());
    framed(&body)
}

/// A reply that is a header alone, but for the xid.
#[must_use]
pub fn empty_reply() -> Vec<u8> {
    framed(&header(0, ZXID))
}

/// Grants what is asked for.
#[must_use]
pub fn connect_response(timeout_ms: i32, session: i64) -> Vec<u8> {
    let mut body = 0_i32.to_be_bytes().to_vec();
    body.extend(timeout_ms.to_be_bytes());
    body.extend(session.to_be_bytes());
    body.extend(16_i32.to_be_bytes());
    body.extend([7; 16]);
    body.push(0);
    framed(&body)
}

/// A setWatches of these paths as watches on data: what a restore sends.
#[must_use]
pub fn set_watches_request(paths: &[String]) -> Vec<u8> {
    let mut body = (-8_i32).to_be_bytes().to_vec();
    body.extend(101_i32.to_be_bytes());
    body.extend(ZXID.to_be_bytes());
    body.extend(u32::try_from(paths.len()).expect("few").to_be_bytes());
    for path in paths {
        body.extend(u32::try_from(path.len()).expect("short").to_be_bytes());
        body.extend(path.as_bytes());
    }
    body.extend([0; 8]);
    framed(&body)
}

fn stat() -> [u8; STAT_BYTES] {
    let mut stat = [0; STAT_BYTES];
    for at in [0, 8, 60] {
        stat[at..at + 8].copy_from_slice(&ZXID.to_be_bytes());
    }
    stat[52..56].copy_from_slice(&100_i32.to_be_bytes());
    stat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_have_the_sizes_they_say() {
        assert_eq!(get_data_request().len(), REQUEST_BYTES);
        assert_eq!(get_data_reply().len(), REPLY_BYTES);
    }
}
