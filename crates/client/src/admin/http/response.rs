//! A response of HTTP/1.1, read from a connection that was read to its end.
//!
//! The request says `Connection: close`, so the end of the connection is that of the response; but
//! a length or chunks, where the server sends them, tell a whole body from one that was cut off.

use std::io;

use super::super::error::AdminErrorKind as Kind;

/// A response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// How the end of the body is known.
enum Length {
    Known(usize),
    Chunked,
    ToTheEnd,
}

pub(super) fn parse(answer: &[u8]) -> Result<Response, Kind> {
    if !answer.starts_with(b"HTTP/1.") {
        return Err(Kind::unexpected(answer));
    }
    let (head, body) = split(answer, b"\r\n\r\n").ok_or_else(cut_off)?;
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| Kind::unexpected(answer))?;
    let mut length = Length::ToTheEnd;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            length = Length::Chunked;
        } else if name.eq_ignore_ascii_case("content-length") && !matches!(length, Length::Chunked)
        {
            length = Length::Known(value.parse().map_err(|_| Kind::unexpected(answer))?);
        }
    }
    let body = match length {
        Length::Known(length) => body.get(..length).ok_or_else(cut_off)?.to_vec(),
        Length::Chunked => chunks(body).ok_or_else(cut_off)?,
        Length::ToTheEnd => body.to_vec(),
    };
    Ok(Response { status, body })
}

/// The chunks put together; `None` if the last one, which is empty, is not there.
fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (line, behind) = split(rest, b"\r\n")?;
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(behind.get(..size)?);
        rest = behind.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let position = bytes.windows(at.len()).position(|window| window == at)?;
    Some((bytes.get(..position)?, bytes.get(position + at.len()..)?))
}

fn cut_off() -> Kind {
    Kind::Lost(io::ErrorKind::UnexpectedEof.into())
}
