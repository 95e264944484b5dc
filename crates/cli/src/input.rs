//! The data of a znode from the command line or standard input, never more than can be sent.

use std::ffi::OsString;
use std::io::Read;

use bytes::Bytes;

use crate::error::Failure;

/// What stands for standard input.
const STDIN: &str = "-";

/// Whether the argument asks for standard input.
pub(crate) fn is_stdin(argument: Option<&OsString>) -> bool {
    argument.is_some_and(|argument| argument == STDIN)
}

/// The data: null without an argument, standard input for `-`, else the argument's own bytes.
///
/// `most` is the largest request that the server takes; an input that is longer than that is not
/// read to its end.
pub(crate) fn data(argument: Option<&OsString>, most: usize) -> Result<Option<Bytes>, Failure> {
    match argument {
        None => Ok(None),
        Some(argument) if argument == STDIN => read(std::io::stdin().lock(), most).map(Some),
        // On Unix these are the bytes as they were given; elsewhere UTF-8.
        Some(argument) => within(argument.as_encoded_bytes().to_vec(), most).map(Some),
    }
}

fn read(input: impl Read, most: usize) -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    // One byte more than fits tells too much from just enough.
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    match input.take(limit).read_to_end(&mut bytes) {
        Ok(_) => within(bytes, most),
        Err(error) => Err(Failure::usage(format!("cannot read standard input: {error}"))),
    }
}

fn within(bytes: Vec<u8>, most: usize) -> Result<Bytes, Failure> {
    if bytes.len() > most {
        return Err(Failure::usage(format!(
            "the data is over {most} bytes, more than the server's jute.maxbuffer lets through"
        ))
        .hint("if the servers allow more, say so with --jute-maxbuffer"));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null_and_an_empty_argument_is_empty() {
        assert_eq!(data(None, 10).unwrap(), None);
        assert_eq!(data(Some(&"".into()), 10).unwrap(), Some(Bytes::new()));
    }

    #[test]
    fn the_limit_is_the_last_length_that_passes() {
        assert_eq!(data(Some(&"abc".into()), 3).unwrap().unwrap().len(), 3);
        assert_eq!(data(Some(&"abcd".into()), 3).unwrap_err().code(), 2);
        assert_eq!(read(&b"abc"[..], 3).unwrap(), "abc");
        assert_eq!(read(&b"abcd"[..], 3).unwrap_err().code(), 2);
    }

    #[test]
    fn an_endless_input_ends_at_the_limit() {
        assert_eq!(read(std::io::repeat(7), 1000).unwrap_err().code(), 2);
    }
}
