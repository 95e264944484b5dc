//! What there probably is.

use std::collections::BTreeMap;

use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::multi::MultiOp;
use zookit_proto::types::CreateMode;
use zookit_proto::{Request, Text};

use crate::script::SLOTS;

/// A guess at the tree and at the sessions.
#[derive(Default)]
pub(super) struct Model {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) connected: [bool; SLOTS],
    /// Its session was closed, or has expired.
    pub(super) ended: [bool; SLOTS],
}

#[derive(Default)]
pub(super) struct Node {
    pub(super) version: i32,
    pub(super) aversion: i32,
    /// How many children it ever had.
    children: i32,
    /// The slot of its session.
    owner: Option<usize>,
}

impl Model {
    /// A request was made; it probably succeeded.
    pub(super) fn note(&mut self, slot: usize, request: &Request) {
        match request {
            Request::Create(create)
            | Request::Create2(create)
            | Request::CreateContainer(create) => {
                self.create(slot, create);
            }
            Request::CreateTtl(create) => self.add(slot, &create.path, create.mode),
            Request::Delete(delete) => self.delete(&delete.path),
            Request::SetData(set) => self.bump(&set.path, |node| &mut node.version),
            Request::SetAcl(set) => self.bump(&set.path, |node| &mut node.aversion),
            Request::Multi(multi) => multi.ops.iter().for_each(|op| self.note_op(slot, op)),
            Request::CloseSession(()) => {
                self.end(slot);
            }
            _ => {}
        }
    }

    /// The session of a slot is no more.
    pub(super) fn end(&mut self, slot: usize) {
        self.nodes.retain(|_, node| node.owner != Some(slot));
        self.connected[slot] = false;
        self.ended[slot] = true;
    }

    fn note_op(&mut self, slot: usize, op: &MultiOp) {
        match op {
            MultiOp::Create(create)
            | MultiOp::Create2(create)
            | MultiOp::CreateContainer(create) => {
                self.create(slot, create);
            }
            MultiOp::CreateTtl(create) => self.add(slot, &create.path, create.mode),
            MultiOp::Delete(delete) => self.delete(&delete.path),
            MultiOp::SetData(set) => self.bump(&set.path, |node| &mut node.version),
            _ => {}
        }
    }

    fn create(&mut self, slot: usize, create: &CreateRequest) {
        self.add(slot, &create.path, create.mode);
    }

    fn add(&mut self, slot: usize, path: &Text, mode: CreateMode) {
        let mut path = path.to_str().into_owned();
        if !path.starts_with('/') || path.contains("//") {
            return;
        }
        let parent = parent(&path).to_owned();
        if let Some(parent) = self.nodes.get_mut(&parent) {
            if mode.is_sequential() {
                path = format!("{path}{:010}", parent.children);
            }
            parent.children += 1;
        } else if parent != "/" {
            return;
        }
        let owner = mode.is_ephemeral().then_some(slot);
        self.nodes.entry(path).or_insert_with(|| Node { owner, ..Node::default() });
    }

    fn delete(&mut self, path: &Text) {
        let path = path.to_str();
        let below = format!("{path}/");
        if !self.nodes.keys().any(|other| other.starts_with(&below)) {
            self.nodes.remove(&*path);
        }
    }

    fn bump(&mut self, path: &Text, number: impl Fn(&mut Node) -> &mut i32) {
        if let Some(node) = self.nodes.get_mut(&*path.to_str()) {
            *number(node) += 1;
        }
    }
}

/// The path above; `/` is above itself.
pub(super) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => &path[..at],
        _ => "/",
    }
}
