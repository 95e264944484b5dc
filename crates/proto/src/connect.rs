//! The handshake: the first frame each way, which has no header.
//!
//! Facts: `ConnectRequest` and `ConnectResponse` of `zookeeper.jute`, and
//! `ZooKeeperServer.processConnectRequest` of Apache ZooKeeper.

use bytes::{Bytes, BytesMut};

use crate::types::{Password, SessionId, Zxid};
use crate::wire::{DecodeError, Field, Reader};

/// What a client says first.
///
/// The request for a read-only connection is optional on the wire: clients before 3.4 end without
/// the byte, and a server answers in kind.
/// Always send it; servers 3.9.0 to 3.9.2 refuse the short form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectRequest {
    /// Always 0; servers ignore it.
    pub protocol_version: i32,
    /// The newest transaction this client has seen: a server that is behind closes silently.
    pub last_zxid_seen: Zxid,
    /// The session timeout asked for, in milliseconds.
    pub timeout_ms: i32,
    /// The session to take up again, or [`SessionId::NONE`] for a new one.
    pub session_id: SessionId,
    /// The session's password; zeros or null for a new one.
    pub password: Option<Password>,
    /// Whether a read-only server will do; `None` is a client from before read-only servers.
    pub read_only: Option<bool>,
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectResponse {
    /// Always 0.
    pub protocol_version: i32,
    /// The session timeout granted, in milliseconds; zero or less: the session is gone.
    pub timeout_ms: i32,
    /// The session, or [`SessionId::NONE`] when it is gone.
    pub session_id: SessionId,
    /// The password with which to take the session up again; zeros when it is gone.
    pub password: Option<Password>,
    /// Whether this server only reads; there just if the request had its byte.
    pub read_only: Option<bool>,
}

impl ConnectRequest {
    /// Requests for a new session and for an old one, with and without each optional part.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let new = Self {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 30_000,
            session_id: SessionId::NONE,
            password: Some(Password::zeros()),
            read_only: Some(false),
        };
        let old = Self {
            last_zxid_seen: Zxid(0x1_0000_0007),
            session_id: SessionId(0x0100_018f_0000_0000),
            password: Some(Password::new((0..16).collect())),
            read_only: Some(true),
            ..new.clone()
        };
        let from_before_read_only = Self { read_only: None, ..old.clone() };
        let without_password = Self { password: None, ..new.clone() };
        vec![new, old, from_before_read_only, without_password]
    }
}

impl ConnectResponse {
    /// Responses that grant a session and that say it is gone, with and without each optional
    /// part.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let granted = Self {
            protocol_version: 0,
            timeout_ms: 30_000,
            session_id: SessionId(0x0100_018f_0000_0000),
            password: Some(Password::new((0..16).collect())),
            read_only: Some(true),
        };
        let gone = Self {
            timeout_ms: 0,
            session_id: SessionId::NONE,
            password: Some(Password::zeros()),
            read_only: Some(false),
            ..granted.clone()
        };
        let to_an_old_client = Self { read_only: None, ..granted.clone() };
        let without_password = Self { password: None, ..granted.clone() };
        vec![granted, gone, to_an_old_client, without_password]
    }

    /// Whether the server granted a session, rather than saying that the one asked for is gone.
    ///
    /// The session 0 is none, with whatever timeout: no server gives a session that number.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        self.timeout_ms > 0 && self.session_id.0 != SessionId::NONE.0
    }
}

fn read_optional_bool(reader: &mut Reader) -> Result<Option<bool>, DecodeError> {
    if reader.left() == 0 {
        return Ok(None);
    }
    bool::read(reader, "readOnly").map(Some)
}

fn write_optional_bool(value: Option<bool>, out: &mut BytesMut) {
    if let Some(value) = value {
        value.write(out);
    }
}

impl Field for ConnectRequest {
    const AT_LEAST: usize = 28;

    fn write(&self, out: &mut BytesMut) {
        self.protocol_version.write(out);
        self.last_zxid_seen.write(out);
        self.timeout_ms.write(out);
        self.session_id.write(out);
        self.password.write(out);
        write_optional_bool(self.read_only, out);
    }

    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(Self {
            protocol_version: i32::read(reader, "protocolVersion")?,
            last_zxid_seen: Zxid::read(reader, "lastZxidSeen")?,
            timeout_ms: i32::read(reader, "timeOut")?,
            session_id: SessionId::read(reader, "sessionId")?,
            password: Option::read(reader, "passwd")?,
            read_only: read_optional_bool(reader)?,
        })
    }
}

impl Field for ConnectResponse {
    const AT_LEAST: usize = 20;

    fn write(&self, out: &mut BytesMut) {
        self.protocol_version.write(out);
        self.timeout_ms.write(out);
        self.session_id.write(out);
        self.password.write(out);
        write_optional_bool(self.read_only, out);
    }

    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(Self {
            protocol_version: i32::read(reader, "protocolVersion")?,
            timeout_ms: i32::read(reader, "timeOut")?,
            session_id: SessionId::read(reader, "sessionId")?,
            password: Option::read(reader, "passwd")?,
            read_only: read_optional_bool(reader)?,
        })
    }
}

/// Decodes the payload of a server's first frame.
///
/// # Errors
/// What was wrong, and where.
pub fn decode_response(payload: Bytes) -> Result<ConnectResponse, DecodeError> {
    ConnectResponse::read(&mut Reader::new("ConnectResponse", payload), "")
}

/// Decodes the payload of a client's first frame.
///
/// # Errors
/// What was wrong, and where.
pub fn decode_request(payload: Bytes) -> Result<ConnectRequest, DecodeError> {
    ConnectRequest::read(&mut Reader::new("ConnectRequest", payload), "")
}
