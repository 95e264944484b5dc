//! Standard output: data, as text or as JSON. Messages go to standard error, see [`message`].
//!
//! `escape.rs` keeps terminals safe, `text.rs`, `json.rs` and `answers.rs` say what things look
//! like.

pub(crate) mod answers;
pub(crate) mod escape;
pub(crate) mod json;
pub(crate) mod text;

use std::io::{self, IsTerminal, Write};
use std::mem;

use clap::ValueEnum;
use serde_json::Value;

use crate::error::Failure;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people and for pipes.
    Text,
    /// One JSON document in a line; of streams one a line.
    Json,
}

/// How much is gathered before it is handed over; a stream hands over each line.
const ENOUGH: usize = 32 * 1024;

/// Standard output in the format asked for.
///
/// Writing only gathers; [`flush`](Self::flush) hands over, on another thread, so that a reader who
/// takes a break (`zk ls -r / | less`) does not keep the session from its heartbeats.
pub(crate) struct Output {
    format: Format,
    to_terminal: bool,
    gathered: Vec<u8>,
    /// Away while a flush is under way; a flush that was given up does not bring it back.
    out: Option<Box<dyn Write + Send>>,
}

impl Output {
    pub(crate) fn stdout(format: Format) -> Self {
        let out = io::stdout();
        Self::new(format, out.is_terminal(), out)
    }

    fn new(format: Format, to_terminal: bool, out: impl Write + Send + 'static) -> Self {
        Self { format, to_terminal, gathered: Vec::new(), out: Some(Box::new(out)) }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// One line of text; what in it came from a server must be escaped already.
    pub(crate) fn line(&mut self, line: &str) {
        self.text(line);
        self.gathered.push(b'\n');
    }

    /// Text that brings its own line ends.
    pub(crate) fn text(&mut self, text: &str) {
        self.gathered.extend_from_slice(text.as_bytes());
    }

    /// One JSON document, in one line.
    pub(crate) fn json(&mut self, document: &Value) {
        self.line(&document.to_string());
    }

    /// Exactly these bytes; on a terminal made harmless, and with a line end if they have none.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if !self.to_terminal {
            self.gathered.extend_from_slice(bytes);
            return;
        }
        let shown = escape::data(bytes);
        self.text(&shown);
        if !shown.is_empty() && !shown.ends_with('\n') {
            self.text("\n");
        }
    }

    /// Whether what was gathered ends with a line end, or is nothing.
    pub(crate) fn ends_with_line(&self) -> bool {
        self.gathered.last().is_none_or(|last| *last == b'\n')
    }

    /// Hands over what was gathered, and waits until it is taken.
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        let Some(mut out) = self.out.take() else { return Ok(()) };
        let bytes = mem::take(&mut self.gathered);
        let write = move || {
            let written = out.write_all(&bytes).and_then(|()| out.flush());
            (out, written)
        };
        let (out, written) = match tokio::task::spawn_blocking(write).await {
            Ok(done) => done,
            Err(error) => return Err(Failure::output(io::Error::other(error))),
        };
        self.out = Some(out);
        written.map_err(Failure::output)
    }

    /// Hands over what was gathered if it is much: for what may be long.
    pub(crate) async fn flush_if_much(&mut self) -> Result<(), Failure> {
        if self.gathered.len() < ENOUGH { Ok(()) } else { self.flush().await }
    }
}

/// A message for people, on standard error. That nobody may be reading is no reason to fail.
pub(crate) fn message(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::exit;

    /// A place to write that can be read afterwards, or that nobody reads.
    #[derive(Clone, Default)]
    struct Sink {
        written: Arc<Mutex<Vec<u8>>>,
        fails_with: Option<io::ErrorKind>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.fails_with {
                Some(kind) => Err(kind.into()),
                None => self.written.lock().unwrap().write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn shown(to_terminal: bool, bytes: &[u8]) -> Vec<u8> {
        let sink = Sink::default();
        let mut output = Output::new(Format::Text, to_terminal, sink.clone());
        output.bytes(bytes);
        output.flush().await.unwrap();
        mem::take(&mut sink.written.lock().unwrap())
    }

    #[tokio::test]
    async fn a_pipe_gets_exact_bytes() {
        assert_eq!(shown(false, b"\x1b[31m\xff\x00").await, b"\x1b[31m\xff\x00");
        assert_eq!(shown(false, b"").await, b"");
    }

    #[tokio::test]
    async fn a_terminal_gets_harmless_text_and_a_line_end() {
        assert_eq!(shown(true, b"\x1b[31mred").await, b"\\u{1b}[31mred\n");
        assert_eq!(shown(true, b"two\nlines\n").await, b"two\nlines\n");
        assert_eq!(shown(true, b"").await, b"");
    }

    #[tokio::test]
    async fn much_is_handed_over_before_the_end() {
        let sink = Sink::default();
        let mut output = Output::new(Format::Text, false, sink.clone());
        output.bytes(&[b'x'; ENOUGH - 1]);
        output.flush_if_much().await.unwrap();
        assert_eq!(sink.written.lock().unwrap().len(), 0);
        output.line("");
        output.flush_if_much().await.unwrap();
        assert_eq!(sink.written.lock().unwrap().len(), ENOUGH);
    }

    #[tokio::test]
    async fn a_reader_that_went_away_is_no_error_and_a_full_disk_is() {
        for (kind, code) in
            [(io::ErrorKind::BrokenPipe, exit::OK), (io::ErrorKind::StorageFull, exit::USAGE)]
        {
            let sink = Sink { fails_with: Some(kind), ..Sink::default() };
            let mut output = Output::new(Format::Text, false, sink);
            output.line("x");
            assert_eq!(output.flush().await.unwrap_err().code(), code);
        }
    }
}
