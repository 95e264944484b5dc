//! What a run is made on: servers, the network to them, and what they hold at the end.

mod real;
mod simulated;

use std::pin::Pin;
use std::time::Duration;

use zookit_client::ConnectOptions;
use zookit_server::core::Transaction;
use zookit_sim::check::MemberLeft;
use zookit_sim::observe::ClientId;

use super::plan::Accident;

pub use real::Real;
pub use simulated::Simulated;

/// A future as a trait object.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// An accident that is happening.
#[derive(Debug)]
pub struct Begun {
    /// To whom, in words.
    pub what: String,
    /// Which members it is about, for whoever mends it.
    pub members: Vec<usize>,
    /// Whether members may lose what they heard of sessions until it is mended.
    pub cuts_members: bool,
}

/// The history of a target, and what there is to say about how it was found.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// In the order of their zxids.
    pub transactions: Vec<Transaction>,
    /// Lines for the report.
    pub remarks: Vec<String>,
}

/// Servers, and the network between them and clients.
pub trait Target: Send + Sync + 'static {
    /// How many members there are.
    fn members(&self) -> usize;

    /// What they run, in words.
    fn release(&self) -> String;

    /// How many sides clients come from.
    fn sides(&self) -> usize;

    /// Whether members can be cut off from one another.
    fn partitions(&self) -> bool;

    /// What the servers' clocks said when the run began, in milliseconds, if they do not say what
    /// everybody's do.
    fn wall_ms(&self) -> Option<i64>;

    /// The connect string of a client, and how it gets there.
    fn way(&self, client: ClientId) -> (String, ConnectOptions);

    /// Something goes wrong.
    fn begin<'a>(&'a self, accident: &'a Accident) -> Boxed<'a, Begun>;

    /// It is mended.
    fn mend<'a>(&'a self, accident: &'a Accident, begun: Begun) -> Boxed<'a, ()>;

    /// Mends whatever is still wrong, and waits until all members serve.
    fn rest(&self, within: Duration) -> Boxed<'_, ()>;

    /// What all members have, once they all have the same. Nobody asks them for anything meanwhile.
    fn left(&self, within: Duration) -> Boxed<'_, Vec<MemberLeft>>;

    /// Ends the servers, and tells what they agreed on.
    fn end(&self) -> Boxed<'_, Held>;
}
