//! The chroot: callers' paths on this side, the server's on the other.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{BufMut as _, BytesMut};
use zookit_proto::Text;
use zookit_proto::path::{ROOT, add_chroot, strip_chroot};

/// The znode that a client takes for its root; cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chroot(Option<Arc<str>>);

impl Chroot {
    pub(crate) fn new(chroot: Option<&str>) -> Self {
        Self(chroot.map(Arc::from))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The server's path for a caller's.
    pub(crate) fn to_server(&self, path: &str) -> Text {
        match add_chroot(self.as_str(), path) {
            Cow::Borrowed(path) => Text::from(path),
            Cow::Owned(path) => Text::from(path),
        }
    }

    /// Whether a server's path lies inside.
    pub(crate) fn contains(&self, path: &Text) -> bool {
        strip_chroot(self.as_str(), &path.to_str()).is_some()
    }

    /// Appends the server's path for a caller's, as text of the wire.
    pub(crate) fn write(&self, path: &str, out: &mut BytesMut) {
        let (chroot, path) = match self.as_str() {
            Some(chroot) if path == ROOT => (chroot, ""),
            Some(chroot) => (chroot, path),
            None => ("", path),
        };
        let length = chroot.len() + path.len();
        // A path longer than that is over any limit of a frame.
        out.put_i32(i32::try_from(length).unwrap_or(i32::MAX));
        if !chroot.is_empty() {
            out.put_slice(chroot.as_bytes());
        }
        out.put_slice(path.as_bytes());
    }

    /// The caller's path for a server's. What lies outside the chroot keeps its path: an event of
    /// `/zookeeper/config` reaches every client.
    pub(crate) fn to_client(&self, path: &Text) -> String {
        let path = path.to_str();
        match strip_chroot(self.as_str(), &path) {
            Some(inside) => inside.to_owned(),
            None => path.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_there_and_back() {
        let chroot = Chroot::new(Some("/app"));
        for (ours, theirs) in [("/", "/app"), ("/a", "/app/a")] {
            assert_eq!(chroot.to_server(ours), theirs);
            let mut written = BytesMut::new();
            chroot.write(ours, &mut written);
            assert_eq!(&written[4..], theirs.as_bytes());
            assert_eq!(written[3] as usize, theirs.len());
            assert_eq!(chroot.to_client(&Text::from(theirs)), ours);
        }
        assert_eq!(chroot.to_client(&Text::from("/zookeeper/config")), "/zookeeper/config");
        assert!(chroot.contains(&Text::from("/app/a")) && !chroot.contains(&Text::from("/apple")));
        assert_eq!(Chroot::default().to_client(&Text::from("/a")), "/a");
    }
}
