//! One server, step by step. A step that cannot be taken ends the examination: what would follow
//! would only say the same again.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use zookit::admin::{self, AdminError, AdminErrorKind, AskOptions, FourLetterWord, ServerStats};
use zookit::session::SentRule;
use zookit::{Dialer, Endpoint, TcpDialer};

use super::finding::Finding;
use super::session;
use crate::connection::Setup;
use crate::tls;
use crate::verbs::word::explain;

/// A name that takes longer is worth a word.
const SLOW_NAME: Duration = Duration::from_secs(1);

/// A server that says nothing for so long may be waiting for a handshake of TLS: then it is looked
/// whether it is, while it goes on being waited for.
const SLOW_ANSWER: Duration = Duration::from_millis(500);

/// How long a server has to close the connection on a request that is too large for it.
const CLOSES_WITHIN: Duration = Duration::from_millis(500);

/// From so many requests without an answer on, servers read no more (`globalOutstandingLimit`).
const THROTTLED: i64 = 1000;

/// What was found out about a server.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) server: Endpoint,
    pub(super) findings: Vec<Finding>,
    pub(super) takes_connections: bool,
    /// What it said of itself.
    pub(super) stats: Option<ServerStats>,
    /// How many members its configuration has; 0 is unknown, or none.
    pub(super) members: usize,
}

