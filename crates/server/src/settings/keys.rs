//! The table of keys: what each one sets.
//!
//! Numbers of a file are decimal; those of system properties are what Java's `Integer.decode`
//! reads: decimal, `0x` hexadecimal, or `0` octal.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Settings;

/// What a key does.
pub(super) enum Set {
    /// It sets something; the error says what is wrong with the value.
    By(fn(&mut Settings, &str) -> Result<(), String>),
    /// Nothing here.
    Ignored,
}

/// What a key of `zoo.cfg` does; `None`: it is the system property `zookeeper.KEY`.
pub(super) fn in_file(key: &str) -> Option<Set> {
    if let Some((_, set)) = IN_FILE.iter().find(|(name, _)| *name == key) {
        return Some(Set::By(*set));
    }
    let of_apache = IGNORED_IN_FILE.contains(&key)
        || IGNORED_PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    of_apache.then_some(Set::Ignored)
}

/// What a system property does; `None`: nothing here.
pub(super) fn property(name: &str) -> Option<Set> {
    PROPERTIES.iter().find(|(known, _)| *known == name).map(|(_, set)| Set::By(*set))
}

type Setter = fn(&mut Settings, &str) -> Result<(), String>;

const IN_FILE: &[(&str, Setter)] = &[
    ("clientPort", |settings, value| {
        settings.client_port = Some(port(value)?);
        Ok(())
    }),
    ("clientPortAddress", |settings, value| {
        if value.is_empty() {
            return Err(String::from("an address or a name is missing"));
        }
        settings.client_port_address = Some(value.to_owned());
        Ok(())
    }),
    ("dataDir", |settings, value| {
        settings.data_dir = Some(value.to_owned());
        Ok(())
    }),
    ("tickTime", |settings, value| {
        settings.config.tick = milliseconds(decimal(value)?, 1)?;
        Ok(())
    }),
    ("maxClientCnxns", |settings, value| {
        settings.config.max_client_connections = any_if_negative(decimal(value)?);
        Ok(())
    }),
    ("minSessionTimeout", |settings, value| {
        settings.config.min_session_timeout = unless_minus_one(decimal(value)?)?;
        Ok(())
    }),
    ("maxSessionTimeout", |settings, value| {
        settings.config.max_session_timeout = unless_minus_one(decimal(value)?)?;
        Ok(())
    }),
];

/// What Apache's server knows in its file and does not make a system property of; those behind a
/// prefix are in the next list.
const IGNORED_IN_FILE: &[&str] = &[
    "dataLogDir",
    "secureClientPort",
    "secureClientPortAddress",
    "observerMasterPort",
    "clientPortListenBacklog",
    "localSessionsEnabled",
    "localSessionsUpgradingEnabled",
    "initLimit",
    "syncLimit",
    "connectToLearnerMasterLimit",
    "electionAlg",
    "quorumListenOnAllIPs",
    "peerType",
    "syncEnabled",
    "dynamicConfigFile",
    "standaloneEnabled",
    "reconfigEnabled",
    "sslQuorum",
    "portUnification",
    "sslQuorumReloadCertFiles",
    "oraclePath",
];
const IGNORED_PREFIXES: &[&str] = &[
    "autopurge.",
    "server.",
    "group.",
    "weight.",
    "quorum.",
    "jvm.pause.",
    "metricsProvider.",
    "multiAddress.",
];

