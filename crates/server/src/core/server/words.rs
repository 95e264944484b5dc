//! A four-letter word instead of the handshake: a text, and the end of the connection.

use bytes::{Buf as _, BytesMut};
use zookit_proto::four_letter::FourLetterWord;

use super::super::connection::{ConnectionId, Counters};
use super::super::statistics::Statistics;
use super::super::words::{self, Facts};
use super::Server;

/// How long a word is.
const WORD: usize = 4;

/// How long the word that sets the trace mask is, with the mask.
const WITH_MASK: usize = 12;

impl Server {
    /// Answers a word at the front of received bytes. False if more bytes are needed.
    pub(super) fn word(
        &mut self,
        id: ConnectionId,
        word: FourLetterWord,
        bytes: &mut BytesMut,
    ) -> bool {
        let enabled = self.is_enabled(word);
        let mut mask = None;
        if word == FourLetterWord::Stmk && enabled {
            if bytes.len() < WITH_MASK {
                return false;
            }
            bytes.advance(4);
            mask = Some(bytes.get_i64());
        }
        self.statistics.received(if mask.is_some() { WITH_MASK } else { WORD });
        bytes.clear();
        self.received = self.received.saturating_add(1);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.counters.received = connection.counters.received.saturating_add(1);
        }
        let text = match (enabled, mask) {
            (false, _) => words::not_enabled(word),
            (true, Some(mask)) => mask.to_string(),
            (true, None) => self.answer_word(id, word),
        };
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.output.text(&text);
        }
        self.sent = self.sent.saturating_add(1);
        self.announce(id);
        self.close(id);
        true
    }

    fn is_enabled(&self, word: FourLetterWord) -> bool {
        let list = &self.config.four_letter_words;
        word == FourLetterWord::Srvr
            || (word == FourLetterWord::Isro && self.read_only)
            || list.contains("*")
            || list.contains(&word.to_string())
    }

    fn answer_word(&mut self, id: ConnectionId, word: FourLetterWord) -> String {
        if let Some(text) = self.halted.then(|| words::not_serving(word)).flatten() {
            return text.to_owned();
        }
        match word {
            FourLetterWord::Srst => {
                (self.received, self.sent) = (0, 0);
                self.statistics = Statistics::default();
            }
            FourLetterWord::Crst => {
                for connection in self.connections.values_mut() {
                    connection.counters = Counters::reset();
                }
            }
            _ => {}
        }
        words::answer(
            word,
            &Facts {
                config: &self.config,
                client_port: self.client_port,
                read_only: self.read_only,
                role: self.role(),
                now: self.now,
                date_ms: self.date_ms(),
                zxid: self.zxid,
                tree: &self.tree,
                sessions: &self.sessions,
                watches: &self.watches,
                connections: &self.connections,
                asking: id,
                received: self.received,
                sent: self.sent,
                statistics: &self.statistics,
                digested: &self.digested,
            },
        )
    }

    /// On which port it listens, for those who ask by the word `conf`; the machine itself listens
    /// nowhere.
    pub const fn set_client_port(&mut self, port: u16) {
        self.client_port = Some(port);
    }
}
