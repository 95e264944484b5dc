//! deleteContainer (20): with it a leader deletes containers and znodes whose time has come.
//!
//! Not for clients: servers check neither session nor ACL. It has no jute record, and two forms:
//! from 3.9 the path is a jute buffer, before it was the bare bytes of the path.
//! Servers before 3.9 take that form from themselves alone: of a client's frame they read the
//! header as part of the path, and answer `BadArguments`.

use bytes::BytesMut;

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::{DecodeError, Field, Reader};

/// The operation.
#[derive(Debug)]
pub enum DeleteContainer {}

/// The request: a path, in one of two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteContainerRequest {
    /// The path.
    pub path: Text,
    /// How it is written.
    pub form: PathForm,
}

/// How a [`DeleteContainerRequest`] is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathForm {
    /// With its length before it: from 3.9.
    Prefixed,
    /// The bytes alone, up to the end of the frame: before 3.9.
    Bare,
}

impl Field for DeleteContainerRequest {
    const AT_LEAST: usize = 1;

    fn write(&self, out: &mut BytesMut) {
        match self.form {
            PathForm::Prefixed => self.path.write(out),
            PathForm::Bare => out.extend_from_slice(&self.path),
        }
    }

    /// Every path begins with `/`, and a length that begins with that byte would be 788 million:
    /// that tells the two forms apart.
    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        if reader.peek() == Some(b'/') {
            return Ok(Self { path: Text::from_bytes(reader.rest()), form: PathForm::Bare });
        }
        Ok(Self { path: Text::read(reader, "path")?, form: PathForm::Prefixed })
    }
}

impl Operation for DeleteContainer {
    const NUMBER: i32 = 20;
    const NAME: &'static str = "deleteContainer";
    const CLASS: Class = Class::Internal;
    type Request = DeleteContainerRequest;
    type Reply = ();

    fn request_samples() -> Vec<DeleteContainerRequest> {
        [PathForm::Prefixed, PathForm::Bare]
            .map(|form| DeleteContainerRequest { path: "/a/c".into(), form })
            .to_vec()
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
