//! A configuration out of the text of `zoo.cfg`.

use std::io;
use std::path::{Path, PathBuf};

use super::keys::Key;
use super::member::Member;
use super::{ConfigError, ServerConfig, properties};

impl ServerConfig {
    /// Reads the text of a `zoo.cfg`. Keys that have no field go to [`other`](Self::other); where
    /// a key is set twice the last holds, as with the server.
    ///
    /// # Errors
    ///
    /// [`ConfigError::BadLine`], with the line, its key and what is wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::parse_of(text, None)
    }

    /// Reads a `zoo.cfg`. If it names a dynamic configuration file, the members are those of that
    /// file.
    ///
    /// # Errors
    ///
    /// Those of the file system; and [`io::ErrorKind::InvalidData`] with the
    /// [`ConfigError::BadLine`] within, which names the file too.
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let mut config = Self::read_one(path)?;
        if let Some(dynamic) = &config.dynamic_config_file {
            config.members = Self::read_one(dynamic)?.members;
        }
        Ok(config)
    }

    fn read_one(path: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Self::parse_of(&text, Some(path.to_path_buf()))
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn parse_of(text: &str, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let bad = |line, key: &str, why: String| {
            let (file, key) = (file.clone(), key.to_owned());
            ConfigError::BadLine { file, line, key, why }
        };
        let entries = properties::read(text)
            .map_err(|line| bad(line, "\\u", "four digits must follow".to_owned()))?;
        let mut config = Self::default();
        for entry in entries {
            let (key, value) = (entry.key.as_str(), entry.value.as_str());
            config.take(key, value).map_err(|why| bad(entry.line, key, why))?;
        }
        Ok(config)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        if let Some(known) = Key::named(key) {
            return (known.read)(self, value);
        }
        if let Some(id) = key.strip_prefix("server.") {
            let id = id.parse().map_err(|_| format!("{id:?} is not the number of a member"))?;
            let member = Member::read(id, value)?;
            self.members.retain(|other| other.id != id);
            self.members.push(member);
            return Ok(());
        }
        self.other.retain(|(other, _)| other != key);
        self.other.push((key.to_owned(), value.to_owned()));
        Ok(())
    }
}
