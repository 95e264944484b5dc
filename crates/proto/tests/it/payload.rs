//! Payloads are slices of the frame they came in.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::get_children::GetChildrenReply;
use zookit_proto::ops::get_data::GetDataReply;
use zookit_proto::{OpCode, Reply, Request, Stat, frame};

fn lies_within(part: &[u8], whole: &Bytes) -> bool {
    let whole = whole.as_ptr_range();
    let part = part.as_ptr_range();
    whole.start <= part.start && part.end <= whole.end
}

/// A body as it comes: cut as a frame from the buffer that the socket was read into.
fn received(reply: &Reply) -> Bytes {
    let mut buffer = BytesMut::new();
    let start = frame::begin(&mut buffer);
    reply.write(&mut buffer);
    frame::finish(&mut buffer, start, usize::MAX).unwrap();
    frame::next(&mut buffer, usize::MAX).unwrap().unwrap()
}

#[test]
fn data_is_not_copied() {
    let data = Some(Bytes::from(vec![7; 100_000]));
    let body = received(&Reply::GetData(GetDataReply { data, stat: Stat::sample() }));
    let Ok(Reply::GetData(reply)) = Reply::decode(OpCode::GetData, body.clone()) else {
        panic!("a getData reply")
    };
    assert!(lies_within(&reply.data.unwrap(), &body));
}

#[test]
fn names_and_paths_are_not_copied() {
    let children = vec!["first".into(), "second".into()];
    let body = received(&Reply::GetChildren(GetChildrenReply { children }));
    let Ok(Reply::GetChildren(reply)) = Reply::decode(OpCode::GetChildren, body.clone()) else {
        panic!("a getChildren reply")
    };
    assert!(reply.children.iter().all(|name| lies_within(name, &body)));
    assert!(!lies_within(&reply.children[0].detach(), &body));

    let body = Bytes::from(b"\0\0\0\x02/a\0".to_vec());
    let Ok(Request::GetData(request)) = Request::decode(OpCode::GetData, body.clone()) else {
        panic!("a getData request")
    };
    assert!(lies_within(&request.path, &body));
}
