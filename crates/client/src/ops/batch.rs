//! Many requests, one call, one future.

use std::fmt;
use std::future::Future;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{mem, vec};

use bytes::{Bytes, BytesMut};
use zookit_proto::types::Acl;
use zookit_proto::{OpCode, Operation, Stat, Xid, frame};
use zookit_session::{Endpoint, NotSent, Outcome, Outcomes as RepliesIter, Ticket};

use super::{Call, CreateOptions, Destination, MultiOutcome, Transaction, too_large};
use crate::answer::{Ask, AskFrame};
use crate::client::Client;
use crate::data::{Children, Created, Data, NodeAcl, NodeData, Version};
use crate::error::Error;
use crate::shared::{BatchEndings, Completion, Ending, Run, Shared, Taken};

/// Requests collected to be submitted together; see [`Client::batch`].
///
/// `T` is what each of them answers: with requests of one kind the value of that kind, and
/// [`BatchValue`], or any type of one's own that the values turn into, with several kinds.
#[must_use = "a batch does nothing until it is submitted"]
pub struct Batch<T> {
    client: Client,
    collected: Collected<T>,
}

impl Client {
    /// Collects requests, to submit them in one go and to wait for all of them with one future:
    /// what each of them costs beside its bytes is then paid once.
    ///
    /// It is no transaction: each request ends in its own way, and those of others may be executed
    /// between them. [`multi`](Self::multi) is one.
    ///
    /// # Examples
    /// Of one kind:
    /// ```
    /// # use zookit_client::{Client, NodeData};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mut batch = client.batch::<NodeData>();
    /// for name in client.get_child_names("/members").await? {
    ///     batch.get_data(&format!("/members/{name}"));
    /// }
    /// for node in batch.submit().await {
    ///     println!("{:?}", node?.data);
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    /// Of several kinds:
    /// ```
    /// # use zookit_client::{BatchValue, Client, Version};
    /// # async fn f(client: Client) {
    /// let mut batch = client.batch::<BatchValue>();
    /// batch.set_data("/a", "1", Version::Any).exists("/b").delete("/c", Version::Any);
    /// println!("{:?}", batch.submit().await);
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "pipeline")]
    pub fn batch<T>(&self) -> Batch<T> {
        Batch { client: self.clone(), collected: Collected::default() }
    }
}

/// The methods that collect a request, for this batch and the blocking one.
macro_rules! for_each_collected {
    ($then:ident) => {
        $then! {
            /// As [`Client::create`].
            create(path: &str, data: impl Into<Data>, options: impl Into<CreateOptions>) -> Created,
                ask_create(path, data.into(), options.into());
            /// As [`Client::delete`].
            delete(path: &str, version: Version) -> (), ask_delete(path, version);
            /// As [`Client::exists`].
            exists(path: &str) -> Option<Stat>, ask_exists(path);
            /// As [`Client::get_data`].
            get_data(path: &str) -> NodeData, ask_get_data(path);
            /// As [`Client::set_data`].
            set_data(path: &str, data: impl Into<Data>, version: Version) -> Stat,
                ask_set_data(path, data.into(), version);
            /// As [`Client::get_children`].
            get_children(path: &str) -> Children, ask_get_children(path);
            /// As [`Client::get_child_names`].
            get_child_names(path: &str) -> Vec<String>, ask_get_child_names(path);
            /// As [`Client::get_acl`].
            get_acl(path: &str) -> NodeAcl, ask_get_acl(path);
            /// As [`Client::set_acl`].
            set_acl(path: &str, acl: Vec<Acl>, version: Version) -> Stat,
                ask_set_acl(path, acl, version);
            /// As [`Client::sync`].
            sync(path: &str) -> (), ask_sync(path);
            /// As [`Client::multi`].
            multi(transaction: Transaction) -> Vec<MultiOutcome>, ask_multi(transaction);
        }
    };
}
pub(crate) use for_each_collected;

