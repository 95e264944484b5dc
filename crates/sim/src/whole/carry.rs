//! What arrives: bytes and ends, at members and at clients.

use bytes::BytesMut;
use zookit_server::core::Time;

use super::line::{Direction, End, LineId, Parcel};
use super::network::{CutHow, Happening, Network};

/// What arrives later than any run lasts.
pub(super) const NEVER: Time = Time::from_millis(1 << 50);

impl Network {
    /// The next parcel of a way, if nothing keeps it back.
    pub(super) fn arrive(&mut self, id: LineId, direction: Direction) {
        let now = self.now;
        let Some(line) = self.lines.get_mut(&id) else { return };
        if self.partitioned.contains(&(line.client, line.member)) {
            // It is sent on its way again when the partition ends.
            return;
        }
        let way = line.way(direction);
        if way.stalled > now {
            if way.stalled < NEVER {
                let until = way.stalled;
                self.schedule(until, Happening::Arrival(id, direction));
            }
            return;
        }
        if way.flight.front().is_none_or(|(at, _)| *at > now) {
            return;
        }
        let Some((_, parcel)) = way.flight.pop_front() else { return };
        match parcel {
            Parcel::Bytes(bytes) => self.bytes_arrive(id, direction, &bytes),
            Parcel::End(end) => self.end_arrives(id, direction, end),
        }
        self.forget_if_over(id);
    }

    fn bytes_arrive(&mut self, id: LineId, direction: Direction, mut bytes: &[u8]) {
        let to_server = direction == Direction::ToServer;
        let cut = self.cut_of(id).filter(|cut| cut.to_server == to_server);
        let Some(line) = self.lines.get_mut(&id) else { return };
        let way = line.way(direction);
        way.bytes -= bytes.len();
        let left = cut.map(|cut| cut.at.saturating_sub(way.arrived));
        bytes = &bytes[..bytes.len().min(left.unwrap_or(usize::MAX))];
        way.arrived += bytes.len();
        let total = way.arrived;
        self.digest.number(id.0 << 1 | u64::from(direction == Direction::ToServer));
        self.digest.bytes(bytes);
        self.digest.number(self.now.as_millis().unsigned_abs());
        match direction {
            Direction::ToServer => {
                if let Some(waker) = line.writer.take() {
                    waker.wake();
                }
                self.receive(id, bytes);
            }
            Direction::ToClient => {
                line.readable.extend_from_slice(bytes);
                if let Some(waker) = line.reader.take() {
                    waker.wake();
                }
            }
        }
        if let Some(cut) = cut.filter(|cut| total >= cut.at) {
            self.cut_now(id, cut.how);
        }
    }

    /// Both ends at once.
    pub(super) fn cut_now(&mut self, id: LineId, how: CutHow) {
        if how == CutHow::Silence {
            if let Some(line) = self.lines.get_mut(&id) {
                line.to_server.stalled = NEVER;
                line.to_client.stalled = NEVER;
            }
            return;
        }
        // What the server says to the last that it got is lost.
        self.detach(id);
        let end = if how == CutHow::Fin { End::Fin } else { End::Reset };
        if let Some(line) = self.lines.get_mut(&id) {
            line.to_server.truncate(0);
            line.to_server.ended = true;
            line.to_client.truncate(0);
            line.to_client.ended = true;
            line.end = Some(end);
            line.wake();
        }
    }

    /// A member gets bytes, behind what it left. Empty: it wants to look again at that.
    pub(super) fn receive(&mut self, id: LineId, bytes: &[u8]) {
        let now = self.now;
        let Some(line) = self.lines.get_mut(&id) else { return };
        let Some(connection) = line.connection else { return };
        line.kept.extend_from_slice(bytes);
        let mut all = std::mem::take(&mut line.kept);
        let Some(server) = self.ensemble.member_mut(line.member) else { return };
        server.receive(now, connection, &mut all);
        line.kept = if all.is_empty() { BytesMut::new() } else { all };
    }

    fn end_arrives(&mut self, id: LineId, direction: Direction, end: End) {
        self.digest.number(id.0 << 3 | 4 | u64::from(end == End::Fin));
        match direction {
            Direction::ToServer => {
                self.detach(id);
                self.post(id, Direction::ToClient, Parcel::End(end));
            }
            Direction::ToClient => {
                if let Some(line) = self.lines.get_mut(&id) {
                    line.end = Some(end);
                    line.to_server.ended |= end == End::Reset;
                    line.wake();
                }
            }
        }
    }

    /// What was kept back goes on its way again.
    pub(super) fn release(&mut self, ids: &[LineId]) {
        for id in ids {
            for direction in [Direction::ToServer, Direction::ToClient] {
                let Some(line) = self.lines.get_mut(id) else { continue };
                let count = line.way(direction).flight.len();
                for _ in 0..count {
                    self.schedule(self.now, Happening::Arrival(*id, direction));
                }
            }
        }
    }
}
