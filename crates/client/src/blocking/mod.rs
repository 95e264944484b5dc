//! The blocking twin: the same client for programs without a runtime.
//!
//! ```
//! use zookit_client::blocking::Client;
//! use zookit_client::{CreateMode, Version};
//!
//! # fn f() -> Result<(), Box<dyn std::error::Error>> {
//! # use zookit_doctest::blocking::Client;
//! let client = Client::connect("h1:2181,h2:2181,h3:2181/app")?;
//! client.create("/greeting", "hello", CreateMode::Persistent)?;
//! let (node, mut changed) = client.get_data_and_watch("/greeting")?;
//! client.set_data("/greeting", "good morning", Version::Exactly(node.stat.version))?;
//! println!("{}", changed.wait()?.event_type);
//! client.close()?;
//! # Ok(()) }
//! # zookit_doctest::blocking::with_server(f);
//! ```
//!
//! Every operation of the async [`Client`](crate::Client) is here under its name, with its
//! arguments and its errors, and waits for the answer; what its documentation says about errors,
//! lost replies and order holds here too.
//!
//! # One thread
//!
//! A client has one thread of its own, on which the ordinary async client runs. So heartbeats go
//! on between calls, however long the program is busy with something else; watches are set again
//! and events collected while nobody looks. Callers do no I/O: they hand over a request and sleep
//! until the answer wakes them. Clones share the thread; a program with many clients may prefer the
//! async one on a runtime of its own.
//!
//! # Several requests at a time
//!
//! [`Client::submit`] is for requests that are not to wait for each other: it has the same methods,
//! which answer a [`Pending`] to wait for later. Requests of many threads, too, are in flight
//! together. [`Client::batch`] collects requests and waits for all of them.
//!
//! # In async code
//!
//! A call here blocks its thread, and with it, on the thread of an async runtime, all tasks there;
//! use the async client in async code. It cannot deadlock with the client itself, unless it is made
//! from the client's own thread (in a [`Dialer`](crate::Dialer), say): there a call that would have
//! to wait panics.
//!
//! # Layout
//!
//! * `client`: the handle, connecting, the state. `operations`: what is one request, by macro.
//!   `composite`: what is several.
//! * `home`: the thread. `wait`: how callers sleep.
//! * `pending`, `watch`, `states`, `batch`, `reserve`: what the operations answer.
//! * [`admin`]: asking a server about itself, aside from any client.

pub mod admin;
mod batch;
mod client;
mod composite;
mod home;
mod operations;
mod pending;
mod reserve;
mod states;
mod wait;
mod watch;

pub use batch::Batch;
pub use client::Client;
pub use operations::Submitter;
pub use pending::Pending;
pub use reserve::Reserved;
pub use states::States;
pub use wait::TimedOut;
pub use watch::{OneShotWatch, PersistentWatch};