macro_rules! collect {
    ($( $(#[$meta:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $value:ty,
        $ask:ident($($passed:expr),*); )*) => {
        impl<T> Batch<T> {
            $(
                $(#[$meta])*
                pub fn $name(&mut self, $($argument: $kind),*) -> &mut Self
                where
                    T: From<$value>,
                {
                    self.client.$ask(&mut self.collected, $($passed),*);
                    self
                }
            )*
        }
    };
}

for_each_collected!(collect);

impl<T> Batch<T> {
    /// How many requests it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.collected.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.collected.len == 0
    }

    /// Submits all of them, in their order and with nothing of this client's between them. The
    /// future answers when the last of them has ended: a result for each, in their order.
    ///
    /// # Errors
    /// Each result is what the request's own method would have answered. Those past the bound on
    /// requests end *not sent*, and all behind them too; [`reserve`](Client::reserve) makes room
    /// for all of them beforehand.
    ///
    /// # If no reply comes
    /// Each result says it for its own request.
    ///
    /// # Cancel safety
    /// Submitted when called: dropping the future takes no write back, and skips the reads that
    /// have not left yet.
    ///
    /// # Ordering
    /// As if their methods had been called one after the other.
    ///
    /// # Examples
    /// See [`Client::batch`].
    pub fn submit(&mut self) -> BatchAnswer<T> {
        let Collected { frames, mut groups, wrong, len } = mem::take(&mut self.collected);
        let client = &self.client;
        let mut rest = frames.freeze();
        let runs = groups.iter_mut().map(|group| {
            group.frames = rest.split_to(group.bytes);
            let (frames, pinned) = (group.frames.clone(), client.pinned);
            let deadline = client.deadline;
            Run { opcode: group.opcode, count: group.count, frames, deadline, pinned }
        });
        let shared = Arc::clone(&client.handle.shared);
        let taken = shared.submit_batch(runs, client.reservation.as_deref());
        BatchAnswer { shared, taken: Some(taken), groups, wrong, len }
    }
}

/// What a batch has collected.
struct Collected<T> {
    /// The frames of its requests, one behind the other.
    frames: BytesMut,
    groups: Vec<Group<T>>,
    /// What is wrong with the arguments of others, by their places among all.
    wrong: Vec<(usize, Error)>,
    len: usize,
}

/// Requests for one operation, with nothing between them.
struct Group<T> {
    opcode: OpCode,
    count: u32,
    /// Of their frames.
    bytes: usize,
    /// Their frames, once the batch is submitted.
    frames: Bytes,
    /// The place of the first among all.
    place: usize,
    /// The same for each of them, but for the path.
    ask: Ask<T>,
}

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Self { frames: BytesMut::new(), groups: Vec::new(), wrong: Vec::new(), len: 0 }
    }
}

impl<T> Destination<T> for &mut Collected<T> {
    type Receipt = ();

    fn take<O: Operation>(
        self,
        client: &Client,
        call: Call<'_, T>,
        write: impl FnOnce(&mut BytesMut),
    ) {
        let begin = self.frames.len();
        let limit = client.handle.max_request;
        let appended =
            frame::append_request(&mut self.frames, Xid::default(), O::NUMBER, limit, write);
        if let Err(error) = appended {
            return self.fail(Error::argument(call.about(), too_large(error)));
        }
        let bytes = self.frames.len() - begin;
        let place = self.len;
        self.len += 1;
        let opcode = OpCode::from_number(O::NUMBER);
        match self.groups.last_mut() {
            // What else the call has follows from the operation, but for the parts of a multi.
            Some(group) if group.ends_at(place, opcode) && call.rest.parts.is_empty() => {
                group.count += 1;
                group.bytes += bytes;
            }
            _ => {
                let ask = call.into_ask(client);
                let (count, frames) = (1, Bytes::new());
                self.groups.push(Group { opcode, count, bytes, frames, place, ask });
            }
        }
    }

    fn fail(self, error: Error) {
        self.wrong.push((self.len, error));
        self.len += 1;
    }
}

impl<T> Group<T> {
    /// Whether a request for this operation at this place belongs to it.
    fn ends_at(&self, place: usize, opcode: OpCode) -> bool {
        self.opcode == opcode
            && self.place + self.count as usize == place
            && self.ask.frame.parts.is_empty()
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The replies to come of a [`Batch`].
#[must_use = "the requests are on their way in any case, but only the future tells what became of \
              them"]
pub struct BatchAnswer<T> {
    shared: Arc<Shared>,
    /// What of it was submitted; `None` once the future has resolved.
    taken: Option<Taken>,
    groups: Vec<Group<T>>,
    wrong: Vec<(usize, Error)>,
    len: usize,
}

/// No part of it is ever pinned.
impl<T> Unpin for BatchAnswer<T> {}

impl<T> Future for BatchAnswer<T> {
    type Output = Vec<Result<T, Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let taken = this.taken.as_ref().expect("an answer was polled after it had resolved");
        let endings = if taken.count == 0 {
            BatchEndings::default()
        } else {
            match this.shared.poll_batch(taken.first, context) {
                Poll::Ready(endings) => endings,
                Poll::Pending => return Poll::Pending,
            }
        };
        let outcomes = this.taken.take().map(|taken| Outcomes::new(taken, endings));
        Poll::Ready(outcomes.map_or_else(Vec::new, |outcomes| this.resolve(outcomes)))
    }
}

impl<T> Drop for BatchAnswer<T> {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.as_ref().filter(|taken| taken.count > 0) {
            self.shared.abandon_batch(taken.first, taken.count);
        }
    }
}

