//! Lists of paths that are encoded as they grow: what setWatches and setWatches2 are made of when
//! there are very many watches to be set again.

use bytes::{BufMut, BytesMut};

use crate::types::Zxid;
use crate::wire::Field;

/// The wire form of a vector of paths, built path by path; no [`Text`](crate::Text) is made.
///
/// Emptied by [`clear`](Self::clear) it keeps its memory, for the next request.
#[derive(Debug, Default)]
pub struct PathList {
    count: usize,
    encoded: Vec<u8>,
}

impl PathList {
    /// Appends the wire form of a path: its length in four bytes, and its bytes.
    pub fn encode_path(path: &[u8], out: &mut Vec<u8>) {
        // A path longer than that is over any limit of a frame.
        out.put_i32(i32::try_from(path.len()).unwrap_or(i32::MAX));
        out.extend_from_slice(path);
    }

    /// Appends so many paths, which [`encode_path`](Self::encode_path) has encoded one behind the
    /// other.
    pub fn push_encoded(&mut self, paths: &[u8], count: usize) {
        self.encoded.extend_from_slice(paths);
        self.count = self.count.saturating_add(count);
    }

    /// Whether no path is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes all paths out.
    pub fn clear(&mut self) {
        self.count = 0;
        self.encoded.clear();
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_i32(i32::try_from(self.count).unwrap_or(i32::MAX));
        out.extend_from_slice(&self.encoded);
    }
}

/// Appends the body of a setWatches or setWatches2: the zxid, and its lists in the order of the
/// record.
pub fn write_set_watches(relative_zxid: Zxid, lists: &[&PathList], out: &mut BytesMut) {
    let bytes = lists.iter().map(|list| list.encoded.len().saturating_add(4));
    out.reserve(bytes.fold(8, usize::saturating_add));
    relative_zxid.write(out);
    for list in lists {
        list.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;
    use crate::ops::Operation as _;
    use crate::ops::set_watches::SetWatches;
    use crate::ops::set_watches2::SetWatches2;
    use crate::wire;

    fn list(paths: &[Text]) -> PathList {
        let mut list = PathList::default();
        let mut encoded = Vec::new();
        for path in paths {
            PathList::encode_path(path, &mut encoded);
        }
        list.push_encoded(&encoded, paths.len());
        assert_eq!(list.is_empty(), paths.is_empty());
        list
    }

    fn body(zxid: Zxid, lists: &[&[Text]]) -> BytesMut {
        let lists: Vec<_> = lists.iter().map(|paths| list(paths)).collect();
        let mut out = BytesMut::new();
        write_set_watches(zxid, &lists.iter().collect::<Vec<_>>(), &mut out);
        out
    }

    #[test]
    fn lists_give_the_bytes_of_the_record() {
        for record in SetWatches::request_samples() {
            let lists = [&record.data_watches, &record.exist_watches, &record.child_watches];
            let written = body(record.relative_zxid, &lists.map(|list| &list[..]));
            assert_eq!(written, wire::encode(&record));
        }
        for record in SetWatches2::request_samples() {
            let lists = [
                &record.data_watches,
                &record.exist_watches,
                &record.child_watches,
                &record.persistent_watches,
                &record.persistent_recursive_watches,
            ];
            let written = body(record.relative_zxid, &lists.map(|list| &list[..]));
            assert_eq!(written, wire::encode(&record));
        }
    }

    #[test]
    fn a_list_that_was_cleared_is_empty() {
        let mut list = list(&["/a".into(), "/b".into()]);
        list.clear();
        assert!(list.is_empty());
        let mut out = BytesMut::new();
        list.write(&mut out);
        assert_eq!(out, [0; 4][..]);
    }
}
