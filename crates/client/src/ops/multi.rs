//! multi: several writes, all or none.

use bytes::Bytes;
use zookit_proto::ops::check::{Check, CheckRequest};
use zookit_proto::ops::create::Create;
use zookit_proto::ops::delete::Delete;
use zookit_proto::ops::multi::{Multi, MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::ops::set_data::SetData;
use zookit_proto::wire::decode;
use zookit_proto::{Operation, Stat};

use super::create::CreateCall;
use super::{Call, CreateOptions, Destination, Outbox};
use crate::answer::{Answer, AskFrame, Fault, Part};
use crate::client::Client;
use crate::data::{Created, Data, Version};
use crate::error::ArgumentError;

/// Writes to be executed together, in this order: each sees the effects of those before it, and
/// if one fails none has any.
///
/// An empty one is legal: it changes nothing and takes a transaction number.
///
/// ```
/// use zookit_client::{CreateMode, Transaction, Version};
/// let rename = Transaction::new()
///     .check("/old", Version::Exactly(3))
///     .create("/new", "data", CreateMode::Persistent)
///     .delete("/old", Version::Any);
/// assert_eq!(rename.len(), 3);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a transaction does nothing until it is given to `multi`"]
pub struct Transaction {
    ops: Vec<Op>,
}

#[derive(Debug, Clone)]
enum Op {
    Check { path: String, version: Version },
    Create { path: String, data: Data, options: CreateOptions },
    SetData { path: String, data: Data, version: Version },
    Delete { path: String, version: Version },
}

/// What became of one operation of a [`Transaction`] that was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultiOutcome {
    /// The version was the demanded one.
    Checked,
    /// Created.
    Created(Created),
    /// Set; the stat it then had.
    DataSet(Stat),
    /// Deleted.
    Deleted,
}

impl Transaction {
    /// One without operations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands that a znode exists and has this version.
    #[doc(alias = "CheckVersionRequest")]
    pub fn check(self, path: &str, version: Version) -> Self {
        self.with(Op::Check { path: path.to_owned(), version })
    }

