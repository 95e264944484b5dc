//! setWatches2 (105): setWatches with persistent watches, which are set and replay nothing; from
//! 3.6.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Zxid;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum SetWatches2 {}

record! {
    /// jute `SetWatches2`.
    pub struct SetWatches2Request {
        /// The newest transaction this client has seen.
        pub relative_zxid: Zxid,
        /// Watches on data of znodes that existed.
        pub data_watches: Vec<Text>,
        /// Watches on znodes that did not exist.
        pub exist_watches: Vec<Text>,
        /// Watches on children.
        pub child_watches: Vec<Text>,
        /// Persistent watches.
        pub persistent_watches: Vec<Text>,
        /// Persistent recursive watches.
        pub persistent_recursive_watches: Vec<Text>,
    }
}

impl Operation for SetWatches2 {
    const NUMBER: i32 = 105;
    const NAME: &'static str = "setWatches2";
    const CLASS: Class = Class::Connection;
    type Request = SetWatches2Request;
    type Reply = ();

    fn request_samples() -> Vec<SetWatches2Request> {
        let nothing = SetWatches2Request {
            relative_zxid: Zxid(5),
            data_watches: Vec::new(),
            exist_watches: Vec::new(),
            child_watches: Vec::new(),
            persistent_watches: Vec::new(),
            persistent_recursive_watches: Vec::new(),
        };
        vec![
            SetWatches2Request {
                data_watches: vec!["/a".into()],
                exist_watches: vec!["/b".into()],
                child_watches: vec!["/c".into()],
                persistent_watches: vec!["/d".into(), "/e".into()],
                persistent_recursive_watches: vec!["/".into()],
                ..nothing.clone()
            },
            nothing,
        ]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
