//! What several locks are made of.

use std::ops::Deref;

use zookit_client::Client;

use crate::lock::mutex::{Mutex, MutexGuard};
use crate::lock::read_write::{ReadGuard, ReadWriteLock, WriteGuard};
use crate::lock::semaphore::{Lease, Semaphore};
use crate::{Claim, Error};

/// One of the locks that are taken as one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Part {
    /// A lock with one holder.
    Mutex(Mutex),
    /// A lock, for reading.
    Read(ReadWriteLock),
    /// A lock, for writing.
    Write(ReadWriteLock),
    /// A lease of a semaphore.
    Lease(Semaphore),
}

impl From<Mutex> for Part {
    fn from(lock: Mutex) -> Self {
        Self::Mutex(lock)
    }
}

impl From<Semaphore> for Part {
    fn from(semaphore: Semaphore) -> Self {
        Self::Lease(semaphore)
    }
}

impl Part {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Mutex(lock) => lock.path(),
            Self::Read(lock) | Self::Write(lock) => lock.path(),
            Self::Lease(semaphore) => semaphore.path(),
        }
    }

    const fn sharing(&self) -> Sharing {
        match self {
            Self::Mutex(_) | Self::Write(_) => Sharing::Alone,
            Self::Read(_) => Sharing::WithReaders,
            Self::Lease(_) => Sharing::Lease,
        }
    }

    pub(super) async fn acquire(&self, client: &Client) -> Result<Held, Error> {
        Ok(match self {
            Self::Mutex(lock) => Held::Mutex(lock.by(client).acquire().await?),
            Self::Read(lock) => Held::Read(lock.by(client).read().await?),
            Self::Write(lock) => Held::Write(lock.by(client).write().await?),
            Self::Lease(semaphore) => Held::Lease(semaphore.by(client).acquire().await?),
        })
    }

    pub(super) async fn try_acquire(&self, client: &Client) -> Result<Option<Held>, Error> {
        Ok(match self {
            Self::Mutex(lock) => lock.by(client).try_acquire().await?.map(Held::Mutex),
            Self::Read(lock) => lock.by(client).try_read().await?.map(Held::Read),
            Self::Write(lock) => lock.by(client).try_write().await?.map(Held::Write),
            Self::Lease(semaphore) => semaphore.by(client).try_acquire().await?.map(Held::Lease),
        })
    }
}

/// Whether a path can be had twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    WithReaders,
    /// Has a queue of its own, also at the path of a lock. One by one, leases would be waited for
    /// with some of them held; that is what asking for several at once is for.
    Lease,
}

/// The first path that is asked for twice and cannot be had twice.
pub(super) fn asked_twice(parts: &[Part]) -> Option<&str> {
    let asked: Vec<_> = parts.iter().map(|part| (part.path(), part.sharing())).collect();
    twice(&asked)
}

fn twice<'a>(asked: &[(&'a str, Sharing)]) -> Option<&'a str> {
    use Sharing::{Lease, WithReaders};
    let excludes = |(path, one): (&str, Sharing), (other_path, other): (&str, Sharing)| {
        let harmless = matches!((one, other), (WithReaders, WithReaders))
            || (one == Lease) != (other == Lease);
        path == other_path && !harmless
    };
    let mut places = asked.iter().enumerate();
    let earlier = |(at, part): &(usize, &(&'a str, Sharing))| {
        asked[..*at].iter().any(|one| excludes(*one, **part))
    };
    places.find(earlier).map(|(_, (path, _))| *path)
}

/// The guard of a part.
#[derive(Debug)]
pub(super) enum Held {
    Mutex(MutexGuard),
    Read(ReadGuard),
    Write(WriteGuard),
    Lease(Lease),
}

impl Held {
    pub(super) async fn release(self) -> Result<(), Error> {
        match self {
            Self::Mutex(guard) => guard.release().await,
            Self::Read(guard) => guard.release().await,
            Self::Write(guard) => guard.release().await,
            Self::Lease(lease) => lease.release().await,
        }
    }
}

impl Deref for Held {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        match self {
            Self::Mutex(guard) => guard,
            Self::Read(guard) => guard,
            Self::Write(guard) => guard,
            Self::Lease(lease) => lease,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sharing::{Alone, Lease, WithReaders};
    use super::twice;

    #[test]
    fn what_would_wait_for_itself_is_found() {
        for (asked, found) in [
            (&[][..], None),
            (&[("/a", Alone), ("/b", Alone)], None),
            (&[("/a", Alone), ("/b", Alone), ("/a", Alone)], Some("/a")),
            (&[("/a", WithReaders), ("/a", Alone)], Some("/a")),
            (&[("/a", Alone), ("/a", WithReaders)], Some("/a")),
            (&[("/a", WithReaders), ("/a", WithReaders)], None),
            (&[("/a", Lease), ("/a", Lease)], Some("/a")),
            (&[("/a", Lease), ("/a", Alone), ("/a", WithReaders)], Some("/a")),
            (&[("/a", Lease), ("/a", Alone), ("/b", Lease)], None),
        ] {
            assert_eq!(twice(asked), found, "{asked:?}");
        }
    }
}