    /// As [`Client::create`].
    pub fn create(
        self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Self {
        let (data, options) = (data.into(), options.into());
        self.with(Op::Create { path: path.to_owned(), data, options })
    }

    /// As [`Client::set_data`].
    pub fn set_data(self, path: &str, data: impl Into<Data>, version: Version) -> Self {
        self.with(Op::SetData { path: path.to_owned(), data: data.into(), version })
    }

    /// As [`Client::delete`].
    pub fn delete(self, path: &str, version: Version) -> Self {
        self.with(Op::Delete { path: path.to_owned(), version })
    }

    /// The operations of this one, and then those of another.
    ///
    /// ```
    /// use zookit_client::{Transaction, Version};
    /// let guard = Transaction::new().check("/locks/a/lock-0000000003", Version::Any);
    /// let write = Transaction::new().set_data("/a", "7", Version::Any);
    /// assert_eq!(guard.then(write).len(), 2);
    /// ```
    pub fn then(mut self, mut other: Self) -> Self {
        self.ops.append(&mut other.ops);
        self
    }

    fn with(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    /// How many operations it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}

impl Op {
    fn part(&self) -> Part {
        let (operation, path) = match self {
            Self::Check { path, .. } => (Check::NAME, path),
            Self::Create { path, .. } => (Create::NAME, path),
            Self::SetData { path, .. } => (SetData::NAME, path),
            Self::Delete { path, .. } => (Delete::NAME, path),
        };
        Part { operation, path: path.as_str().into() }
    }

    fn into_wire(self, client: &Client) -> Result<MultiOp, ArgumentError> {
        Ok(match self {
            Self::Check { path, version } => {
                let path = client.server_path(&path)?;
                let version = version.to_wire().ok_or(ArgumentError::AnyVersion)?;
                MultiOp::Check(CheckRequest { path, version })
            }
            Self::Create { path, data, options } => {
                match client.create_call(&path, data, options)? {
                    CreateCall::Plain(request) => MultiOp::Create(request),
                    CreateCall::WithStat(request) => MultiOp::Create2(request),
                    CreateCall::Container(request) => MultiOp::CreateContainer(request),
                    CreateCall::Ttl(request) => MultiOp::CreateTtl(request),
                }
            }
            Self::SetData { path, data, version } => {
                MultiOp::SetData(client.set_data_request(&path, data, version)?)
            }
            Self::Delete { path, version } => {
                MultiOp::Delete(client.delete_request(&path, version)?)
            }
        })
    }
}

impl Client {
    /// Executes several writes as one transaction: all of them, or none. Answers an outcome for
    /// each, in their order.
    ///
    /// # Errors
    /// *Refused* with the code of the first operation that failed; the error names it, by
    /// [`path`](crate::Error::path) and
    /// [`failed_operation`](crate::error::Refused::failed_operation). *Not sent* if an argument of
    /// any of them cannot be right, or all of them together are too large.
    ///
    /// # If no reply comes
    /// All of it may have been applied, or nothing; never a part.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// Takes effect behind the writes of this client submitted before, and is not sent after one
    /// of them was lost with the connection.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Transaction, Version};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let both = Transaction::new()
    ///     .set_data("/a", "1", Version::Exactly(4))
    ///     .set_data("/b", "2", Version::Any);
    /// match client.multi(both).await {
    ///     Ok(outcomes) => println!("{outcomes:?}"),
    ///     Err(error) => println!("neither was set: {error}"),
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Multi")]
    #[doc(alias = "transaction")]
    #[doc(alias = "commit")]
    pub fn multi(&self, transaction: Transaction) -> Answer<Vec<MultiOutcome>> {
        self.ask_multi(Outbox, transaction)
    }

    pub(super) fn ask_multi<T: From<Vec<MultiOutcome>>, D: Destination<T>>(
        &self,
        to: D,
        transaction: Transaction,
    ) -> D::Receipt {
        let parts: Vec<Part> = transaction.ops.iter().map(Op::part).collect();
        let ops = transaction.ops.into_iter().enumerate().map(|(index, op)| {
            op.into_wire(self).map_err(|error| ArgumentError::InTransaction {
                index,
                operation: parts[index].operation,
                path: parts[index].path.to_string(),
                error: Box::new(error),
            })
        });
        let body = ops.collect::<Result<_, _>>().map(|ops| MultiRequest { ops });
        let decode = |frame: &mut AskFrame, body| outcomes(frame, body).map(T::from);
        self.hand::<Multi, _, _>(
            to,
            Call::new::<Multi>(Multi::NAME, None, decode).parts(parts),
            body,
        )
    }
}

/// The outcomes, if they are those of the operations that were asked for.
fn outcomes(frame: &mut AskFrame, body: Bytes) -> Result<Vec<MultiOutcome>, Fault> {
    let reply: MultiReply = decode("MultiReply", body)?;
    if let Some((index, code)) = reply.first_failure() {
        return Err(Fault::Failed { index, code });
    }
    if reply.results.len() != frame.parts.len() {
        return Err(Fault::WrongResults);
    }
    let results = reply.results.into_iter().zip(&frame.parts);
    results.map(|(result, part)| outcome(frame, result, part)).collect()
}

fn outcome(frame: &AskFrame, result: MultiResult, part: &Part) -> Result<MultiOutcome, Fault> {
    match (part.operation, result) {
        (Check::NAME, MultiResult::Check(())) => Ok(MultiOutcome::Checked),
        (Delete::NAME, MultiResult::Delete(())) => Ok(MultiOutcome::Deleted),
        (SetData::NAME, MultiResult::SetData(reply)) => Ok(MultiOutcome::DataSet(reply.stat)),
        (Create::NAME, MultiResult::Create(reply)) => {
            let path = frame.chroot.to_client(&reply.path);
            Ok(MultiOutcome::Created(Created { path, stat: None }))
        }
        (Create::NAME, MultiResult::Create2(reply)) => {
            let path = frame.chroot.to_client(&reply.path);
            Ok(MultiOutcome::Created(Created { path, stat: Some(reply.stat) }))
        }
        _ => Err(Fault::WrongResults),
    }
}
