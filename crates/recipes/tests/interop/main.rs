//! The recipes beside those of others: a kazoo process and a Curator process at the same znodes at
//! the same time.
//!
//! `cargo xtask interop` puts both in place, and runs this with a real server. What is not in place
//! is told in a line, and its tests say nothing: `ZOOKIT_KAZOO_PYTHON` is a Python with kazoo,
//! `ZOOKIT_CURATOR_CLASSPATH` what Curator needs; `ZOOKIT_INTEROP_SERVER` is the server, without it
//! an embedded one.

mod curator;
mod kazoo;
mod peer;
/// What is the same with both.
mod together;
