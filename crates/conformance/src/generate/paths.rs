//! Paths and data.

use bytes::Bytes;
use zookit_proto::Text;

use super::Generator;
use super::model::parent;

const NAMES: [&str; 8] = ["a", "b", "x", "y", "p", "q", "...", "\u{e4}"];

/// Paths that are special, or that are none.
const ODD: [&str; 30] = [
    "/",
    "/",
    "",
    "/zookeeper",
    "/zookeeper/quota",
    "/zookeeper/config",
    "foo",
    "foo/bar",
    "/a/",
    "//",
    "/a//b",
    "/a/.",
    "/a/..",
    "/a/./b",
    "/a/../b",
    "/.",
    "/a/\u{1}",
    "/a/\u{7f}",
    "/a/\u{9f}",
    "/a/\0",
    "\0",
    "/a/\u{e000}",
    "/a/\u{f8ff}",
    "/a/\u{fff0}",
    "/a/\u{ffff}",
    "/a/\u{1f600}",
    "/a/.b",
    "/a/ ",
    "/missing/a",
    "/zookeeper/other",
];

/// Roots that keep what they were like from one script to the next.
const SYSTEM: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

impl Generator {
    /// A path that probably is there.
    pub(super) fn existing(&mut self) -> Text {
        match self.model.nodes.len() {
            0 => Text::from("/a"),
            count => {
                let at = self.rng.usize(..count);
                let path = self.model.nodes.keys().nth(at).map_or("/a", String::as_str);
                Text::from(path)
            }
        }
    }

    /// A path that perhaps is not there; its parent probably is.
    pub(super) fn fresh(&mut self) -> Text {
        let parent = if self.percent(20) { Text::new() } else { self.existing() };
        let parent = parent.to_str().into_owned();
        // Deep trees hide what they are about.
        let parent = if parent.matches('/').count() > 3 { "/a" } else { &parent };
        let name = self.one_of(&NAMES);
        Text::from(format!("{parent}/{name}"))
    }

    /// Any path: mostly one that is there.
    pub(super) fn path(&mut self) -> Text {
        match self.rng.u8(..100) {
            0..70 => self.existing(),
            70..92 => self.fresh(),
            _ => Text::from(self.one_of(&ODD)),
        }
    }

    /// A path to create. A sequential one is not below a root that keeps its counter.
    pub(super) fn path_to_create(&mut self, sequential: bool) -> Text {
        let path = match self.rng.u8(..100) {
            0..25 => self.existing(),
            25..93 => self.fresh(),
            _ => Text::from(self.one_of(&ODD)),
        };
        let text = path.to_str().into_owned();
        if !sequential {
            return path;
        }
        let below = SYSTEM.contains(&parent(&text)) || text.starts_with("/zookeeper");
        match (below, self.percent(30)) {
            (true, true) => Text::from("/a/"),
            (true, false) => Text::from("/a/s-"),
            (false, _) => Text::from(format!("{text}-")),
        }
    }

    /// Data: null, empty, or some.
    pub(super) fn data(&mut self) -> Option<Bytes> {
        match self.rng.u8(..10) {
            0 => None,
            1 => Some(Bytes::new()),
            2 => Some(Bytes::from(vec![b'z'; self.rng.usize(20..120)])),
            _ => {
                let length = self.rng.usize(1..9);
                Some((0..length).map(|_| self.rng.u8(b'a'..=b'z')).collect())
            }
        }
    }

    /// Which version to expect of this znode, which probably has the version `now`. That of a
    /// system znode is another on each server, so only what is always right or wrong is expected.
    pub(super) fn version(&mut self, path: &Text, now: i32) -> i32 {
        let path = path.to_str();
        match self.rng.u8(..10) {
            _ if path.is_empty() || SYSTEM.contains(&&*path) => self.one_of(&[-1, -1, -2]),
            0..5 => -1,
            5..8 => now,
            _ => self.one_of(&[0, 1, 2, 99, -2, i32::MAX, i32::MIN]),
        }
    }
}
