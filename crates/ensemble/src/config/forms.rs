//! How the values of keys are written: both directions of each form.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::ServerCnxnFactory;
use super::member::Role;

/// A form of values. What is wrong with one is said without its key.
pub(super) trait Form {
    type Value;
    fn write(value: &Self::Value) -> Result<String, String>;
    fn read(text: &str) -> Result<Self::Value, String>;
}

/// A number of a type.
pub(super) struct Number<N>(PhantomData<N>);

impl<N: FromStr + Display + Copy> Form for Number<N> {
    type Value = N;

    fn write(value: &N) -> Result<String, String> {
        Ok(value.to_string())
    }

    fn read(text: &str) -> Result<N, String> {
        text.parse().map_err(|_| format!("{text:?} is not a number that fits"))
    }
}

/// What Java reads as an `int`: up to 2³¹ - 1, and not negative.
pub(super) struct Count;

impl Form for Count {
    type Value = u32;

    fn write(value: &u32) -> Result<String, String> {
        match i32::try_from(*value) {
            Ok(value) => Ok(value.to_string()),
            Err(_) => Err(format!("{value} is more than {}", i32::MAX)),
        }
    }

    fn read(text: &str) -> Result<u32, String> {
        let number = text.parse::<i32>().ok().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| format!("{text:?} is not a number from 0 to {}", i32::MAX))
    }
}

/// Milliseconds, at least one.
pub(super) struct Millis;

impl Form for Millis {
    type Value = Duration;

    fn write(value: &Duration) -> Result<String, String> {
        if value.subsec_nanos() % 1_000_000 != 0 {
            return Err(format!("{value:?} is not in whole milliseconds"));
        }
        match i32::try_from(value.as_millis()) {
            Ok(millis) if millis > 0 => Ok(millis.to_string()),
            _ => Err(format!("{value:?} is not between 1 ms and {} ms", i32::MAX)),
        }
    }

    fn read(text: &str) -> Result<Duration, String> {
        match text.parse::<i32>() {
            Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis.unsigned_abs().into())),
            _ => Err(format!("{text:?} is not a number of milliseconds, at least 1")),
        }
    }
}

/// `true` or `false`.
pub(super) struct Boolean;

impl Form for Boolean {
    type Value = bool;

    fn write(value: &bool) -> Result<String, String> {
        Ok(value.to_string())
    }

    fn read(text: &str) -> Result<bool, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("{text:?} is neither true nor false")),
        }
    }
}

/// `forceSync`, which has words of its own.
pub(super) struct YesNo;

impl Form for YesNo {
    type Value = bool;

    fn write(value: &bool) -> Result<String, String> {
        Ok(if *value { "yes" } else { "no" }.to_owned())
    }

    // The server takes everything but `no` for yes.
    fn read(text: &str) -> Result<bool, String> {
        match text {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(format!("{text:?} is neither yes nor no")),
        }
    }
}

/// A text; the server cuts blanks off its ends.
pub(super) struct Text;

impl Form for Text {
    type Value = String;

    fn write(value: &String) -> Result<String, String> {
        if value.trim() == value {
            Ok(value.clone())
        } else {
            Err(format!("{value:?} begins or ends with a blank, which the server cuts off"))
        }
    }

    fn read(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

/// A path.
pub(super) struct PathForm;

impl Form for PathForm {
    type Value = PathBuf;

    fn write(value: &PathBuf) -> Result<String, String> {
        match value.to_str() {
            Some("") => Err("it is empty".to_owned()),
            Some(path) => Text::write(&path.to_owned()),
            None => Err(format!("{} is not UTF-8", value.display())),
        }
    }

    fn read(text: &str) -> Result<PathBuf, String> {
        match text {
            "" => Err("it is empty".to_owned()),
            path => Ok(PathBuf::from(OsStr::from_bytes(path.as_bytes()))),
        }
    }
}

/// Words apart by commas.
pub(super) struct Words;

impl Form for Words {
    type Value = Vec<String>;

    fn write(value: &Vec<String>) -> Result<String, String> {
        let bad = |word: &&String| word.is_empty() || word.contains([',', ' ']);
        match value.iter().find(bad) {
            Some(word) => Err(format!("{word:?} is no word")),
            None => Ok(value.join(",")),
        }
    }

    fn read(text: &str) -> Result<Vec<String>, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        Ok(words.map(str::to_owned).collect())
    }
}

/// `peerType`.
pub(super) struct PeerType;

impl Form for PeerType {
    type Value = Role;

    fn write(value: &Role) -> Result<String, String> {
        Ok(value.to_string())
    }

    fn read(text: &str) -> Result<Role, String> {
        text.parse()
    }
}

/// `serverCnxnFactory`.
pub(super) struct Factory;

const NIO: &str = "org.apache.zookeeper.server.NIOServerCnxnFactory";
const NETTY: &str = "org.apache.zookeeper.server.NettyServerCnxnFactory";

impl Form for Factory {
    type Value = ServerCnxnFactory;

    fn write(value: &ServerCnxnFactory) -> Result<String, String> {
        match value {
            ServerCnxnFactory::Nio => Ok(NIO.to_owned()),
            ServerCnxnFactory::Netty => Ok(NETTY.to_owned()),
            ServerCnxnFactory::Class(name) => Text::write(name),
        }
    }

    fn read(text: &str) -> Result<ServerCnxnFactory, String> {
        Ok(match text {
            NIO => ServerCnxnFactory::Nio,
            NETTY => ServerCnxnFactory::Netty,
            name => ServerCnxnFactory::Class(name.to_owned()),
        })
    }
}
