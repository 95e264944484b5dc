//! Tells people what becomes of the connection while a verb goes on for long.

use zookit::{State, StateChange};

use crate::output::{escape, message};

/// Says on standard error when the connection is lost and when it is back.
#[derive(Default)]
pub(crate) struct Narrator {
    away: bool,
}

impl Narrator {
    /// Whatever the change is, there is at most one line to say about it.
    pub(crate) fn hear(&mut self, change: &StateChange) {
        if let Some(line) = self.line(change) {
            message(&escape::line(&line));
        }
    }

    fn line(&mut self, change: &StateChange) -> Option<String> {
        match change.state {
            State::Suspended => {
                self.away = true;
                Some(format!("warning: {}; connecting again", change.reason))
            }
            State::Expired => {
                self.away = true;
                Some(format!("warning: the session expired: {}", change.reason))
            }
            state if state.is_connected() && self.away => {
                self.away = false;
                Some(match &change.server {
                    Some(server) => format!("connected again to {server}"),
                    None => "connected again".into(),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use zookit::{Endpoint, Generation, Loss, Reason, SessionId, Zxid};

    use super::*;

    fn change(state: State, reason: Reason) -> StateChange {
        StateChange {
            state,
            reason,
            generation: Generation(1),
            session: SessionId(1),
            server: Some(Endpoint::new("h", 1)),
            zxid: Zxid(1),
            watches_restored: 0,
            not_sent: 0,
            no_reply: 0,
        }
    }

    #[test]
    fn a_loss_and_the_return_are_told_once_each() {
        let mut narrator = Narrator::default();
        let connected = change(State::Connected, Reason::Resumed);
        assert_eq!(narrator.line(&connected), None);
        assert_eq!(
            narrator.line(&change(State::Suspended, Reason::Lost(Loss::Fin))).unwrap(),
            "warning: the server closed the connection; connecting again"
        );
        assert_eq!(narrator.line(&connected).unwrap(), "connected again to h:1");
        assert_eq!(narrator.line(&connected), None);
    }
}
