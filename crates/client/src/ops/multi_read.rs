//! multiRead: several reads in one request, each with its own outcome.

use bytes::Bytes;
use zookit_proto::ops::get_children::{GetChildren, GetChildrenRequest};
use zookit_proto::ops::get_data::{GetData, GetDataRequest};
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::ops::multi_read::MultiRead as Wire;
use zookit_proto::wire::decode;
use zookit_proto::{Class, Operation, Text};

use super::Call;
use crate::answer::{Answer, AskFrame, Fault, Part};
use crate::client::Client;
use crate::data::NodeData;
use crate::error::{About, ArgumentError, Error};

/// Reads to be executed by one request.
///
/// ```
/// use zookit_client::MultiRead;
/// let reads = MultiRead::new().get_data("/a").get_data("/b").get_child_names("/");
/// assert_eq!(reads.len(), 3);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "reads do nothing until they are given to `multi_read`"]
pub struct MultiRead {
    reads: Vec<Read>,
}

#[derive(Debug, Clone)]
enum Read {
    Data(String),
    ChildNames(String),
}

/// What one read of a [`MultiRead`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultiReadOutcome {
    /// Data and stat.
    Data(NodeData),
    /// The names of the children, in no order.
    ChildNames(Vec<String>),
}

impl MultiRead {
    /// One without reads.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Client::get_data`].
    pub fn get_data(self, path: &str) -> Self {
        self.with(Read::Data(path.to_owned()))
    }

    /// As [`Client::get_child_names`].
    pub fn get_child_names(self, path: &str) -> Self {
        self.with(Read::ChildNames(path.to_owned()))
    }

    fn with(mut self, read: Read) -> Self {
        self.reads.push(read);
        self
    }

    /// How many reads it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reads.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty()
    }
}

impl Read {
    fn part(&self) -> Part {
        let (operation, path) = match self {
            Self::Data(path) => (GetData::NAME, path),
            Self::ChildNames(path) => (GetChildren::NAME, path),
        };
        Part { operation, path: path.as_str().into() }
    }

    fn to_wire(&self, client: &Client) -> Result<MultiOp, ArgumentError> {
        Ok(match self {
            Self::Data(path) => {
                MultiOp::GetData(GetDataRequest { path: client.server_path(path)?, watch: false })
            }
            Self::ChildNames(path) => {
                let path = client.server_path(path)?;
                MultiOp::GetChildren(GetChildrenRequest { path, watch: false })
            }
        })
    }
}

impl Client {
    /// Executes several reads by one request, at one moment of the server: no write of anyone is
    /// executed between them. Answers a result for each, in their order.
    ///
    /// # Errors
    /// Each read that is refused has its error in its place: `NoNode`, or `NoAuth` without READ
    /// permission. The request itself is *refused* with `Unimplemented` by servers before 3.6,
    /// which close the connection behind it, and *not sent* if an argument of any of them cannot
    /// be right.
    ///
    /// # If no reply comes
    /// Reads have no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the request if it has not left yet.
    ///
    /// # Ordering
    /// As [`exists`](Self::exists).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, MultiRead, MultiReadOutcome};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let reads = MultiRead::new().get_data("/a").get_child_names("/b");
    /// for outcome in client.multi_read(reads).await? {
    ///     match outcome {
    ///         Ok(MultiReadOutcome::Data(node)) => println!("{:?}", node.data),
    ///         Ok(MultiReadOutcome::ChildNames(names)) => println!("{names:?}"),
    ///         Err(error) => println!("{error}"),
    ///     }
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "multi")]
    #[doc(alias = "MultiRead")]
    #[doc(alias = "multiRead")]
    pub fn multi_read(&self, reads: MultiRead) -> Answer<Vec<Result<MultiReadOutcome, Error>>> {
        let parts: Vec<Part> = reads.reads.iter().map(Read::part).collect();
        let ops = reads.reads.iter().enumerate().map(|(index, read)| {
            read.to_wire(self).map_err(|error| ArgumentError::InTransaction {
                index,
                operation: parts[index].operation,
                path: parts[index].path.to_string(),
                error: Box::new(error),
            })
        });
        let body = ops.collect::<Result<_, _>>().map(|ops| MultiRequest { ops });
        let call = Call::new::<Wire>(Wire::NAME, None, outcomes).parts(parts);
        self.submit::<Wire, _>(call, body)
    }
}

/// The outcomes, if they are those of the reads that were asked for.
fn outcomes(
    frame: &mut AskFrame,
    body: Bytes,
) -> Result<Vec<Result<MultiReadOutcome, Error>>, Fault> {
    let reply: MultiReply = decode("MultiReply", body)?;
    if reply.results.len() != frame.parts.len() {
        return Err(Fault::WrongResults);
    }
    let results = reply.results.into_iter().zip(&frame.parts);
    results.map(|(result, part)| outcome(frame, result, part)).collect()
}

fn outcome(
    frame: &AskFrame,
    result: MultiResult,
    part: &Part,
) -> Result<Result<MultiReadOutcome, Error>, Fault> {
    match (part.operation, result) {
        (GetData::NAME, MultiResult::GetData(reply)) => {
            let node = NodeData { data: reply.data, stat: reply.stat };
            Ok(Ok(MultiReadOutcome::Data(node)))
        }
        (GetChildren::NAME, MultiResult::GetChildren(reply)) => {
            let names = reply.children.into_iter().map(Text::into).collect();
            Ok(Ok(MultiReadOutcome::ChildNames(names)))
        }
        (operation, result) if !result.err().is_ok() => {
            let about = About { operation, path: Some(part.path.clone()), class: Class::Read };
            Ok(Err(Error::refused(about, None, result.err(), frame.zxid, None)))
        }
        _ => Err(Fault::WrongResults),
    }
}
