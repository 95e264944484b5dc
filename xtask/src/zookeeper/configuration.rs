//! What a server is started with: `zoo.cfg`, its log, the arguments of the Java machine.

use std::path::Path;

/// How a standalone server for tests differs from the usual one.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// ZooKeeper's unit of time, in milliseconds.
    pub(crate) tick_ms: u32,
    /// The range of session timeouts that the server grants, in milliseconds.
    pub(crate) session_timeout_ms: (u32, u32),
    /// More lines of `zoo.cfg`, as key and value. Keys that ZooKeeper does not know become system
    /// properties with the prefix `zookeeper.`.
    pub(crate) configuration: Vec<(String, String)>,
    /// More arguments for `java`, such as `-Djute.maxbuffer=1048575`.
    pub(crate) java: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tick_ms: 500,
            session_timeout_ms: (1_000, 60_000),
            configuration: Vec::new(),
            java: Vec::new(),
        }
    }
}

impl Options {
    /// The text of `zoo.cfg`.
    pub(super) fn zoo_cfg(&self, data_dir: &Path, port: u16) -> String {
        let (shortest, longest) = self.session_timeout_ms;
        let mut lines = vec![
            format!("tickTime={}", self.tick_ms),
            format!("minSessionTimeout={shortest}"),
            format!("maxSessionTimeout={longest}"),
            format!("dataDir={}", data_dir.display()),
            format!("clientPort={port}"),
            String::from("clientPortAddress=127.0.0.1"),
            // Tests open many connections from one address.
            String::from("maxClientCnxns=0"),
            // Else every server of the machine wants port 8080.
            String::from("admin.enableServer=false"),
            String::from("4lw.commands.whitelist=*"),
            // Nodes with a time to live.
            String::from("extendedTypesEnabled=true"),
            // The super user of the tests: `super:test`.
            String::from(
                "DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
            ),
            // The data need not outlive the process: no fsync, small log files (in KiB).
            String::from("forceSync=no"),
            String::from("preAllocSize=64"),
        ];
        lines.extend(self.configuration.iter().map(|(key, value)| format!("{key}={value}")));
        lines.join("\n") + "\n"
    }

    /// The arguments of `java`, up to the class path.
    pub(super) fn java_arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = [
            // Small and quick to start; the servers of all versions run side by side.
            "-Xmx160m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dzookeeper.jmx.log4j.disable=true",
            // Containers and nodes past their time to live go within seconds (default: a minute).
            "-Dznode.container.checkIntervalMs=1000",
        ]
        .map(String::from)
        .into();
        arguments.extend(self.java.iter().cloned());
        arguments
    }
}

/// For the releases from 3.8 on, which log through logback.
pub(super) const LOGBACK_XML: &str = r#"<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{1}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
"#;

/// For those before it, and for Debian's.
pub(super) const LOG4J_PROPERTIES: &str = "\
log4j.rootLogger=INFO, STDOUT
log4j.appender.STDOUT=org.apache.log4j.ConsoleAppender
log4j.appender.STDOUT.layout=org.apache.log4j.PatternLayout
log4j.appender.STDOUT.layout.ConversionPattern=%d %-5p %c{1}: %m%n
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_comes_last_and_so_wins() {
        let options = Options {
            configuration: vec![("tickTime".to_owned(), "200".to_owned())],
            ..Options::default()
        };
        let text = options.zoo_cfg(Path::new("/data"), 2181);
        assert!(text.starts_with("tickTime=500\n"));
        assert!(text.ends_with("\ntickTime=200\n"));
        assert!(text.contains("\nclientPort=2181\nclientPortAddress=127.0.0.1\n"));
    }
}
