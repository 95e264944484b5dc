//! What no single argument is to blame for: refused before anything is sent, with the reason.

use zookit::proto::path;

use crate::args::{Create, Global, Invocation, Rm, Set, Verb};
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
        self.refuse_servers()?;
        match &self.verb {
            Verb::Create(create) => create.refuse(),
            Verb::Rm(rm) => rm.refuse(),
            Verb::Set(set) => set.refuse(),
            Verb::Lock(lock) => lock.refuse(),
            _ => Ok(()),
        }
    }
}

impl Invocation {
    /// Refuses more than one answer to the question of which server it is.
    fn refuse_servers(&self) -> Result<(), Failure> {
        let Global { servers, servers_are_named, embedded, load, tls, .. } = &self.global;
        let named = servers.as_deref().filter(|_| *servers_are_named);
        let serve = matches!(self.verb, Verb::Serve(_));
        let itself = self.verb.is_servers_itself();
        match (named, itself) {
            (_, Some((verb, _))) if *embedded => {
                Err(Failure::usage(format!("{verb} with --embedded: it is a server itself"))
                    .hint("leave --embedded out"))
            }
            (Some(named), Some((verb, hint))) => {
                Err(Failure::usage(format!("{verb} with --servers {named}: it connects to none"))
                    .hint(hint))
            }
            (Some(named), None) if *embedded => Err(Failure::usage(format!(
                "--embedded and --servers {named} exclude each other: the one is a server of the \
                 verb's own, the other names servers"
            ))
            .hint("leave out one of them")),
            _ if *embedded && matches!(self.verb, Verb::Admin(_)) => {
                Err(Failure::usage("admin with --embedded: its server has no AdminServer")
                    .hint("`zk --embedded mntr` and the other four-letter words ask the same"))
            }
            (_, Some(("ensemble", _))) if tls.is_wanted() => {
                Err(Failure::usage("ensemble with --tls: its servers have no port that speaks TLS")
                    .hint("leave out --tls and the options that begin so"))
            }
            _ if (serve || *embedded) && tls.is_wanted() => Err(Failure::usage(
                "--tls with a server of our own: it is the embedded one, which speaks no TLS",
            )
            .hint("leave out --tls and the options that begin so")),
            _ => match load {
                Some(file) if !serve && !embedded => Err(Failure::usage(format!(
                    "--load {} without --embedded: only a server that starts can load a tree",
                    file.display()
                ))
                .hint("add --embedded, or load it with `zk serve --load FILE`")),
                _ => Ok(()),
            },
        }
    }
}

impl Verb {
    /// A verb that runs servers rather than asking some, and what says where those are.
    const fn is_servers_itself(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Serve(_) => Some(("serve", "--listen HOST:PORT says where it listens")),
            #[cfg(unix)]
            Self::Ensemble(_) => {
                Some(("ensemble", "its first line says where its servers are: they choose ports"))
            }
            _ => None,
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
    use std::path::{Path, PathBuf};

    use super::*;

    fn refused(line: &str) -> String {
        match Invocation::read(line.split(' ')) {
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
            ("zk --embedded -s h:1/c get /a", "--embedded and --servers h:1/c exclude"),
            ("zk ls / -s h:1 --embedded", "--embedded and --servers h:1 exclude"),
            ("zk get /a --load f", "--load f without --embedded"),
            ("zk --load f get /a -s h:1", "--load f without --embedded"),
            ("zk --embedded admin monitor", "no AdminServer"),
            ("zk lock /a --wait 1s -- true --kill-after", "not refused"),
            ("zk lock ls /a -s h:1", "not refused"),
            ("zk lock -s h:1 ls /a", "not refused"),
            ("zk lock --wait 1s ls /a", "lock ls only lists"),
            ("zk lock --id x ls /a", "not provided: path"),
            ("zk lock a -- true", "not with"),
            ("zk lock /a", "COMMAND"),
            ("zk elect /a --kill-after 0s -- true", "must not be zero"),
            ("zk --embedded serve", "is a server itself"),
            ("zk serve -s h:1", "it connects to none"),
        ] {
            assert!(refused(line).contains(reason), "{line}: {}", refused(line));
        }
    }

    #[test]
    fn a_password_on_the_command_line_is_not_repeated() {
        assert!(!refused("zk get /a --auth digest:amy:secret").contains("secret"));
    }

    #[test]
    fn a_tree_is_loaded_by_whoever_starts_a_server() {
        for line in [
            "zk --embedded --load f get /a",
            "zk get /a --load f --embedded",
            "zk serve --load f",
            "zk --load f serve",
        ] {
            assert_eq!(refused(line), "not refused", "{line}");
            let file = Invocation::read(line.split(' ')).unwrap().file_to_load();
            assert_eq!(file.as_deref(), Some(Path::new("f")), "{line}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn there_is_no_tls_with_a_server_of_our_own() {
        for line in ["zk --embedded --tls ls /", "zk serve --tls-ca ca.pem"] {
            assert!(refused(line).contains("speaks no TLS"), "{line}");
        }
    }

    impl Invocation {
        /// The file that the server gets, whichever it is.
        fn file_to_load(self) -> Option<PathBuf> {
            match self.verb {
                Verb::Serve(serve) => serve.load,
                _ => self.global.load,
            }
        }
    }

    #[test]
    fn a_sequential_name_may_be_empty() {
        assert_eq!(refused("zk create /a/ -q"), "not refused");
        assert_eq!(refused("zk create / -q"), "not refused");
    }
}
