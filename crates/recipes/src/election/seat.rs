//! A place in the queue of an election.

use std::pin::pin;
use std::sync::Arc;

use zookit_client::{ChildList, Client};
use zookit_proto::mutant::{self, Mutant};

use super::{ElectionOptions, LeadUntil, Leadership, in_the_way};
use crate::Error;
use crate::claim::{Join, Lost, join, patiently, wait_turn};
use crate::naming::Kind;
use crate::race::{First, first_of};

/// A place in the queue, which is given up when this is dropped, whoever else looks at its claim.
#[derive(Debug)]
pub(crate) struct Seat(Leadership);

impl Seat {
    /// Goes to the end of the queue; answers what the server listed behind that, if it did. Over
    /// lost connections and sessions.
    pub(crate) async fn take(
        client: &Client,
        parent: &str,
        kind: Kind,
        options: &ElectionOptions,
    ) -> Result<(Self, Option<ChildList>), Error> {
        let what = Join { parent, kind, options: &options.claim };
        let (claim, names) = patiently(client, || join(client, what)).await?;
        Ok((Self(Leadership(Arc::new(claim))), names))
    }

    /// Waits until it is the first; over lost connections, with the place kept.
    pub(crate) async fn turn(&self, names: Option<ChildList>) -> Result<(), Error> {
        wait_turn(&self.0, names, in_the_way).await
    }

    pub(crate) fn leadership(&self) -> Leadership {
        self.0.clone()
    }

    /// Waits until a leader of this kind has to stop, and says why.
    pub(crate) async fn over(&self, until: LeadUntil) -> Lost {
        match until {
            _ if mutant::on(Mutant::LeaderUnwatched) => {
                self.0.doubted().await;
                Lost::Doubted
            }
            _ if mutant::on(Mutant::DoubtLedOver) => self.0.lost().await,
            LeadUntil::Lost => self.0.lost().await,
            LeadUntil::Doubted => match first_of(pin!(self.0.lost()), pin!(self.0.doubted())).await
            {
                First::Left(lost) => lost,
                First::Right(()) => Lost::Doubted,
            },
        }
    }

    /// Waits until it is known again, behind a doubt, that this is the first.
    pub(crate) async fn reassured(&self) -> Result<(), Error> {
        loop {
            self.0.client().wait_connected().await?;
            self.turn(None).await?;
            if self.0.is_trusted() {
                return Ok(());
            }
        }
    }

    /// Gives the place up, and waits until that is done. Where [`over`](Self::over) was polled its
    /// future is best kept until then: its watch goes with the znode, and need not be removed.
    pub(crate) async fn leave(&self) -> Result<(), Error> {
        self.0.0.end().await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.abandon();
    }
}
