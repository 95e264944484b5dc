//! TLS from outside.
