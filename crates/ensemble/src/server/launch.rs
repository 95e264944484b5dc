//! What a server is started with: its directory, and the command line of its Java.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::config::{AdminConfig, ServerConfig};
use crate::release::{Java, Release};

/// The names of the files in a server's directory.
pub(crate) const ZOO_CFG: &str = "zoo.cfg";
pub(crate) const LOG: &str = "server.log";
pub(crate) const DATA: &str = "data";
/// Where the members are, if they can change. Servers from 3.5 on read it, and write another for
/// each change.
pub(crate) const DYNAMIC: &str = "zoo.cfg.dynamic";
const TMP: &str = "tmp";

/// How a server for tests differs from the usual one.
pub(crate) fn config_for_tests() -> ServerConfig {
    ServerConfig {
        tick_time: Some(Duration::from_millis(500)),
        min_session_timeout: Some(Duration::from_secs(1)),
        max_session_timeout: Some(Duration::from_secs(60)),
        client_port_address: Some("127.0.0.1".to_owned()),
        // Tests open many connections from one address.
        max_client_cnxns: Some(0),
        // Else every server of the machine wants port 8080.
        admin: AdminConfig { enabled: Some(false), ..AdminConfig::default() },
        four_letter_words: Some(vec!["*".to_owned()]),
        extended_types_enabled: Some(true),
        // `super:test`.
        super_digest: Some("super:D/InIHSb7yEEbrWz8b9l71RjZJU=".to_owned()),
        // The data need not outlive the machine: no fsync, and small log files.
        force_sync: Some(false),
        pre_alloc_size_kib: Some(64),
        ..ServerConfig::default()
    }
}

/// Small and quick to start; many servers run side by side.
const JAVA_FLAGS: [&str; 6] = [
    "-Xmx160m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    // Nothing in /tmp, where it would be left behind.
    "-XX:-UsePerfData",
    "-Dzookeeper.jmx.log4j.disable=true",
    // Containers and nodes past their time to live go within seconds (default: a minute).
    "-Dznode.container.checkIntervalMs=1000",
];

/// The Java machine and what it is told, beside its configuration.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) java: Java,
    pub(crate) release: Release,
    pub(crate) flags: Vec<String>,
}

impl Launch {
    pub(crate) fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(self.java.program());
        command.args(JAVA_FLAGS).args(&self.flags);
        // Whatever it unpacks goes with its directory.
        command.arg(format!("-Djava.io.tmpdir={}", directory.join(TMP).display()));
        command.arg("-cp").arg(format!("{}:{}", directory.display(), self.release.classpath));
        command.arg("org.apache.zookeeper.server.quorum.QuorumPeerMain");
        command.arg(directory.join(ZOO_CFG)).current_dir(directory);
        command
    }
}

/// Writes the files that a server finds in its directory.
pub(crate) fn prepare(
    directory: &Path,
    data_dir: &Path,
    my_id: Option<u64>,
    zoo_cfg: &str,
) -> io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    std::fs::create_dir_all(directory.join(TMP))?;
    if let Some(id) = my_id {
        std::fs::write(data_dir.join("myid"), format!("{id}\n"))?;
    }
    std::fs::write(directory.join(ZOO_CFG), zoo_cfg)?;
    std::fs::write(directory.join("logback.xml"), LOGBACK_XML)?;
    std::fs::write(directory.join("log4j.properties"), LOG4J_PROPERTIES)
}

/// For the releases from 3.8 on, which log through logback.
const LOGBACK_XML: &str = r#"<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{1}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
"#;

/// For those before it, and for Debian's.
const LOG4J_PROPERTIES: &str = "\
log4j.rootLogger=INFO, STDOUT
log4j.appender.STDOUT=org.apache.log4j.ConsoleAppender
log4j.appender.STDOUT.layout=org.apache.log4j.PatternLayout
log4j.appender.STDOUT.layout.ConversionPattern=%d %-5p %c{1}: %m%n
";
