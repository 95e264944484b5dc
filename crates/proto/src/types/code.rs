//! Error codes.

use super::wire_enum;

wire_enum! {
    /// The code in a reply's header, or in a result of a multi. The names are ZooKeeper's.
    ///
    /// Facts: `KeeperException.Code` of Apache ZooKeeper; the three that only the C client has
    /// come from its `zookeeper.h`.
    pub enum ErrorCode {
        /// No error.
        Ok = 0,
        /// The server failed in a way it has no word for. Not an answer to the request.
        SystemError = -1,
        /// In a multi: not executed, since another operation failed.
        RuntimeInconsistency = -2,
        /// The server found its data inconsistent.
        DataInconsistency = -3,
        /// The connection was lost. Clients say it of themselves.
        ConnectionLoss = -4,
        /// The server could not decode the request, or the request makes no sense to it.
        MarshallingError = -5,
        /// The server does not know the operation, or has it switched off.
        Unimplemented = -6,
        /// The operation timed out. Clients say it of themselves.
        OperationTimeout = -7,
        /// The arguments are invalid: a path, a flag, a TTL.
        BadArguments = -8,
        /// The C client's handle is in the wrong state.
        InvalidState = -9,
        /// The server does not know the session. Internal to the server.
        UnknownSession = -12,
        /// A reconfiguration has no quorum of its new members in sync.
        NewConfigNoQuorum = -13,
        /// Another reconfiguration is under way.
        ReconfigInProgress = -14,
        /// TLS failed. The C client's own.
        SslConnectionError = -15,
        /// A marker: codes below it are errors of the request, codes above of the system.
        ApiError = -100,
        /// The znode does not exist, or its parent does not.
        NoNode = -101,
        /// The ACL does not allow it.
        NoAuth = -102,
        /// The expected version is not the current one.
        BadVersion = -103,
        /// An ephemeral znode cannot have children.
        NoChildrenForEphemerals = -108,
        /// The znode exists already.
        NodeExists = -110,
        /// The znode has children.
        NotEmpty = -111,
        /// The session has expired.
        SessionExpired = -112,
        /// An invalid callback. The C client's own.
        InvalidCallback = -113,
        /// The ACL is empty or has an entry the server cannot use.
        InvalidAcl = -114,
        /// Authentication failed; the server closes the connection behind it.
        AuthFailed = -115,
        /// The C client's handle is closing.
        Closing = -116,
        /// Nothing to process. The C client's own.
        Nothing = -117,
        /// The session has moved to another server.
        SessionMoved = -118,
        /// The server is read-only and the request is a write.
        NotReadOnly = -119,
        /// An ephemeral znode cannot be created in a local session.
        EphemeralOnLocalSession = -120,
        /// There is no such watch.
        NoWatcher = -121,
        /// The request timed out. Clients say it of themselves.
        RequestTimeout = -122,
        /// Reconfiguration is switched off.
        ReconfigDisabled = -123,
        /// The server wants SASL authentication first; it closes the connection behind it.
        SessionClosedRequireSaslAuth = -124,
        /// A hard quota would be exceeded.
        QuotaExceeded = -125,
        /// The server is overloaded and did not execute the request.
        ThrottledOp = -127,
    }
}

impl ErrorCode {
    /// Whether the request succeeded.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }

    /// Whether a server that sends this code has refused the request, so that nothing changed.
    ///
    /// Not so for the codes with which a server or a relay says that it does not know what became
    /// of the request: `SystemError`, `ConnectionLoss`, `OperationTimeout`, `RequestTimeout`.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        !matches!(
            self,
            Self::Ok
                | Self::SystemError
                | Self::ConnectionLoss
                | Self::OperationTimeout
                | Self::RequestTimeout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_survives_the_way_there_and_back() {
        for number in -200..10 {
            assert_eq!(ErrorCode::from_number(number).number(), number);
        }
        assert_eq!(ErrorCode::from_number(-126), ErrorCode::Unknown(-126));
        assert_eq!(ErrorCode::Unknown(-126).to_string(), "ErrorCode(-126)");
        assert_eq!(ErrorCode::NoNode.to_string(), "NoNode");
    }
}
