//! What the server counts, for the four-letter words.
//!
//! Facts: `ServerStats`, `AvgMinMaxCounter` and `ServerMetrics`.

use zookit_proto::types::EventType;

/// Amounts that were added up: how many, their sum, the least and the greatest.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AvgMinMax {
    count: u64,
    sum: u64,
    min: Option<u64>,
    max: u64,
}

impl AvgMinMax {
    pub(crate) fn add(&mut self, amount: u64) {
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(amount);
        self.min = Some(self.min.map_or(amount, |min| min.min(amount)));
        self.max = self.max.max(amount);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) const fn sum(&self) -> u64 {
        self.sum
    }

    /// Of no amounts it is 0.
    pub(crate) fn min(&self) -> u64 {
        self.min.unwrap_or(0)
    }

    pub(crate) const fn max(&self) -> u64 {
        self.max
    }

    /// The average without its fraction.
    pub(crate) fn whole_average(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }

    /// The average as Java prints it: with one to four decimals.
    pub(crate) fn average(&self) -> String {
        let (sum, count) = (u128::from(self.sum), u128::from(self.count.max(1)));
        let half = count.checked_div(2).unwrap_or(0);
        let scaled = sum.saturating_mul(10_000).saturating_add(half);
        let scaled = scaled.checked_div(count).unwrap_or(0);
        let (whole, fraction) = (scaled.div_euclid(10_000), scaled.rem_euclid(10_000));
        let fraction = format!("{fraction:04}");
        let fraction = fraction.trim_end_matches('0');
        format!("{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
    }
}

/// All that the word `srst` sets to zero, but for the packets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    /// Milliseconds from when a request was received until its reply was queued.
    pub(crate) latency: AvgMinMax,
    pub(crate) read_latency: AvgMinMax,
    pub(crate) update_latency: AvgMinMax,
    /// Bytes of replies and events, without the four of their length.
    pub(crate) responses: AvgMinMax,
    pub(crate) last_response: Option<usize>,
    /// Bytes of words, handshakes and requests, with their lengths.
    pub(crate) bytes_received: u64,
    /// Bytes of events.
    pub(crate) watch_bytes: u64,
    /// How many connections were told of one event.
    pub(crate) created_watches: AvgMinMax,
    pub(crate) deleted_watches: AvgMinMax,
    pub(crate) changed_watches: AvgMinMax,
    pub(crate) children_watches: AvgMinMax,
    /// Handshakes, and those of them that took up a session again or wanted to.
    pub(crate) connection_requests: u64,
    pub(crate) revalidations: u64,
    /// Connections above a limit.
    pub(crate) rejected: u64,
    /// Connections that were closed for want of a handshake.
    pub(crate) sessionless_expired: u64,
    /// Sessions whose time was over.
    pub(crate) sessions_expired: u64,
}

impl Statistics {
    /// A request was answered after so long.
    pub(crate) fn answered(&mut self, milliseconds: u64, update: bool) {
        self.latency.add(milliseconds);
        let of_kind = if update { &mut self.update_latency } else { &mut self.read_latency };
        of_kind.add(milliseconds);
    }

    /// A reply or an event was queued.
    pub(crate) fn response(&mut self, bytes: usize) {
        self.responses.add(wide(bytes));
        self.last_response = Some(bytes);
    }

    /// Watches fired.
    pub(crate) fn fired(&mut self, event: EventType, watches: usize) {
        let of_kind = match event {
            EventType::NodeCreated => &mut self.created_watches,
            EventType::NodeDeleted => &mut self.deleted_watches,
            EventType::NodeDataChanged => &mut self.changed_watches,
            EventType::NodeChildrenChanged => &mut self.children_watches,
            _ => return,
        };
        of_kind.add(wide(watches));
    }

    pub(crate) fn received(&mut self, bytes: usize) {
        self.bytes_received = self.bytes_received.saturating_add(wide(bytes));
    }
}

pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// One more.
pub(crate) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_printed_as_java_does() {
        let of = |amounts: &[u64]| {
            let mut all = AvgMinMax::default();
            amounts.iter().for_each(|amount| all.add(*amount));
            (all.average(), all.whole_average(), all.min(), all.max())
        };
        assert_eq!(of(&[]), ("0.0".to_owned(), 0, 0, 0));
        assert_eq!(of(&[0, 12, 1]), ("4.3333".to_owned(), 4, 0, 12));
        assert_eq!(of(&[2, 3]), ("2.5".to_owned(), 2, 2, 3));
        assert_eq!(of(&[1, 1, 0]), ("0.6667".to_owned(), 0, 0, 1));
        assert_eq!(of(&[7]), ("7.0".to_owned(), 7, 7, 7));
    }
}
