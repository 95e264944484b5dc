//! multiRead (22): several reads in one request, each with its own outcome; from 3.6.
//!
//! Apache ZooKeeper takes getData and getChildren and drops their watch flags; ClickHouse Keeper
//! takes exists and getChildren2 too.
//! A write among them is answered by `MarshallingError`, with a body nonetheless.

use super::multi::{MultiReply, MultiRequest};
use super::{Class, Operation};

/// The operation.
#[derive(Debug)]
pub enum MultiRead {}

impl Operation for MultiRead {
    const NUMBER: i32 = 22;
    const NAME: &'static str = "multiRead";
    const CLASS: Class = Class::Read;
    type Request = MultiRequest;
    type Reply = MultiReply;

    fn request_samples() -> Vec<MultiRequest> {
        MultiRequest::read_samples()
    }

    fn reply_samples() -> Vec<MultiReply> {
        MultiReply::read_samples()
    }
}