impl<T> BatchAnswer<T> {
    fn resolve(&mut self, mut outcomes: Outcomes) -> Vec<Result<T, Error>> {
        let mut results = Vec::with_capacity(self.len);
        let mut wrong = mem::take(&mut self.wrong).into_iter().peekable();
        for group in &mut self.groups {
            while wrong.peek().is_some_and(|(place, _)| *place < group.place) {
                results.extend(wrong.next().map(|(_, error)| Err(error)));
            }
            let mut begin = 0;
            for _ in 0..group.count {
                let end = begin + frame::length(&group.frames[begin..]);
                // Only an error needs its path.
                let request = |frame: &mut AskFrame| {
                    frame.request = Some(group.frames.slice(begin..end));
                };
                results.push(group.ask.resolve_with(outcomes.next(), &self.shared, request));
                begin = end;
            }
        }
        results.extend(wrong.map(|(_, error)| Err(error)));
        results
    }
}

/// How each request of a batch ended, in their order.
struct Outcomes {
    /// Of the next request.
    ticket: u64,
    /// The ticket behind the last one that was submitted.
    end: u64,
    /// Why those from there on were not.
    refused: NotSent,
    /// Why those were not sent that nothing is known about.
    over: NotSent,
    /// In the order of tickets.
    endings: Peekable<vec::IntoIter<Ending>>,
    /// Replies that are being told apart, and whose they are.
    replies: Option<(RepliesIter, Option<Arc<Endpoint>>)>,
}

impl Outcomes {
    fn new(taken: Taken, endings: BatchEndings) -> Self {
        let Taken { first: Ticket(ticket), count, refused } = taken;
        let BatchEndings { mut endings, over } = endings;
        endings.sort_by_key(Ending::first);
        let (end, refused) = (ticket + count, refused.unwrap_or(NotSent::QueueFull));
        let over = over.unwrap_or(NotSent::Closed);
        Self { ticket, end, refused, over, endings: endings.into_iter().peekable(), replies: None }
    }

    fn next(&mut self) -> Completion {
        let ticket = Ticket(self.ticket);
        self.ticket += 1;
        if let Some((replies, server)) = &mut self.replies {
            if let Some((_, outcome)) = replies.next() {
                let refused = matches!(outcome, Outcome::Refused { .. });
                let server = if refused { server.clone() } else { None };
                return Completion { outcome, server };
            }
            self.replies = None;
        }
        match self.endings.next_if(|ending| ending.first() == ticket) {
            Some(Ending::Completed(_, completion)) => completion,
            Some(Ending::Replied(replies, server)) => {
                self.replies = Some((replies.outcomes(), server));
                self.ticket -= 1;
                self.next()
            }
            None => {
                let reason = if ticket.0 < self.end { self.over } else { self.refused };
                Completion { outcome: Outcome::NotSent(reason), server: None }
            }
        }
    }
}

impl<T> fmt::Debug for BatchAnswer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchAnswer").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The value of a request in a [`Batch`] of several kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchValue {
    /// Of delete and sync: done.
    Done,
    /// Of create.
    Created(Created),
    /// Of exists.
    Exists(Option<Stat>),
    /// Of get_data.
    Data(NodeData),
    /// Of set_data and set_acl.
    Stat(Stat),
    /// Of get_children.
    Children(Children),
    /// Of get_child_names.
    Names(Vec<String>),
    /// Of get_acl.
    Acl(NodeAcl),
    /// Of multi.
    Outcomes(Vec<MultiOutcome>),
}

impl From<()> for BatchValue {
    fn from((): ()) -> Self {
        Self::Done
    }
}

macro_rules! batch_value_from {
    ($($value:ty => $variant:ident,)*) => { $(
        impl From<$value> for BatchValue {
            fn from(value: $value) -> Self {
                Self::$variant(value)
            }
        }
    )* };
}

batch_value_from! {
    Created => Created,
    Option<Stat> => Exists,
    NodeData => Data,
    Stat => Stat,
    Children => Children,
    Vec<String> => Names,
    NodeAcl => Acl,
    Vec<MultiOutcome> => Outcomes,
}
