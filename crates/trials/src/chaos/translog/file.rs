//! One log file: a header, entries, and zeros up to where it was allocated.
//!
//! The end is where a server that died was writing, so the last entry may be cut short. A server
//! that starts again does not go on with that file: it begins the next one.

use std::fmt;

use bytes::Bytes;
use zookit_proto::wire::Reader;

use super::adler::adler32;
use super::record::{self, Entry, RecordError};

/// `FileHeader.magic`: the bytes `ZKLG`.
const MAGIC: i32 = i32::from_be_bytes(*b"ZKLG");

/// `FileTxnLog.VERSION`.
const VERSION: i32 = 2;

/// The checksum and the length before a payload.
const PREFIX: usize = 12;

/// What ends each entry.
const END_OF_RECORD: u8 = b'B';

/// A log file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// How it ends.
    pub tail: Tail,
}

/// How a log file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Behind an entry: with the file, or with zeros.
    Clean,
    /// Within an entry, at this offset: its bytes are not all there, or not as they were written.
    Torn(usize),
}

/// Why a file is no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// It begins with something else than the header of a log.
    NoLog,
    /// An entry that was written whole cannot be read.
    Record {
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        error: RecordError,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLog => f.write_str("this is no transaction log of version 2"),
            Self::Record { at, error } => write!(f, "the entry at byte {at}: {error}"),
        }
    }
}

impl std::error::Error for FileError {}

/// Reads a whole file. One that is empty, or was cut short within its header, has no entries: that
/// is how a server leaves it that dies while it begins a file.
///
/// # Errors
/// It is no log, or has an entry that its checksum vouches for and that cannot be read.
pub fn read(bytes: Bytes) -> Result<LogFile, FileError> {
    let mut reader = Reader::new("FileHeader", bytes);
    let header = (reader.i32("magic"), reader.i32("version"), reader.i64("dbid"));
    match header {
        (Ok(MAGIC), Ok(VERSION), Ok(_)) => {}
        (Err(_), ..) | (Ok(MAGIC), _, Err(_)) => {
            return Ok(LogFile { entries: Vec::new(), tail: Tail::Torn(0) });
        }
        _ => return Err(FileError::NoLog),
    }
    let mut entries = Vec::new();
    loop {
        let at = reader.at();
        match payload(&mut reader) {
            Next::Entry(payload) => {
                let entry = record::read(payload);
                entries.push(entry.map_err(|error| FileError::Record { at, error })?);
            }
            Next::End => return Ok(LogFile { entries, tail: Tail::Clean }),
            Next::Torn => return Ok(LogFile { entries, tail: Tail::Torn(at) }),
        }
    }
}

enum Next {
    Entry(Bytes),
    End,
    Torn,
}

/// The next entry's payload. A length of zero is padding, as it is to `FileTxnLog`.
fn payload(reader: &mut Reader) -> Next {
    if reader.left() == 0 {
        return Next::End;
    }
    if reader.left() < PREFIX {
        return if reader.rest().iter().all(|byte| *byte == 0) { Next::End } else { Next::Torn };
    }
    let (Ok(checksum), Ok(length)) = (reader.i64("txnEntryCRC"), reader.length("Txnlen")) else {
        return Next::Torn;
    };
    let Some(length) = length else { return Next::Torn };
    if length == 0 {
        return if checksum == 0 { Next::End } else { Next::Torn };
    }
    match (reader.take("Txn", length), reader.u8("end of record")) {
        (Ok(payload), Ok(END_OF_RECORD)) if i64::from(adler32(&payload)) == checksum => {
            Next::Entry(payload)
        }
        _ => Next::Torn,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn three() -> bytes::BytesMut {
        testing::log((1..=3).map(|zxid| testing::set(zxid, "/a", "data", 1)))
    }

    fn zxids(file: &LogFile) -> Vec<i64> {
        file.entries.iter().map(|entry| entry.transaction.zxid.0).collect()
    }

    #[test]
    fn a_log_ends_with_the_file_or_with_zeros() {
        for padding in [0, 1, 11, 12, 4096] {
            let mut bytes = three();
            bytes.resize(bytes.len() + padding, 0);
            let file = read(bytes.freeze()).unwrap();
            assert_eq!(zxids(&file), [1, 2, 3], "{padding} zeros");
            assert_eq!(file.tail, Tail::Clean);
        }
    }

    #[test]
    fn an_entry_that_is_cut_short_is_no_entry() {
        let whole = three().freeze();
        let length = (whole.len() - 16) / 3;
        for cut in 16..whole.len() {
            let file = read(whole.slice(..cut)).unwrap();
            let entries = (cut - 16) / length;
            assert_eq!(zxids(&file).len(), entries, "{cut} bytes");
            let at = 16 + entries * length;
            // What is left of a checksum may be zeros, and is then taken for padding.
            let zeros = whole[at..cut].iter().all(|byte| *byte == 0);
            assert_eq!(file.tail, if zeros { Tail::Clean } else { Tail::Torn(at) }, "{cut} bytes");
        }
    }

    #[test]
    fn an_entry_that_is_cut_short_and_padded_is_no_entry() {
        let whole = three();
        let mut bytes = whole.clone();
        bytes.truncate(whole.len() - 3);
        bytes.resize(whole.len() + 100, 0);
        let file = read(bytes.freeze()).unwrap();
        assert_eq!(zxids(&file), [1, 2]);
        assert!(matches!(file.tail, Tail::Torn(_)));
    }

    #[test]
    fn an_entry_whose_checksum_is_wrong_ends_the_file() {
        let mut bytes = three();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        let file = read(bytes.freeze()).unwrap();
        assert_eq!(zxids(&file), [1, 2]);
        assert!(matches!(file.tail, Tail::Torn(_)));
    }

    #[test]
    fn what_does_not_begin_as_a_log_is_none() {
        assert_eq!(read(Bytes::from_static(b"ZKSN\0\0\0\x02________")), Err(FileError::NoLog));
        assert_eq!(read(Bytes::from_static(b"ZKLG\0\0\0\x03________")), Err(FileError::NoLog));
        assert_eq!(read(Bytes::new()).unwrap().entries, []);
        assert_eq!(read(Bytes::from_static(b"ZKLG\0\0")).unwrap().tail, Tail::Torn(0));
    }

    #[test]
    fn an_entry_that_is_whole_and_unreadable_is_an_error() {
        let bytes = testing::log([testing::header(1, 99)]).freeze();
        let error = RecordError::UnknownType(99);
        assert_eq!(read(bytes), Err(FileError::Record { at: 16, error }));
    }
}