impl Examined {
    const fn new(server: Endpoint) -> Self {
        Self { server, findings: Vec::new(), takes_connections: false, stats: None, members: 0 }
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

pub(super) async fn examine(server: Endpoint, setup: Setup) -> Examined {
    let mut one = Examined::new(server.clone());
    let options = setup.ask_options();
    let Some(addresses) = resolve(&mut one, &options).await else { return one };
    let answered = connect(&mut one, &addresses, options.within).await;
    let Some(address) = answered.first() else { return one };
    one.takes_connections = true;
    if options.dialer.sent_rule() == SentRule::FirstByte
        && !handshake(&mut one, *address, &options).await
    {
        return one;
    }
    if !ask(&mut one, *address, &options, &setup).await {
        return one;
    }
    let allowed = ask_more(&mut one, &options).await;
    measure(&mut one, *address, &options, setup.jute_maxbuffer()).await;
    let found = session::examine(&server, &setup, allowed.contains(&FourLetterWord::Cons)).await;
    one.findings.extend(found);
    one
}

async fn resolve(one: &mut Examined, options: &AskOptions) -> Option<Vec<SocketAddr>> {
    let Endpoint { host, port } = one.server.clone();
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(vec![SocketAddr::new(address, port)]);
    }
    let begun = Instant::now();
    let resolved = timeout(options.within, options.resolver.resolve(&host, port)).await;
    let why = match resolved {
        Ok(Ok(addresses)) if !addresses.is_empty() => {
            let took = begun.elapsed();
            let list: Vec<String> = addresses.iter().map(|to| to.ip().to_string()).collect();
            let message = format!("{host} is {}", list.join(", "));
            one.find(if took < SLOW_NAME {
                Finding::ok("name", message)
            } else {
                Finding::note("name", format!("{message}; to learn that took {}", millis(took)))
            });
            return Some(addresses);
        }
        Ok(Ok(_)) => "it has no address".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {:?}", options.within),
    };
    one.find(Finding::wrong(
        "name",
        format!("the name {host} does not resolve: {why}"),
        "is it spelled right, and does this machine's name service know it?",
    ));
    None
}

/// The addresses that take connections.
async fn connect(
    one: &mut Examined,
    addresses: &[SocketAddr],
    within: Duration,
) -> Vec<SocketAddr> {
    let (mut answered, mut failed) = (Vec::new(), Vec::new());
    for address in addresses {
        let begun = Instant::now();
        let dialed = timeout(within, TcpDialer.dial(*address, &one.server)).await;
        failed.push(match dialed {
            Ok(Ok(_)) => {
                answered.push(*address);
                let took = millis(begun.elapsed());
                one.find(Finding::ok("tcp", format!("{address} takes connections, within {took}")));
                continue;
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Finding::wrong(
                "tcp",
                format!("nobody listens at {address}: {error}"),
                "is ZooKeeper running there, and is this its clientPort?",
            ),
            Ok(Err(error)) => Finding::wrong(
                "tcp",
                format!("no connection to {address}: {error}"),
                "is the machine up, and is there a way to it?",
            ),
            Err(_) => Finding::wrong(
                "tcp",
                format!("{address} does not answer within {within:?}"),
                "is the machine up? A firewall on the way may drop what it should refuse",
            ),
        });
    }
    // Clients go on to the next address, as with `localhost`, which is often two and one of them idle.
    let matters = answered.is_empty();
    failed.into_iter().for_each(|of| one.find(if matters { of } else { of.into_note() }));
    answered
}

/// Where the dialer of the setup is one of TLS.
async fn handshake(one: &mut Examined, address: SocketAddr, options: &AskOptions) -> bool {
    let dialed = timeout(options.within, options.dialer.dial(address, &one.server)).await;
    let why = match dialed {
        Ok(Ok(_)) => {
            one.find(Finding::ok("tls", "the handshake succeeds"));
            return true;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {:?}", options.within),
    };
    let advice = "is this the server's secureClientPort, and are the certificates the right ones?";
    one.find(Finding::wrong("tls", format!("the handshake fails: {why}"), advice));
    false
}

/// `srvr`, which every server answers. False if there is no use in going on.
async fn ask(one: &mut Examined, address: SocketAddr, options: &AskOptions, setup: &Setup) -> bool {
    match srvr_or_tls(&one.server, address, options, setup).await {
        Some(Ok(stats)) => {
            describe(one, &stats);
            one.stats = Some(stats);
            true
        }
        Some(Err(error)) => {
            let (finding, goes_on) = silence(&error);
            one.find(finding);
            goes_on
        }
        None => {
            let message = format!("{address} speaks TLS, and was asked without");
            one.find(Finding::wrong("tls", message, tls::WANTED));
            false
        }
    }
}

/// The answer; `None` if there is none because the port speaks TLS, and we do not. Such a port may
/// say nothing to a word, since it is shorter than the beginning of a handshake.
async fn srvr_or_tls(
    server: &Endpoint,
    address: SocketAddr,
    options: &AskOptions,
    setup: &Setup,
) -> Option<Result<ServerStats, AdminError>> {
    let mut asked = pin!(admin::srvr(server, options));
    let answer = match timeout(SLOW_ANSWER, &mut asked).await {
        Ok(answer) => answer,
        Err(_) => tokio::select! {
            answer = &mut asked => answer,
            true = setup.is_tls_wanted_at(address) => return None,
        },
    };
    let Err(error) = &answer else { return Some(answer) };
    let is_tls = match error.kind() {
        // An alert of TLS: its type, and the major version.
        AdminErrorKind::Unexpected { answer } => answer.starts_with("\u{15}\u{3}"),
        AdminErrorKind::NoAnswer | AdminErrorKind::Lost(_) => setup.is_tls_wanted_at(address).await,
        _ => false,
    };
    (!is_tls).then_some(answer)
}

fn describe(one: &mut Examined, stats: &ServerStats) {
    let release = stats.release().map_or_else(
        || stats.version.clone(),
        |[major, minor, patch]| format!("{major}.{minor}.{patch}"),
    );
    let mode = stats.mode.as_ref().map_or_else(|| "unknown role".to_owned(), ToString::to_string);
    let zxid = stats.zxid.map_or_else(|| "unknown".to_owned(), |zxid| zxid.to_string());
    let connections = stats.connections.unwrap_or_default();
    one.find(Finding::ok(
        "words",
        format!("ZooKeeper {release}, {mode}, at zxid {zxid}, with {connections} connections"),
    ));
    if stats.read_only {
        one.find(Finding::wrong(
            "words",
            "it has lost the other members, and serves only who asks to read",
            "are the other members running, and can it reach their quorum and election ports?",
        ));
    }
    if stats.outstanding.is_some_and(|waiting| waiting >= THROTTLED) {
        one.find(Finding::wrong(
            "words",
            format!("{} requests wait for an answer", stats.outstanding.unwrap_or_default()),
            "it is overloaded: look at its disk, its memory, and at who sends so much (`zk cons`)",
        ));
    }
}

/// What the want of an answer to `srvr` means, and whether a session may be there all the same.
fn silence(error: &AdminError) -> (Finding, bool) {
    let wrong = |advice: &str| (Finding::wrong("words", explain(error), advice), false);
    match error.kind() {
        AdminErrorKind::NotWhitelisted => {
            let message = "it answers no srvr, so its role and its zxid are not known: the word is \
                           not in its 4lw.commands.whitelist";
            (Finding::note("words", message), true)
        }
        AdminErrorKind::NotServing => wrong(
            "it has no quorum or is still starting: are most of the members running, and can they \
             reach each other?",
        ),
        AdminErrorKind::NoAnswer => {
            wrong("is this the clientPort? If it is the secureClientPort, ask with --tls")
        }
        AdminErrorKind::Unexpected { .. } => {
            wrong("something else than ZooKeeper listens there: is this the clientPort?")
        }
        AdminErrorKind::TimedOut { .. } => wrong(
            "the process may hang, for want of memory or disk, and its log knows more; or it is no \
             clientPort",
        ),
        _ => wrong("the connection does not last: look at the server's log"),
    }
}

/// The words that are not always allowed; which of them are.
async fn ask_more(one: &mut Examined, options: &AskOptions) -> Vec<FourLetterWord> {
    use FourLetterWord as W;
    let (mut allowed, mut refused) = (Vec::new(), Vec::new());
    for word in [W::Isro, W::Mntr, W::Conf, W::Cons] {
        match admin::text(&one.server, word, options).await {
            Ok(answer) => {
                allowed.push(word);
                look(one, word, &answer);
            }
            Err(error) if matches!(error.kind(), AdminErrorKind::NotWhitelisted) => {
                refused.push(word.to_string());
            }
            Err(error) => one.find(Finding::wrong(
                "words",
                explain(&error),
                "it answered srvr a moment ago: look at the server's log",
            )),
        }
    }
    if !refused.is_empty() {
        let refused = refused.join(", ");
        one.find(Finding::note(
            "words",
            format!("its 4lw.commands.whitelist is without {refused}: less can be seen from here"),
        ));
    }
    allowed
}

fn look(one: &mut Examined, word: FourLetterWord, answer: &[u8]) {
    let server = one.server.clone();
    match word {
        FourLetterWord::Conf => {
            let conf = admin::read::<admin::Configuration>(&server, answer);
            one.members = conf.map_or(0, |conf| conf.members().len());
        }
        FourLetterWord::Mntr => {
            let Ok(metrics) = admin::read::<admin::Metrics>(&server, answer) else { return };
            let open = metrics.number("open_file_descriptor_count");
            let most = metrics.number("max_file_descriptor_count");
            if let (Some(open), Some(most)) = (open, most) {
                // Each connection takes one; at the end of them nobody gets in.
                if most > 0.0 && open > most * 0.9 {
                    one.find(Finding::wrong(
                        "words",
                        format!("{open} of the {most} files that it may open are open"),
                        "raise the limit of the server's process (ulimit -n), or find who connects \
                         so often (`zk cons`)",
                    ));
                }
            }
        }
        _ => {}
    }
}

/// Whether a request of the largest size that we send gets in. Only the length of one is sent: a
/// server that will not have it closes at once, and one that waits for the rest gets no more.
async fn measure(one: &mut Examined, address: SocketAddr, options: &AskOptions, ours: usize) {
    let largest = refuses(one, address, options, ours).await;
    let larger = refuses(one, address, options, ours.saturating_add(1)).await;
    one.find(match (largest, larger) {
        (Some(true), _) => Finding::wrong(
            "size",
            format!("it closes the connection on a request of {ours} bytes, which we would send"),
            "its jute.maxbuffer is smaller than that: say how large it is with --jute-maxbuffer",
        ),
        (Some(false), Some(true)) => Finding::ok(
            "size",
            format!("its jute.maxbuffer seems to be {ours}, which is what we keep to"),
        ),
        (Some(false), _) => Finding::note(
            "size",
            format!(
                "it seems to take requests of more than {ours} bytes: its jute.maxbuffer was \
                     raised, and --jute-maxbuffer may follow"
            ),
        ),
        (None, _) => Finding::note("size", "its jute.maxbuffer could not be guessed"),
    });
}

/// `None`: there was no connection.
async fn refuses(
    one: &Examined,
    address: SocketAddr,
    options: &AskOptions,
    length: usize,
) -> Option<bool> {
    let length = i32::try_from(length).ok()?;
    let dialed = timeout(options.within, options.dialer.dial(address, &one.server)).await;
    let mut transport = dialed.ok()?.ok()?;
    transport.write_all(&length.to_be_bytes()).await.ok()?;
    transport.flush().await.ok()?;
    let mut answer = [0];
    let closed = timeout(CLOSES_WITHIN, transport.read(&mut answer)).await;
    Some(matches!(closed, Ok(Ok(0) | Err(_))))
}

/// A duration as people measure networks.
pub(super) fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::super::finding::Level;
    use super::*;

    #[tokio::test]
    async fn an_idle_address_beside_one_that_answers_is_no_illness() {
        let listener = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (here, gone) = (listener(), listener());
        let addresses = [gone.local_addr().unwrap(), here.local_addr().unwrap()];
        drop(gone);
        let mut one = Examined::new(Endpoint::new("zk", 2181));
        let within = Duration::from_secs(10);
        assert_eq!(connect(&mut one, &addresses, within).await, addresses[1..]);
        let levels: Vec<_> = one.findings.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Note]);
        let mut other = Examined::new(Endpoint::new("zk", 2181));
        assert_eq!(connect(&mut other, &addresses[..1], within).await, []);
        assert_eq!(other.findings[0].level, Level::Wrong);
    }
}
