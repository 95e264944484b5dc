//! What goes on behind a latch.
//!
//! ```text
//!   ┌─> take a seat ──> wait for the turn ──> lead ──> doubted ──> look again ──> lead …
//!   └───────────────── the seat is lost, or resigned ───┴───────────────┘
//! ```

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use zookit_client::{ChildList, Client};

use super::{NotLeading, Standing};
use crate::Error;
use crate::changes::Teller;
use crate::claim::Lost;
use crate::election::ElectionOptions;
use crate::election::seat::Seat;
use crate::naming::Kind;
use crate::race::{First, first_of};

type Reply = oneshot::Sender<Result<(), Error>>;

/// What the owner of a latch wants.
#[derive(Debug)]
pub(super) enum Command {
    Resign(Reply),
    Close(Reply),
}

/// What became of a term, from taking a seat to losing it.
enum Term {
    /// It is over, and another one begins.
    Again(NotLeading),
    /// There will be no other.
    Over(Option<Arc<Error>>),
}

pub(super) struct Task {
    client: Client,
    path: String,
    options: ElectionOptions,
    standing: Teller<Standing>,
    commands: mpsc::UnboundedReceiver<Command>,
    /// How many seats in a row somebody deleted before they led.
    fruitless: u32,
}

impl Task {
    pub(super) const fn new(
        client: Client,
        path: String,
        options: ElectionOptions,
        standing: Teller<Standing>,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Self {
        Self { client, path, options, standing, commands, fruitless: 0 }
    }

    pub(super) async fn run(mut self) {
        loop {
            let term = self.term().await;
            let now = self.standing.now();
            match term {
                Term::Again(why) if matches!(now, Standing::Waiting(now) if now == why) => {}
                Term::Again(why) => self.standing.tell(Standing::Waiting(why)),
                Term::Over(None) if matches!(now, Standing::Ended(_)) => return,
                Term::Over(error) => return self.standing.tell(Standing::Ended(error)),
            }
        }
    }

    async fn term(&mut self) -> Term {
        let Self { client, path, options, standing, commands, fruitless } = self;
        let taken = {
            let mut taking = pin!(async {
                sleep(pause(*fruitless)).await;
                Seat::take(client, path, Kind::Latch, options).await
            });
            loop {
                match race(taking.as_mut(), commands).await {
                    Raced::Done(taken) => break taken,
                    Raced::Resign(reply) => drop(reply.send(Ok(()))),
                    Raced::Close(reply) => return closed(reply, Ok(())),
                }
            }
        };
        let (seat, names) = match taken {
            Ok(taken) => taken,
            Err(error) => return Term::Over(Some(Arc::new(error))),
        };
        let mut led = false;
        let ended = {
            let mut holding = pin!(hold(&seat, names, options, standing, &mut led));
            loop {
                match race(holding.as_mut(), commands).await {
                    Raced::Done(lost) => break lost,
                    Raced::Resign(reply) if has_something_to_resign(&standing.now()) => {
                        standing.tell(Standing::Waiting(NotLeading::Resigned));
                        drop(reply.send(seat.leave().await));
                        return Term::Again(NotLeading::Resigned);
                    }
                    Raced::Resign(reply) => drop(reply.send(Ok(()))),
                    Raced::Close(None) => return Term::Over(None),
                    Raced::Close(reply) => {
                        standing.tell(Standing::Ended(None));
                        return closed(reply, seat.leave().await);
                    }
                }
            }
        };
        *fruitless = if led { 0 } else { fruitless.saturating_add(1) };
        match ended {
            Ok(lost) if led => Term::Again(NotLeading::Lost(lost)),
            Ok(_) => Term::Again(NotLeading::NotYet),
            Err(error) => Term::Over(Some(Arc::new(error))),
        }
    }
}

/// Waits for the turn, and leads until that is lost; answers how.
///
/// # Errors
/// What trying again cannot mend.
async fn hold(
    seat: &Seat,
    names: Option<ChildList>,
    options: &ElectionOptions,
    standing: &Teller<Standing>,
    led: &mut bool,
) -> Result<Lost, Error> {
    if let Err(error) = seat.turn(names).await {
        return lost_by(error);
    }
    loop {
        *led = true;
        standing.tell(Standing::Leading(seat.leadership()));
        match seat.over(options.until).await {
            Lost::Doubted => standing.tell(Standing::Waiting(NotLeading::Lost(Lost::Doubted))),
            lost => return Ok(lost),
        }
        if let Err(error) = seat.reassured().await {
            return lost_by(error);
        }
    }
}

/// The seat's session is over, or its znode was deleted; other errors are for good.
fn lost_by(error: Error) -> Result<Lost, Error> {
    match error {
        Error::Lost { lost, .. } => Ok(lost),
        Error::Client(error) if error.is_session_lost() => Ok(Lost::SessionOver),
        error => Err(error),
    }
}

fn has_something_to_resign(standing: &Standing) -> bool {
    matches!(standing, Standing::Leading(_) | Standing::Waiting(NotLeading::Lost(Lost::Doubted)))
}

fn closed(reply: Option<Reply>, left: Result<(), Error>) -> Term {
    if let Some(reply) = reply {
        drop(reply.send(left));
    }
    Term::Over(None)
}

/// Before another seat is taken: nothing, unless somebody deletes one after the other.
fn pause(fruitless: u32) -> Duration {
    const MOST: Duration = Duration::from_secs(5);
    match fruitless.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => {
            Duration::from_millis(50).saturating_mul(1 << doublings.min(7)).min(MOST)
        }
    }
}

enum Raced<T> {
    Done(T),
    Resign(Reply),
    /// Without a reply if the latch was dropped.
    Close(Option<Reply>),
}

/// Waits for a future that goes on afterwards, or for a command.
async fn race<F: Future>(
    future: Pin<&mut F>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Raced<F::Output> {
    match first_of(pin!(commands.recv()), future).await {
        First::Left(Some(Command::Resign(reply))) => Raced::Resign(reply),
        First::Left(Some(Command::Close(reply))) => Raced::Close(Some(reply)),
        First::Left(None) => Raced::Close(None),
        First::Right(done) => Raced::Done(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_bound() {
        let pauses = [0, 1, 2, 3, 8, 40].map(|fruitless| pause(fruitless).as_millis());
        assert_eq!(pauses, [0, 50, 100, 200, 5000, 5000]);
    }
}
