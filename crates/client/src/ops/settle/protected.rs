//! Protected create: the name carries an id, by which the znode is found again.

use zookit_proto::mutant::{self, Mutant};

use super::MOST_ATTEMPTS;
use crate::client::Client;
use crate::data::{Created, Data};
use crate::error::Error;
use crate::ops::CreateOptions;

/// What the names of protected znodes begin with; Curator's own.
const MARK: &str = "_c_";

impl Client {
    /// As [`create`](Self::create), and finds out by itself what became of it if the reply is lost:
    /// the name is made to begin with `_c_`, an id that is used once, and `-`, and behind a
    /// [`fence`](Self::fence) a znode with that name is looked for. If there is none, it is created
    /// again.
    ///
    /// It is for the sequential modes above all: the znode of a lost ephemeral sequential create
    /// would stand in the queue of a lock, with nobody knowing whose it is. It serves all others
    /// too. The names are Curator's: clients of both kinds can stand in the same queue.
    ///
    /// An ephemeral znode belongs to the session in which this future was first polled, and is
    /// never created in another.
    ///
    /// # Errors
    /// As [`create`](Self::create). *No reply* if it was lost and could not be looked for either:
    /// no connection within the deadlines, or no READ permission on the parent. The error's
    /// [`path`](Error::path) has the id.
    ///
    /// # If no reply comes
    /// It is looked for; see above. What expires with its session is lost for good.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back, and the path is then known to nobody: an ephemeral
    /// znode goes with the session, another one stays. Rather spawn the future and await the task.
    ///
    /// # Ordering
    /// As [`create`](Self::create), from when the future is first polled; if it is created again,
    /// behind what was submitted meanwhile.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mode = CreateMode::EphemeralSequential;
    /// let mine = client.create_protected("/lock/lock-", (), mode).await?;
    /// // /lock/_c_0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10-lock-0000000007
    /// println!("in the queue as {}", mine.path);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "CreateProtectedEphemeralSequential")]
    #[doc(alias = "withProtection")]
    #[doc(alias = "withProtectedEphemeralSequential")]
    pub async fn create_protected(
        &self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Result<Created, Error> {
        let (data, options) = (data.into(), options.into());
        let client = if options.mode.is_ephemeral() { self.session() } else { self.clone() };
        let path = protect(path, &self.unique_id());
        let mut attempt = 1;
        loop {
            let error = match client.create(&path, data.clone(), options.clone()).await {
                Err(error) if error.may_have_applied() => error,
                done => return done,
            };
            let unseen = mutant::on(Mutant::ProtectedCreateNotLookedFor);
            let found =
                if unseen { Ok(None) } else { client.find_unique(&path, options.mode).await };
            match found {
                Ok(Some(created)) => return Ok(created),
                Ok(None) if attempt < MOST_ATTEMPTS => attempt += 1,
                Ok(None) | Err(_) => return Err(error),
            }
        }
    }
}

/// The same path with a name that can be found again. What is no path stays none.
fn protect(path: &str, id: &str) -> String {
    match path.rsplit_once('/') {
        Some((parent, name)) => format!("{parent}/{MARK}{id}-{name}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_before_the_name() {
        assert_eq!(protect("/lock/lock-", "7"), "/lock/_c_7-lock-");
        assert_eq!(protect("/a", "7"), "/_c_7-a");
        assert_eq!(protect("/lock/", "7"), "/lock/_c_7-");
        assert_eq!(protect("no path", "7"), "no path");
    }
}
