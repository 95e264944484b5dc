//! The fence, and reads behind it.

use zookit_proto::ops::multi::{Multi, MultiReply, MultiRequest};
use zookit_proto::wire::decode;
use zookit_proto::{Operation, Zxid};

use super::Call;
use crate::answer::{Answer, Fault};
use crate::client::Client;
use crate::error::Error;

/// How often a read that must be linearizable is tried, each time on another connection.
const MOST_FENCES: u32 = 4;

impl Client {
    /// An empty transaction: it changes nothing, takes a transaction number, and goes through the
    /// quorum like any write. Answers its number.
    ///
    /// What was written before it, by anyone and acknowledged to anyone, is seen by every read
    /// that this client submits behind it. And what was lost with a connection is decided: once a
    /// fence on a later connection of the same session is answered, an earlier write of it has
    /// been applied or never will be. That is more than [`sync`](Self::sync) promises, and costs
    /// what a write costs.
    ///
    /// # Errors
    /// *Refused* with `NotReadOnly` by a server that only reads.
    ///
    /// # If no reply comes
    /// It changes nothing in any case: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back, and there is nothing to take back.
    ///
    /// # Ordering
    /// As a write: behind the writes of this client submitted before, and not sent after one of
    /// them was lost with the connection.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Version};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// if let Err(error) = client.delete("/job", Version::Any).await {
    ///     if !error.may_have_applied() {
    ///         return Err(error);
    ///     }
    ///     client.wait_connected().await?;
    ///     client.fence().await?;
    ///     // What this answers will not be changed by the delete any more.
    ///     println!("still there: {}", client.exists("/job").await?.is_some());
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "multi")]
    #[doc(alias = "barrier")]
    pub fn fence(&self) -> Answer<Zxid> {
        let call = Call::new::<Multi>(Multi::NAME, None, |frame, body| {
            let reply: MultiReply = decode("MultiReply", body)?;
            if reply.results.is_empty() { Ok(frame.zxid) } else { Err(Fault::WrongResults) }
        });
        // Without a reply nothing is in doubt.
        self.submit::<Multi, _>(call.without_effect(), Ok(MultiRequest::default()))
    }

    /// A read that is linearizable: it shows everything that anyone had been told was written when
    /// this future was first polled. It is a [`fence`](Self::fence) and the read, in one flight.
    ///
    /// Nothing is sent before the future is polled. Should the connection be lost both are tried
    /// again, up to three times.
    ///
    /// # Errors
    /// Those of the fence and those of the read.
    ///
    /// # If no reply comes
    /// Neither has an effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Ordering
    /// Behind the writes of this client submitted before it was first polled.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// let node = client.linearizable_read(|client| client.get_data("/leader")).await?;
    /// println!("{:?}", node.data);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "sync")]
    pub async fn linearizable_read<T, F>(&self, read: impl Fn(&Self) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut tried = 1;
        loop {
            let (fence, answer) = (self.fence(), read(self));
            match fence.await {
                Ok(_) => return answer.await,
                Err(error) if tried < MOST_FENCES && error.is_transient() => tried += 1,
                Err(error) => return Err(error),
            }
            drop(answer);
            self.wait_connected().await?;
        }
    }
}
