//! The rules of znode paths.
