//! The server, and how it stands the crowd.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use zookit_server::testing::Server;

use crate::good::Good;

/// How large a crowd is, if there are descriptors for it.
const MANY: usize = 10_000;

/// Descriptors for all that is not the crowd.
const OTHERS: usize = 100;

/// How often the crowd moves.
const ROUNDS: usize = 5;

/// How often the good client asks at least, while the crowd moves once.
const QUESTIONS: usize = 50;

/// Long enough for all of it.
const GUARD: Duration = Duration::from_secs(60);

/// Serves a good client beside a crowd of this kind.
pub(crate) fn serve(kind: &str) {
    let count = MANY.min(descriptors().saturating_sub(OTHERS));
    let fewer = if count < MANY { ": `ulimit -n` allows no more" } else { "" };
    let server = Server::builder()
        // None is to be closed for being late.
        .config(|config| config.handshake_timeout = Duration::from_secs(3600))
        .start()
        .unwrap();
    let mut good = Good::new(server.address());
    let mut crowd = Crowd::start(kind, server.address().to_string(), count);
    let (mut asked, mut longest) = (0, Duration::ZERO);
    for round in 0..=ROUNDS {
        // The first is that all connect.
        if round > 0 {
            writeln!(crowd.input, "go").unwrap();
        }
        let (mut of_round, mut busy) = (0, true);
        while busy || of_round < QUESTIONS {
            busy = busy && crowd.is_busy();
            let before = Instant::now();
            good.write_and_read();
            longest = longest.max(before.elapsed());
            of_round += 1;
        }
        asked += of_round;
        // Of the lengths, those of every second one cannot be: such connections are closed.
        let kept = if kind == "lengths" && round > 0 { count - count / 2 } else { count };
        let all = server.wait(GUARD, |machine| machine.connection_count() == kept + 1);
        assert!(all, "{kind}: {kept} and one expected, {}", server.connections().len());
    }
    crowd.end();
    println!(
        "{kind}: beside {count} connections{fewer} a client was answered {asked} times, \
         after {longest:.1?} at most"
    );
}

/// How many a process may have.
fn descriptors() -> usize {
    let limit = Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap().stdout;
    String::from_utf8(limit).unwrap().trim().parse().unwrap_or(usize::MAX)
}

/// The crowd, in a process of its own.
struct Crowd {
    process: Child,
    input: ChildStdin,
    done: Receiver<String>,
}

impl Crowd {
    fn start(kind: &str, address: String, count: usize) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["crowd", kind, &address, &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, done) = channel();
        std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            lines.map_while(|line| sender.send(line).ok()).for_each(drop);
        });
        Self { process, input, done }
    }

    /// Whether it is still at what it was told last. It says once that it is not.
    fn is_busy(&mut self) -> bool {
        match self.done.try_recv() {
            Ok(_) => false,
            Err(std::sync::mpsc::TryRecvError::Empty) => true,
            Err(_) => panic!("the crowd is gone: {:?}", self.process.wait()),
        }
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.process.wait().unwrap().success());
    }
}
