//! The benchmark: what each file measures is in its header; `README.md` says how to run it.

pub mod alloc;
pub mod cores;
#[cfg(feature = "peers")]
pub mod extras;
pub mod foreign;
pub mod load;
pub mod peers;
#[cfg(feature = "peers")]
pub mod raw;
#[cfg(feature = "peers")]
pub mod real;
#[cfg(feature = "peers")]
pub mod rounds;
pub mod statistics;
pub mod stub;
#[cfg(feature = "peers")]
pub mod syscalls;
#[cfg(feature = "peers")]
pub mod variant;

/// Whatever goes wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A benchmark ends with its first error.
pub type Res<T> = Result<T, Error>;
