//! How many leases there are.

use bytes::Bytes;
use zookit_client::{Client, OneShotWatch};

use crate::Error;
use crate::counter::shared_count::SharedCount;

/// How many leases there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Limit {
    /// So many. All clients of one semaphore must say the same.
    Fixed(u32),
    /// As many as the number says that is kept in this znode: Curator's `SharedCount`, a signed
    /// 32-bit number in four bytes, most significant first. Whoever waits sees it change. It is
    /// read here and never written, and must exist.
    Shared(String),
}

impl From<u32> for Limit {
    fn from(limit: u32) -> Self {
        Self::Fixed(limit)
    }
}

/// Read as it is changed by others; it must exist, as it does once anybody has
/// [read](SharedCount::get) it.
///
/// ```
/// # use zookit_client::Client;
/// use zookit_recipes::{Semaphore, SharedCount};
///
/// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let limit = SharedCount::new(&client, "/printers/limit", 3);
/// limit.get().await?;
/// let printers = Semaphore::new(&client, "/printers", &limit);
/// let lease = printers.acquire().await?;
/// limit.set(5).await?;
/// lease.release().await?;
/// # Ok(()) }
/// # zookit_doctest::with_client(f);
/// ```
impl From<&SharedCount> for Limit {
    fn from(limit: &SharedCount) -> Self {
        Self::Shared(limit.path().to_owned())
    }
}

impl Limit {
    /// What it is now.
    pub(super) async fn read(&self, client: &Client) -> Result<i32, Error> {
        match self {
            Self::Fixed(limit) => Ok(saturated(*limit)),
            Self::Shared(path) => number(path, client.get_data(path).await?.data),
        }
    }

    /// What it is now, and what tells when it changes, if it ever does.
    pub(super) async fn read_and_watch(
        &self,
        client: &Client,
    ) -> Result<(i32, Option<OneShotWatch>), Error> {
        match self {
            Self::Fixed(limit) => Ok((saturated(*limit), None)),
            Self::Shared(path) => {
                let (node, watch) = client.get_data_and_watch(path).await?;
                Ok((number(path, node.data)?, Some(watch)))
            }
        }
    }
}

fn saturated(limit: u32) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

/// As Curator's `SharedCount` keeps it.
fn number(path: &str, data: Option<Bytes>) -> Result<i32, Error> {
    let data = data.unwrap_or_default();
    let bytes = <[u8; 4]>::try_from(&data[..]);
    bytes.map(i32::from_be_bytes).map_err(|_| Error::Malformed {
        path: path.into(),
        expected: "number of four bytes",
        found: format!("{} bytes", data.len()).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_curator_writes_it() {
        let read = |bytes: &'static [u8]| number("/limit", Some(Bytes::from_static(bytes)));
        assert_eq!(read(&[0, 0, 0, 3]).unwrap(), 3);
        assert_eq!(read(&[0, 1, 0, 0]).unwrap(), 65_536);
        assert_eq!(read(&[255, 255, 255, 255]).unwrap(), -1);
        for wrong in [&b""[..], b"3", b"\0\0\0\0\0\0\0\x03"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("/limit") && error.contains("four bytes"), "{error}");
        }
        assert!(number("/limit", None).is_err());
    }
}
