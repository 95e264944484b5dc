//! getChildren2 (12): reads the names of the children and the stat of their parent; from 3.3.

use super::get_children::GetChildrenRequest;
use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetChildren2 {}

record! {
    /// jute `GetChildren2Response`.
    pub struct GetChildren2Reply {
        /// The names, without their parent's path, in no order.
        pub children: Vec<Text>,
        /// The parent's stat.
        pub stat: Stat,
    }
}

impl Operation for GetChildren2 {
    const NUMBER: i32 = 12;
    const NAME: &'static str = "getChildren2";
    const CLASS: Class = Class::Read;
    type Request = GetChildrenRequest;
    type Reply = GetChildren2Reply;

    fn request_samples() -> Vec<GetChildrenRequest> {
        GetChildrenRequest::samples()
    }

    fn reply_samples() -> Vec<GetChildren2Reply> {
        let stat = Stat::sample();
        vec![
            GetChildren2Reply { children: vec!["b".into(), Text::new(), "d".into()], stat },
            GetChildren2Reply { children: Vec::new(), stat },
        ]
    }
}
