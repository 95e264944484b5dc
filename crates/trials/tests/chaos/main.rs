//! Chaos from its beginning to its end: that it finds what is wrong, with servers that lie; and, on
//! real servers of the releases in `ZOOKIT_REAL_CLASSPATHS` (`cargo xtask test` sets it), that it
//! reads their logs right.

mod liar;
mod lies;
mod logs;
