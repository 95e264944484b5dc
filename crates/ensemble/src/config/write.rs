//! A configuration as the text of `zoo.cfg`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::keys::{KEYS, Key};
use super::{
    ConfigError, DEFAULT_AUTO_PURGE_SNAP_RETAIN_COUNT, DEFAULT_CLIENT_PORT, DEFAULT_INIT_LIMIT,
    DEFAULT_SYNC_LIMIT, DEFAULT_TICK_TIME, ServerConfig, properties,
};

impl ServerConfig {
    /// The text of `zoo.cfg`: the keys in an order of their own, the members, and then
    /// [`other`](Self::other) keys as they come. With a
    /// [dynamic configuration file](Self::dynamic_config_file) the members belong there, as
    /// [`members_text`](Self::members_text), and not here.
    ///
    /// # Errors
    ///
    /// [`ConfigError::MissingField`] without a data directory; [`ConfigError::BadField`] with a
    /// value that the server would read as another, or not at all.
    pub fn to_zoo_cfg(&self) -> Result<String, ConfigError> {
        if self.data_dir.is_none() {
            return Err(ConfigError::MissingField { key: "dataDir" });
        }
        let config = self.with_defaults();
        let mut text = String::new();
        for key in KEYS {
            if let Some(value) = (key.write)(&config) {
                let bad = |why| ConfigError::BadField { key: key.name.to_owned(), why };
                text.push_str(&properties::line(key.name, &value.map_err(bad)?));
            }
        }
        let members = config.members_text()?;
        if config.dynamic_config_file.is_none() {
            text.push_str(&members);
        }
        for (key, value) in &config.other {
            config.check_other(key, value)?;
            text.push_str(&properties::line(key, value));
        }
        Ok(text)
    }

    /// Writes that text. In the words of the Go package, marshals it.
    ///
    /// # Errors
    ///
    /// Those of the writer, and those of [`to_zoo_cfg`](Self::to_zoo_cfg) as
    /// [`io::ErrorKind::InvalidInput`] with the [`ConfigError`] within.
    pub fn write_to(&self, mut writer: impl Write) -> io::Result<()> {
        let text = self.to_zoo_cfg();
        let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        writer.write_all(text.as_bytes())
    }

    /// The lines of the members alone, as they stand in a dynamic configuration file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::BadField`], as with [`to_zoo_cfg`](Self::to_zoo_cfg).
    pub fn members_text(&self) -> Result<String, ConfigError> {
        let mut ids = BTreeSet::new();
        let mut text = String::new();
        for member in &self.members {
            let key = format!("server.{}", member.id);
            let checked = member.check();
            let twice = || Err("two members of this number".to_owned());
            let checked = if ids.insert(member.id) { checked } else { twice() };
            checked.map_err(|why| ConfigError::BadField { key: key.clone(), why })?;
            text.push_str(&properties::line(&key, &member.value().to_string()));
        }
        Ok(text)
    }

    /// This, with what a server needs.
    pub(super) fn with_defaults(&self) -> Self {
        let mut config = self.clone();
        config.tick_time.get_or_insert(DEFAULT_TICK_TIME);
        config.init_limit.get_or_insert(DEFAULT_INIT_LIMIT);
        config.sync_limit.get_or_insert(DEFAULT_SYNC_LIMIT);
        if config.auto_purge_interval_hours.is_some_and(|hours| hours > 0) {
            let count = &mut config.auto_purge_snap_retain_count;
            count.get_or_insert(DEFAULT_AUTO_PURGE_SNAP_RETAIN_COUNT);
        }
        let in_members = self.members.iter().any(|member| member.client.is_some());
        let in_a_file = self.dynamic_config_file.is_some();
        if self.secure_client_port.is_none() && !in_members && !in_a_file {
            config.client_port.get_or_insert(DEFAULT_CLIENT_PORT);
        }
        config
    }

    /// A key with a field of its own would be there twice, and the server takes the last.
    fn check_other(&self, key: &str, value: &str) -> Result<(), ConfigError> {
        let bad =
            |why: &str| Err(ConfigError::BadField { key: key.to_owned(), why: why.to_owned() });
        if Key::named(key).is_some() || key.starts_with("server.") {
            return bad("has a field of its own");
        }
        if key.is_empty() || key.trim() != key {
            return bad("is no key");
        }
        if value.trim() != value {
            return bad("begins or ends with a blank, which the server cuts off");
        }
        if self.other.iter().filter(|(other, _)| other == key).count() > 1 {
            return bad("stands there twice");
        }
        Ok(())
    }
}
