//! create in all its modes: four operations on the wire, one method here.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::ops::create::{Create, CreateReply, CreateRequest};
use zookit_proto::ops::create_container::CreateContainer;
use zookit_proto::ops::create_ttl::{CreateTtl, CreateTtlRequest};
use zookit_proto::ops::create2::{Create2, Create2Reply};
use zookit_proto::types::{Acl, CreateMode, Perms, TtlError, validate_ttl_ms};
use zookit_proto::wire::decode;
use zookit_proto::{Operation, path};
use zookit_session::ServerFloor;

use super::{Call, Destination, Outbox};
use crate::answer::{Answer, AskFrame, Decode, Fault};
use crate::client::Client;
use crate::data::{Created, Data};
use crate::error::ArgumentError;

/// How a znode is to be created. A [`CreateMode`] alone turns into it.
///
/// ```
/// use std::time::Duration;
/// use zookit_client::{Acl, CreateMode, CreateOptions, Perms};
/// let private = CreateOptions {
///     acl: vec![Acl::auth(Perms::ALL)],
///     ..CreateMode::Ephemeral.into()
/// };
/// let for_an_hour = CreateOptions {
///     ttl: Some(Duration::from_secs(3600)),
///     ..CreateMode::PersistentWithTtl.into()
/// };
/// # let _ = (private, for_an_hour);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateOptions {
    /// One of ZooKeeper's seven modes; persistent by default.
    pub mode: CreateMode,
    /// Who may do what; everybody everything by default.
    pub acl: Vec<Acl>,
    /// The time to live, in the two modes that have one: 1 ms to almost 35 years, in whole
    /// milliseconds. The server must have extended types enabled.
    pub ttl: Option<Duration>,
}

impl Default for CreateOptions {
    fn default() -> Self {
        Self { mode: CreateMode::Persistent, acl: vec![Acl::world(Perms::ALL)], ttl: None }
    }
}

impl From<CreateMode> for CreateOptions {
    fn from(mode: CreateMode) -> Self {
        Self { mode, ..Self::default() }
    }
}

/// A create on its way: the operation follows from the mode.
#[derive(Debug)]
pub(super) enum CreateCall {
    /// For servers before 3.5, which answer no stat.
    Plain(CreateRequest),
    WithStat(CreateRequest),
    Container(CreateRequest),
    Ttl(CreateTtlRequest),
}

impl Client {
    /// Creates a znode; answers the path it got, and its stat.
    ///
    /// In the sequential modes the server appends ten digits to the path, which there may end with
    /// `/`. A znode of an ephemeral mode goes with this client's session.
    ///
    /// # Errors
    /// *Refused* with `NodeExists`, with `NoNode` if the parent does not exist
    /// ([`create_with_parents`] makes it), `NoChildrenForEphemerals`, `NoAuth` without CREATE
    /// permission on the parent, `InvalidAcl`, `Unimplemented` for a time to live where the server
    /// has extended types disabled. *Not sent* if path, size, ACL or time to live cannot be right.
    ///
    /// [`create_with_parents`]: Self::create_with_parents
    ///
    /// # If no reply comes
    /// The znode may have been created. In an ephemeral mode its stat's `ephemeral_owner` tells
    /// whether it is this session's; a sequential one cannot be told from others' by its name.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back, and the path of a sequential znode is then known to
    /// nobody.
    ///
    /// # Ordering
    /// Takes effect behind the writes of this client submitted before, and is not sent after one
    /// of them was lost with the connection.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// # client.delete_recursive("/members").await?;
    /// client.create("/members", (), CreateMode::Persistent).await?;
    /// let me = client.create("/members/m-", "h1:80", CreateMode::EphemeralSequential).await?;
    /// println!("joined as {}", me.path);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Create")]
    #[doc(alias = "create2")]
    #[doc(alias = "createContainer")]
    #[doc(alias = "createTTL")]
    #[doc(alias = "CreateTTL")]
    #[doc(alias = "CreateContainer")]
    pub fn create(
        &self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Answer<Created> {
        self.ask_create(Outbox, path, data.into(), options.into())
    }

    pub(super) fn ask_create<T: From<Created>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
        data: Data,
        options: CreateOptions,
    ) -> D::Receipt {
        let without_stat = |frame: &mut AskFrame, body| created(frame, body).map(T::from);
        let with_stat = |frame: &mut AskFrame, body| created2(frame, body).map(T::from);
        match self.create_call(path, data, options) {
            Ok(CreateCall::Plain(body)) => {
                self.creating::<Create, _, _>(to, path, without_stat, Ok(body))
            }
            Ok(CreateCall::WithStat(body)) => {
                self.creating::<Create2, _, _>(to, path, with_stat, Ok(body))
            }
            Ok(CreateCall::Container(body)) => {
                self.creating::<CreateContainer, _, _>(to, path, with_stat, Ok(body))
            }
            Ok(CreateCall::Ttl(body)) => {
                self.creating::<CreateTtl, _, _>(to, path, with_stat, Ok(body))
            }
            Err(error) => self.creating::<Create2, _, _>(to, path, with_stat, Err(error)),
        }
    }

