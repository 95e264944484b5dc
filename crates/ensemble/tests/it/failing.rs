//! Servers that do not start: with programs in place of Java, so that they need none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zookit_ensemble::blocking::{Cluster, Server};
use zookit_ensemble::config::ConfigError;
use zookit_ensemble::{Error, Java, Release, ServerBuilder, Version};

/// A shell script in place of Java, in a directory of its own.
struct Script(PathBuf);

impl Script {
    fn new(text: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("script-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        let program = directory.join("java");
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    fn java(&self) -> Java {
        Java::at(self.0.join("java"))
    }

    fn builder(&self) -> ServerBuilder {
        let release = Release::with_classpath(Version::new(3, 9, 5), "jars");
        Server::builder().java(&self.java()).release(&release).directory_in(self.0.join("servers"))
    }

    /// How many servers have left something.
    fn left(&self) -> usize {
        fs::read_dir(self.0.join("servers")).map_or(0, Iterator::count)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn one_that_ends_is_reported_with_the_end_of_its_log() {
    let script = Script::new("echo out; echo \"$@\" >&2; exit 7");
    let error = script.builder().java_flag("-Dx=y").start_blocking().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("ZooKeeper 3.9.5 on 127.0.0.1:"), "{text}");
    assert!(text.contains(" ended (exit status: 7); the end of its log:\nout\n-Xmx160m"), "{text}");
    assert!(text.contains(" -Dx=y ") && text.contains(":jars org.apache.zookeeper."), "{text}");
    assert!(matches!(error, Error::Ended { .. }) && !error.is_port_taken());
    assert_eq!(script.left(), 0);
}

#[test]
fn one_that_does_not_serve_is_reported_and_ended() {
    let script = Script::new("echo waits; sleep 600; echo no more");
    let limit = Duration::from_millis(200);
    let error = script.builder().start_limit(limit).start_blocking().unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("does not serve after 0.2 s; the end of its log:\nwaits"), "{text}");
    assert!(matches!(error, Error::NotServing { waited, .. } if waited == limit));
    assert_eq!(script.left(), 0);
}

#[test]
fn a_member_that_ends_ends_the_wait_for_the_ensemble() {
    let script = Script::new("echo 'no such class'; exit 1");
    let release = Release::with_classpath(Version::new(3, 9, 5), "jars");
    let builder = Cluster::builder().java(&script.java()).release(&release);
    let error = builder.directory_in(script.0.join("servers")).start_blocking().unwrap_err();
    assert!(error.to_string().contains("no such class"), "{error}");
    assert_eq!(script.left(), 0);
}

#[test]
fn a_release_without_dynamic_reconfiguration_is_refused() {
    let script = Script::new("");
    let release = Release::with_classpath(Version::new(3, 4, 14), "jars");
    let builder = Cluster::builder().java(&script.java()).release(&release).reconfigurable(true);
    let error = builder.directory_in(script.0.join("servers")).start_blocking().unwrap_err();
    let Error::Config(error) = error else { panic!("{error}") };
    let expected = "reconfigEnabled: 3.4.14 has no dynamic reconfiguration, 3.5.3 is the first";
    assert_eq!(error.to_string(), expected);
    assert_eq!(script.left(), 0);
}

#[test]
fn a_port_that_another_process_took_is_tried_again_with_others() {
    let script = Script::new("echo x >>\"${0%/*}/runs\"; echo 'java.net.BindException: in use'");
    let error = script.builder().start_blocking().unwrap_err();
    assert!(error.is_port_taken(), "{error}");
    assert_eq!(fs::read_to_string(script.0.join("runs")).unwrap().lines().count(), 5);
    assert_eq!(script.left(), 0);
}

#[test]
fn one_without_a_program_is_reported() {
    let script = Script::new("");
    let nowhere = Java::at(script.0.join("nowhere"));
    let error = script.builder().java(&nowhere).start_blocking().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("ended (exit status: 127)") && text.contains("nowhere"), "{text}");
}

#[test]
fn what_is_wrong_with_its_configuration_is_said_before_anything_starts() {
    let script = Script::new("touch \"${0%/*}/ran\"");
    let wrong = |change: fn(&mut zookit_ensemble::ServerConfig)| match script
        .builder()
        .config(change)
        .start_blocking()
    {
        Err(Error::Config(error)) => error,
        other => panic!("{other:?}"),
    };
    let error = wrong(|config| config.tick_time = Some(Duration::from_micros(1500)));
    assert_eq!(error.to_string(), "tickTime: 1.5ms is not in whole milliseconds");
    let error = wrong(|config| config.four_letter_words = Some(vec!["ruok".to_owned()]));
    assert!(matches!(error, ConfigError::BadField { key, .. } if key == "4lw.commands.whitelist"));
    assert_eq!(script.left(), 0);
    assert!(!script.0.join("ran").exists());
}

#[test]
fn a_port_that_somebody_listens_at_is_not_given_to_a_server() {
    let script = Script::new("");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let builder = script.builder().config(move |config| config.client_port = Some(port));
    let error = builder.start_blocking().unwrap_err();
    assert_eq!(error.to_string(), format!("cannot keep the port 127.0.0.1:{port}"));
}
