//! What no single argument is to blame for: refused before anything is sent, with the reason.

use zookit::proto::path;

use crate::args::{Create, Invocation, Rm, Set, Verb};
use crate::auth;
use crate::error::Failure;

impl Invocation {
    /// Refuses what no single argument is to blame for.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        if self.global.auth.is_some() {
            return Err(Failure::usage(
                "there is no --auth: every user of this machine can read the arguments of a \
                 running command, and the shell's history keeps them",
            )
            .hint(format!("use --auth-file FILE, or {} in the environment", auth::VARIABLE)));
        }
        if self.global.embedded && matches!(self.verb, Verb::Serve(_)) {
            return Err(Failure::usage("serve with --embedded: it is a server itself"));
        }
        match &self.verb {
            Verb::Create(create) => create.refuse(),
            Verb::Rm(rm) => rm.refuse(),
            Verb::Set(set) => set.refuse(),
            _ => Ok(()),
        }
    }
}

impl Create {
    fn refuse(&self) -> Result<(), Failure> {
        let valid = if self.sequential {
            path::validate_sequential(&self.path)
        } else {
            path::validate(&self.path)
        };
        valid.map_err(|error| Failure::usage(format!("cannot create {}: {error}", self.path)))?;
        if self.path == path::ROOT && !self.sequential {
            return Err(Failure::usage("cannot create /: the root always exists"));
        }
        let conflicts = [
            (self.ephemeral && self.container, "--ephemeral", "--container", EPHEMERAL_PLAIN),
            (self.ephemeral && self.ttl.is_some(), "--ephemeral", "--ttl", EPHEMERAL_PLAIN),
            (self.container && self.ttl.is_some(), "--container", "--ttl", CONTAINER_PLAIN),
            (self.container && self.sequential, "--container", "--sequential", CONTAINER_PLAIN),
        ];
        for (conflict, one, other, why) in conflicts {
            if conflict {
                return Err(Failure::usage(format!("{one} and {other} exclude each other: {why}")));
            }
        }
        Ok(())
    }
}

const EPHEMERAL_PLAIN: &str = "an ephemeral goes with its session and not in any other way";
const CONTAINER_PLAIN: &str = "ZooKeeper has no such mode";

impl Set {
    /// A forgotten `-` must not cost the data: `echo new | zk set /a` would leave null.
    fn refuse(&self) -> Result<(), Failure> {
        if self.data.is_some() || self.null {
            return Ok(());
        }
        Err(Failure::usage(format!("cannot set {}: to what?", self.path))
            .hint("DATA, - to read standard input, '' for empty data, or --null"))
    }
}

impl Rm {
    fn refuse(&self) -> Result<(), Failure> {
        if self.path == path::ROOT {
            return Err(Failure::usage("cannot delete /: the root cannot be deleted"));
        }
        if self.recursive && self.version.is_some() {
            return Err(Failure::usage(
                "--recursive and --version exclude each other: one version \
                 cannot be that of many znodes",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn refused(line: &str) -> String {
        match Invocation::try_parse_from(line.split(' ')) {
            Err(error) => error.to_string(),
            Ok(invocation) => match invocation.refuse() {
                Ok(()) => String::from("not refused"),
                Err(failure) => failure.report().unwrap(),
            },
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        for (line, reason) in [
            ("zk get a", "not with"),
            ("zk get /a/", "ends with"),
            ("zk set /a x --version -1", "any version"),
            ("zk create / x", "the root always exists"),
            ("zk create /a/ x", "ends with"),
            ("zk create /a --ttl 10s --ephemeral", "--ephemeral and --ttl exclude each other"),
            ("zk create /a --container --sequential", "--container and --sequential exclude"),
            ("zk create /a --container --ttl 1s", "--container and --ttl exclude"),
            ("zk create /a --container --ephemeral", "--ephemeral and --container exclude"),
            ("zk create /a --ttl 0s", "a time to live is between"),
            ("zk create /a --ttl 10", "write 10ms, 10s or 10m"),
            ("zk rm /", "the root cannot be deleted"),
            ("zk rm /a --recursive --version 3", "--recursive and --version exclude"),
            ("zk watch /a --count 0", "0 is not in"),
            ("zk --jute-maxbuffer 5 get /a", "5 is not in"),
            ("zk get /a --auth digest:u:p", "--auth-file"),
        ] {
            assert!(refused(line).contains(reason), "{line}: {}", refused(line));
        }
    }

    #[test]
    fn a_password_on_the_command_line_is_not_repeated() {
        assert!(!refused("zk get /a --auth digest:amy:secret").contains("secret"));
    }

    #[test]
    fn a_sequential_name_may_be_empty() {
        assert_eq!(refused("zk create /a/ -q"), "not refused");
        assert_eq!(refused("zk create / -q"), "not refused");
    }
}