const PROPERTIES: &[(&str, Setter)] = &[
    ("jute.maxbuffer", |settings, value| {
        let most = decoded(value)?;
        settings.config.max_buffer =
            usize::try_from(most).ok().filter(|most| *most > 0).ok_or("it must be positive")?;
        Ok(())
    }),
    ("readonlymode.enabled", |settings, value| {
        if is_true(value) {
            settings.config.four_letter_words.insert(String::from("isro"));
        }
        Ok(())
    }),
    ("znode.container.checkIntervalMs", |settings, value| {
        settings.config.container_check_interval = milliseconds(decoded(value)?, 1)?;
        Ok(())
    }),
    ("znode.container.maxPerMinute", |settings, value| {
        let most = u32::try_from(decoded(value)?).ok().filter(|most| *most > 0);
        settings.config.container_max_per_minute = most.ok_or("it must be positive")?;
        Ok(())
    }),
    ("znode.container.maxNeverUsedIntervalMs", |settings, value| {
        let most = milliseconds(decoded(value)?, 0)?;
        settings.config.container_max_never_used = Some(most).filter(|most| !most.is_zero());
        Ok(())
    }),
    ("zookeeper.4lw.commands.whitelist", |settings, value| {
        let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
        let mut words: BTreeSet<String> = words.map(str::to_owned).collect();
        // Apache's scripts live on it, so it is always allowed.
        words.insert(String::from("srvr"));
        settings.config.four_letter_words.append(&mut words);
        Ok(())
    }),
    ("zookeeper.DigestAuthenticationProvider.superDigest", |settings, value| {
        let parts = value.split_once(':').filter(|(_, digest)| !digest.is_empty());
        let (user, _) = parts.ok_or("write super: and a digest, as in super:D/InIHSb7yE…=")?;
        if user != "super" {
            return Err(format!("the super user is called super, not {user:?}"));
        }
        settings.config.super_digest = Some(value.to_owned());
        Ok(())
    }),
    ("zookeeper.enforceQuota", |settings, value| {
        settings.config.enforce_quota = is_true(value);
        Ok(())
    }),
    ("zookeeper.extendedTypesEnabled", |settings, value| {
        settings.config.extended_types = is_true(value);
        Ok(())
    }),
    ("zookeeper.maxCnxns", |settings, value| {
        settings.max_connections = any_if_negative(decoded(value)?);
        Ok(())
    }),
    ("zookeeper.nio.sessionlessCnxnTimeout", |settings, value| {
        settings.config.handshake_timeout = milliseconds(decoded(value)?, 1)?;
        Ok(())
    }),
    ("zookeeper.skipACL", |settings, value| {
        settings.config.skip_acl = value == "yes";
        Ok(())
    }),
];

fn port(value: &str) -> Result<u16, String> {
    value.parse().map_err(|_| format!("{value:?} is not a port: a number from 0 to 65535"))
}

fn decimal(value: &str) -> Result<i32, String> {
    value.parse().map_err(|_| not_a_number(value))
}

fn decoded(value: &str) -> Result<i32, String> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let hexadecimal = ["0x", "0X", "#"].iter().find_map(|prefix| digits.strip_prefix(prefix));
    let magnitude = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(digits), _) => i64::from_str_radix(digits, 16),
        (None, Some(digits)) if !digits.is_empty() => i64::from_str_radix(digits, 8),
        _ => digits.parse(),
    };
    let magnitude = magnitude.ok().filter(|_| !digits.starts_with(['-', '+']));
    let number = magnitude.map(|magnitude| if negative { -magnitude } else { magnitude });
    number.and_then(|number| i32::try_from(number).ok()).ok_or_else(|| not_a_number(value))
}

fn not_a_number(value: &str) -> String {
    format!("{value:?} is not a whole number of 32 bits")
}

fn milliseconds(number: i32, least: u64) -> Result<Duration, String> {
    let ms = u64::try_from(number).ok().filter(|ms| *ms >= least);
    ms.map(Duration::from_millis).ok_or_else(|| format!("it must be {least} or more milliseconds"))
}

fn unless_minus_one(number: i32) -> Result<Option<Duration>, String> {
    if number == -1 { Ok(None) } else { milliseconds(number, 0).map(Some) }
}

/// Zero is any number, and Apache's server takes whatever is negative for zero.
fn any_if_negative(number: i32) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// As `Boolean.parseBoolean`: everything but true is false.
fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}