    fn creating<O: Operation, T, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
        decode: Decode<T>,
        body: Result<O::Request, ArgumentError>,
    ) -> D::Receipt {
        self.hand::<O, _, _>(to, Call::new::<O>(Create::NAME, Some(path), decode), body)
    }

    /// Checks the arguments and chooses the operation.
    pub(super) fn create_call(
        &self,
        path: &str,
        data: Data,
        options: CreateOptions,
    ) -> Result<CreateCall, ArgumentError> {
        let CreateOptions { mode, acl, ttl } = options;
        if matches!(mode, CreateMode::Unknown(_)) {
            return Err(ArgumentError::UnknownMode(mode));
        }
        if mode.is_sequential() {
            path::validate_sequential(path)?;
        } else {
            path::validate(path)?;
        }
        if acl.is_empty() {
            return Err(ArgumentError::EmptyAcl);
        }
        let ttl_ms = match ttl {
            Some(ttl) if mode.has_ttl() => Some(ttl_millis(ttl)?),
            None if mode.has_ttl() => return Err(ArgumentError::TtlMissing(mode)),
            Some(_) => return Err(ArgumentError::TtlUnused(mode)),
            None => None,
        };
        let (path, data, acl) = (self.handle.chroot.to_server(path), data.into_bytes(), Some(acl));
        if let Some(ttl_ms) = ttl_ms {
            return Ok(CreateCall::Ttl(CreateTtlRequest { path, data, acl, mode, ttl_ms }));
        }
        let request = CreateRequest { path, data, acl, mode };
        Ok(match mode {
            CreateMode::Container => CreateCall::Container(request),
            _ if self.handle.server_floor < ServerFloor::V3_5 => CreateCall::Plain(request),
            _ => CreateCall::WithStat(request),
        })
    }
}

/// In whole milliseconds; a part of one does not count.
fn ttl_millis(ttl: Duration) -> Result<i64, TtlError> {
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    validate_ttl_ms(ttl_ms).map(|()| ttl_ms)
}

fn created(frame: &mut AskFrame, body: Bytes) -> Result<Created, Fault> {
    let CreateReply { path } = decode("CreateReply", body)?;
    Ok(Created { path: frame.chroot.to_client(&path), stat: None })
}

fn created2(frame: &mut AskFrame, body: Bytes) -> Result<Created, Fault> {
    let Create2Reply { path, stat } = decode("Create2Reply", body)?;
    Ok(Created { path: frame.chroot.to_client(&path), stat: Some(stat) })
}

#[cfg(test)]
mod tests {
    use zookit_proto::types::MAX_TTL_MS;

    use super::*;

    #[test]
    fn a_time_to_live_is_in_whole_milliseconds_and_within_bounds() {
        assert_eq!(ttl_millis(Duration::from_micros(1_999)), Ok(1));
        assert_eq!(ttl_millis(Duration::from_micros(999)), Err(TtlError(0)));
        let longest = Duration::from_millis(MAX_TTL_MS as u64);
        assert_eq!(ttl_millis(longest), Ok(MAX_TTL_MS));
        assert!(ttl_millis(longest + Duration::from_millis(1)).is_err());
        assert_eq!(ttl_millis(Duration::MAX), Err(TtlError(i64::MAX)));
    }
}
