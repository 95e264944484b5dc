//! What a request is about: the path in it.

use super::Request;
use super::multi::MultiOp;
use crate::text::Text;

impl Request {
    /// The path it is about. Of a sequential create that is the one without the number; a multi is
    /// about no path of its own.
    #[must_use]
    pub fn path(&self) -> Option<&Text> {
        Some(match self {
            Self::Create(request) | Self::Create2(request) => &request.path,
            Self::CreateContainer(request) => &request.path,
            Self::CreateTtl(request) => &request.path,
            Self::Delete(request) => &request.path,
            Self::Exists(request) => &request.path,
            Self::GetData(request) => &request.path,
            Self::SetData(request) => &request.path,
            Self::GetAcl(request) => &request.path,
            Self::SetAcl(request) => &request.path,
            Self::GetChildren(request) | Self::GetChildren2(request) => &request.path,
            Self::Sync(request) => &request.path,
            Self::Check(request) => &request.path,
            Self::CheckWatches(request) => &request.path,
            Self::RemoveWatches(request) => &request.path,
            Self::AddWatch(request) => &request.path,
            Self::GetAllChildrenNumber(request) => &request.path,
            Self::GetEphemerals(request) => &request.prefix_path,
            _ => return None,
        })
    }

    /// Whether it is about this path, or is a multi with an operation that is.
    #[must_use]
    pub fn is_about(&self, path: &str) -> bool {
        match self {
            Self::Multi(request) | Self::MultiRead(request) => {
                request.ops.iter().any(|op| op.path().is_some_and(|about| *about == *path))
            }
            request => request.path().is_some_and(|about| *about == *path),
        }
    }
}

impl MultiOp {
    /// The path it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Text> {
        Some(match self {
            Self::Create(op) | Self::Create2(op) | Self::CreateContainer(op) => &op.path,
            Self::CreateTtl(op) => &op.path,
            Self::Delete(op) => &op.path,
            Self::SetData(op) => &op.path,
            Self::Check(op) => &op.path,
            Self::GetData(op) => &op.path,
            Self::GetChildren(op) | Self::GetChildren2(op) => &op.path,
            Self::Exists(op) => &op.path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpCode;

    /// Those that are about no path: the rest of the samples must be about one.
    const WITHOUT: &[OpCode] = &[
        OpCode::Notification,
        OpCode::Ping,
        OpCode::Multi,
        OpCode::MultiRead,
        OpCode::Reconfig,
        OpCode::DeleteContainer,
        OpCode::Auth,
        OpCode::Sasl,
        OpCode::SetWatches,
        OpCode::SetWatches2,
        OpCode::WhoAmI,
        OpCode::CreateSession,
        OpCode::CloseSession,
        OpCode::Error,
    ];

    #[test]
    fn every_operation_with_a_path_is_about_it() {
        for request in Request::samples() {
            let without = WITHOUT.contains(&request.opcode());
            assert_eq!(request.path().is_none(), without, "{request:?}");
            assert!(request.path().is_none_or(|path| request.is_about(&path.to_str())));
        }
    }

    #[test]
    fn a_multi_is_about_the_path_of_each_of_its_operations() {
        let multis = Request::samples().into_iter().filter_map(|request| match &request {
            Request::Multi(multi) if !multi.ops.is_empty() => {
                Some((request.clone(), multi.clone()))
            }
            _ => None,
        });
        let mut seen = 0;
        for (request, multi) in multis {
            for op in &multi.ops {
                let path = op.path().expect("each is about one");
                assert!(request.is_about(&path.to_str()));
                seen += 1;
            }
            assert!(!request.is_about("/nowhere"));
        }
        assert!(seen > 0);
    }
}
