//! Who leads, who follows, and waiting until it is so.

use std::thread;
use std::time::{Duration, Instant};

use super::Cluster;
use crate::Error;
use crate::server::Mode;

/// How often members are asked what they are.
const POLL: Duration = Duration::from_millis(50);

impl Cluster {
    /// What each member is now. They are asked at the same time, so this takes 2 s at most.
    #[must_use]
    pub fn modes(&self) -> Vec<Mode> {
        let servers = self.servers();
        let asked = servers.into_iter().map(|server| thread::spawn(move || server.mode()));
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|mode| mode.join().unwrap_or(Mode::NotServing)).collect()
    }

    /// Which member leads. Waits until there is one, and one alone: a leader that was paused or cut
    /// off may take itself for it for a while. A standalone server leads itself.
    ///
    /// # Errors
    ///
    /// [`Error::NoQuorum`] if there is none within the limit of a start.
    pub fn leader(&self) -> Result<usize, Error> {
        self.wait(leader_among)
    }

    /// Which members follow now, without the observers.
    #[must_use]
    pub fn followers(&self) -> Vec<usize> {
        self.of_mode(Mode::Follower)
    }

    /// Which members follow without a vote now.
    #[must_use]
    pub fn observers(&self) -> Vec<usize> {
        self.of_mode(Mode::Observer)
    }

    /// Waits until one member leads, and every other one whose process runs, and is not paused,
    /// is behind it. A member that is cut off is never; for that there is
    /// [`wait_until`](Self::wait_until).
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] if one that ran has ended; [`Error::NoQuorum`].
    pub fn wait_until_served(&self) -> Result<(), Error> {
        let servers = self.servers();
        let runs = |at: &usize| servers[*at].pid().is_some() && !servers[*at].is_paused();
        let running: Vec<usize> = (0..servers.len()).filter(runs).collect();
        self.wait(|modes| {
            if let Some(error) = running.iter().find_map(|at| servers[*at].check_alive().err()) {
                return Some(Err(error));
            }
            let leader = leader_among(modes)?;
            let follows = |at: usize| matches!(modes[at], Mode::Follower | Mode::Observer);
            running.iter().all(|at| *at == leader || follows(*at)).then_some(Ok(()))
        })?
    }

    /// Waits until the members are as they are to be: each one's mode, in their order.
    ///
    /// ```no_run
    /// use zookit_ensemble::{Mode, blocking::Cluster};
    ///
    /// let cluster = Cluster::builder().read_only_mode(true).start_blocking()?;
    /// cluster.server(0).kill()?;
    /// cluster.server(1).kill()?;
    /// cluster.wait_until(|modes| modes[2] == Mode::ReadOnly)?;
    /// # Ok::<(), zookit_ensemble::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoQuorum`] if they are not within the limit of a start.
    pub fn wait_until(&self, are: impl Fn(&[Mode]) -> bool) -> Result<(), Error> {
        self.wait(|modes| are(modes).then_some(()))
    }

    fn of_mode(&self, wanted: Mode) -> Vec<usize> {
        let modes = self.modes();
        (0..modes.len()).filter(|at| modes[*at] == wanted).collect()
    }

    fn wait<T>(&self, is_so: impl Fn(&[Mode]) -> Option<T>) -> Result<T, Error> {
        let limit = self.inner.builder.each.start_limit;
        let begun = Instant::now();
        loop {
            let modes = self.modes();
            if let Some(value) = is_so(&modes) {
                return Ok(value);
            }
            if begun.elapsed() >= limit {
                return Err(Error::NoQuorum { waited: limit, members: format!("{modes:?}") });
            }
            thread::sleep(POLL);
        }
    }
}

/// The one that leads, if it is one.
fn leader_among(modes: &[Mode]) -> Option<usize> {
    let leads = |mode: &Mode| matches!(mode, Mode::Leader | Mode::Standalone);
    let mut leaders = modes.iter().enumerate().filter(|(_, mode)| leads(mode));
    let (at, _) = leaders.next()?;
    leaders.next().is_none().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_that_take_themselves_for_the_leader_none_is() {
        assert_eq!(leader_among(&[Mode::Follower, Mode::Leader, Mode::Down]), Some(1));
        assert_eq!(leader_among(&[Mode::Standalone]), Some(0));
        assert_eq!(leader_among(&[Mode::Leader, Mode::Leader, Mode::Follower]), None);
        assert_eq!(leader_among(&[Mode::NotServing, Mode::Follower]), None);
    }
}
