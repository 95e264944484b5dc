//! Settings as harnesses for Apache's server write them.

use super::*;

fn file(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(Some(("zoo.cfg", text)), &[])
}

fn given(properties: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Settings::parse(None, &properties.iter().map(owned).collect::<Vec<_>>())
}

/// What the error of a file with this line says.
fn refused(line: &str) -> String {
    file(&format!("# first\n{line}\n")).unwrap_err().to_string()
}

#[test]
fn a_file_as_harnesses_write_it_is_read() {
    let settings = file(
        "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/data/zk\nclientPort=2182\n\
         clientPortAddress=127.0.0.1\nmaxClientCnxns=0\nminSessionTimeout=100\n\
         maxSessionTimeout=600000\n4lw.commands.whitelist=ruok, mntr\nenforceQuota=true\n\
         extendedTypesEnabled=true\nskipACL=yes\nautopurge.purgeInterval=1\n\
         admin.enableServer=false\nmaxCnxns=7\n\
         DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=\n",
    );
    let settings = settings.unwrap();
    let config = &settings.config;
    assert_eq!(config.tick, Duration::from_secs(2));
    assert_eq!(config.min_session_timeout, Some(Duration::from_millis(100)));
    assert_eq!(config.max_session_timeout, Some(Duration::from_secs(600)));
    assert_eq!(config.max_client_connections, 0);
    assert!(config.enforce_quota && config.extended_types && config.skip_acl);
    assert_eq!(config.super_digest.as_deref(), Some("super:D/InIHSb7yEEbrWz8b9l71RjZJU="));
    assert!(config.four_letter_words.iter().eq(["mntr", "ruok", "srvr"]));
    assert_eq!(settings.client_port, Some(2182));
    assert_eq!(settings.client_port_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(settings.max_connections, 7);
    assert_eq!(settings.data_dir.as_deref(), Some("/data/zk"));
    let ignored: Vec<&str> = settings.ignored.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(
        ignored,
        ["initLimit", "syncLimit", "autopurge.purgeInterval", "admin.enableServer"]
    );
}

#[test]
fn system_properties_are_read_under_their_full_names() {
    let settings = given(&[
        ("jute.maxbuffer", "0x100000"),
        ("znode.container.checkIntervalMs", "250"),
        ("znode.container.maxPerMinute", "60"),
        ("znode.container.maxNeverUsedIntervalMs", "5000"),
        ("zookeeper.extendedTypesEnabled", "TRUE"),
        ("zookeeper.nio.sessionlessCnxnTimeout", "010"),
        ("readonlymode.enabled", "true"),
        ("java.net.preferIPv4Stack", "true"),
        ("tickTime", "1"),
    ]);
    let settings = settings.unwrap();
    let config = &settings.config;
    assert_eq!(config.max_buffer, 1_048_576);
    assert_eq!(config.container_check_interval, Duration::from_millis(250));
    assert_eq!(config.container_max_per_minute, 60);
    assert_eq!(config.container_max_never_used, Some(Duration::from_secs(5)));
    assert_eq!(config.handshake_timeout, Duration::from_millis(8), "octal, as Java reads it");
    assert!(config.extended_types);
    assert!(config.four_letter_words.contains("isro"));
    assert_eq!(config.tick, Duration::from_secs(2), "tickTime is no system property");
    let line = settings.ignored_line().unwrap();
    assert!(line.ends_with("java.net.preferIPv4Stack, tickTime"), "{line}");
}

#[test]
fn without_anything_it_is_the_default() {
    assert_eq!(given(&[]).unwrap(), Settings::default());
    assert_eq!(Settings::default().ignored_line(), None);
    // Apache's server has another tick for files that name none.
    assert_eq!(file("").unwrap().config.tick, Duration::from_secs(3));
}

#[test]
fn a_property_of_the_file_wins_over_the_command_line() {
    let properties = [(String::from("zookeeper.enforceQuota"), String::from("true"))];
    let settings = Settings::parse(Some(("zoo.cfg", "enforceQuota=false")), &properties).unwrap();
    assert!(!settings.config.enforce_quota);
}

#[test]
fn of_several_the_last_counts() {
    let settings = file("clientPort=1\nclientPort=2\n").unwrap();
    assert_eq!(settings.client_port, Some(2));
}

#[test]
fn what_is_read_only_as_a_system_property_says_so() {
    let settings = file("jute.maxbuffer=5\n").unwrap();
    assert_eq!(settings.config.max_buffer, Config::default().max_buffer);
    let line = settings.ignored_line().unwrap();
    assert!(line.ends_with(": jute.maxbuffer (only as -D)"), "{line}");
}

#[test]
fn a_key_that_is_ignored_twice_is_named_once() {
    let line = file("foo=1\nfoo=2\nserver.1=a\nserver.1=b\n").unwrap().ignored_line().unwrap();
    assert_eq!(line.matches("foo").count(), 1, "{line}");
    assert_eq!(line.matches("server.1").count(), 1, "{line}");
}

#[test]
fn errors_name_the_file_the_line_and_the_key() {
    assert_eq!(
        refused("tickTime=2s"),
        "zoo.cfg:2: tickTime: \"2s\" is not a whole number of 32 bits"
    );
    for (line, why) in [
        ("clientPort=65536", "is not a port"),
        ("clientPort=2181\nclientPortAddress=", "zoo.cfg:3: clientPortAddress: an address"),
        ("tickTime=0", "1 or more milliseconds"),
        ("maxClientCnxns=many", "not a whole number"),
        ("minSessionTimeout=-2", "0 or more milliseconds"),
        ("minSessionTimeout=100\nmaxSessionTimeout=50", "(100) must not be larger than"),
        ("clientPortAddress=127.0.0.1", "clientPort is not"),
        ("DigestAuthenticationProvider.superDigest=test", "super: and a digest"),
        ("DigestAuthenticationProvider.superDigest=amy:x", "not \"amy\""),
        ("maxCnxns=08", "zoo.cfg:2: maxCnxns: \"08\" is not"),
        ("a=\\uzzzz", "zoo.cfg:2: \\uzzzz is no character"),
    ] {
        assert!(refused(line).contains(why), "{line}: {}", refused(line));
    }
    let error = given(&[("jute.maxbuffer", "0")]).unwrap_err().to_string();
    assert_eq!(error, "-D: jute.maxbuffer: it must be positive");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Settings::read(Some(Path::new("no/such/zoo.cfg")), &[]).unwrap_err();
    assert!(error.to_string().starts_with("cannot read no/such/zoo.cfg: "), "{error}");
}
