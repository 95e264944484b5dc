//! The settings of Apache ZooKeeper, read into ours: `zoo.cfg` and `-Dname=value`.
//!
//! ```text
//! zoo.cfg ──> properties.rs ──> a key of the file ───────────────┐
//!                         └───> any other: zookeeper.KEY ──┐     ├──> keys.rs ──> Settings
//! -Dname=value ────────────────────> a system property ────┴─────┘
//! ```
//! As in Apache's server, a key of the file that it does not know becomes the system property
//! `zookeeper.KEY`, and wins over one that was given with `-D`. What has no meaning here is named in
//! [`Settings::ignored`].

mod keys;
mod properties;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::core::Config;

/// The tick of a file that names none; Apache's sample file names 2000.
const TICK_OF_A_FILE: Duration = Duration::from_millis(3000);

/// What was read: how the server behaves, and where it listens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Settings {
    /// How the server behaves.
    pub config: Config,
    /// The port to listen on (`clientPort`); zero: any that is free.
    pub client_port: Option<u16>,
    /// The address, or a name for it (`clientPortAddress`); `None`: all of them.
    pub client_port_address: Option<String>,
    /// Connections altogether (`zookeeper.maxCnxns`); zero: any number.
    pub max_connections: usize,
    /// Where Apache's server would keep its data (`dataDir`); nothing is read or written there.
    pub data_dir: Option<String>,
    /// What has no meaning here, in the order in which it was met.
    pub ignored: Vec<Ignored>,
}

/// A key that has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ignored {
    /// The key, as it was written.
    pub key: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file, as it was named.
        file: String,
        /// The number of the line, from one.
        line: usize,
    },
    /// Among the system properties.
    Property,
}

/// `zoo.cfg:7`, or `-D`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Property => f.write_str("-D"),
        }
    }
}

/// A setting that cannot be, or a file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting that cannot be.
    #[error("{place}: {key}: {why}")]
    Value {
        /// Where it stands.
        place: Place,
        /// Its key, as it was written.
        key: String,
        /// What is wrong with its value.
        why: String,
    },
    /// A line that is no setting.
    #[error("{place}: {why}")]
    Line {
        /// Where it stands.
        place: Place,
        /// What is wrong with it.
        why: String,
    },
    /// Settings that cannot be together.
    #[error("{0}")]
    Together(String),
    /// The file cannot be read.
    #[error("cannot read {file}: {why}")]
    File {
        /// The file, as it was named.
        file: String,
        /// What the system says.
        why: String,
    },
}

impl Settings {
    /// Reads `zoo.cfg`, where there is one, and system properties: pairs of a name and a value, of
    /// which the last of a name counts.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or anything in it or in the properties cannot be; the error says
    /// where it stands.
    pub fn read(
        file: Option<&Path>,
        properties: &[(String, String)],
    ) -> Result<Self, SettingsError> {
        let Some(path) = file else { return Self::parse(None, properties) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsError::File { file: name.clone(), why: error.to_string() })?;
        Self::parse(Some((&name, &text)), properties)
    }

    /// As [`read`](Self::read), of a file's name and its text.
    ///
    /// # Errors
    ///
    /// As those of [`read`](Self::read), but for the reading.
    pub fn parse(
        file: Option<(&str, &str)>,
        properties: &[(String, String)],
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        let given = properties
            .iter()
            .map(|(name, value)| (name.clone(), (name.clone(), value.clone(), Place::Property)));
        // By the full name of the property: as it was written, its value, and where it stands.
        let mut properties: BTreeMap<String, (String, String, Place)> = given.collect();
        if let Some((name, text)) = file {
            settings.config.tick = TICK_OF_A_FILE;
            let place = |line| Place::File { file: name.to_owned(), line };
            let entries = properties::parse(text)
                .map_err(|(line, why)| SettingsError::Line { place: place(line), why })?;
            for properties::Entry { line, key, value } in entries {
                match keys::in_file(&key) {
                    Some(set) => settings.set(set, &key, &value, place(line))?,
                    None => {
                        let full = format!("zookeeper.{key}");
                        properties.insert(full, (key, value, place(line)));
                    }
                }
            }
        }
        for (full, (key, value, place)) in properties {
            match keys::property(&full) {
                Some(set) => settings.set(set, &key, &value, place)?,
                None => settings.ignored.push(Ignored { key, place }),
            }
        }
        settings.ignored.sort_by_key(|ignored| match &ignored.place {
            Place::File { line, .. } => *line,
            Place::Property => usize::MAX,
        });
        settings.check()?;
        Ok(settings)
    }

    fn set(
        &mut self,
        set: keys::Set,
        key: &str,
        value: &str,
        place: Place,
    ) -> Result<(), SettingsError> {
        match set {
            keys::Set::Ignored => {
                self.ignored.push(Ignored { key: key.to_owned(), place });
                Ok(())
            }
            keys::Set::By(set) => set(self, value).map_err(|why| SettingsError::Value {
                place,
                key: key.to_owned(),
                why,
            }),
        }
    }

    /// What no single setting is to blame for.
    fn check(&self) -> Result<(), SettingsError> {
        let together = |why: &str| Err(SettingsError::Together(why.to_owned()));
        let Config { tick, min_session_timeout, max_session_timeout, .. } = &self.config;
        let min = min_session_timeout.unwrap_or(*tick * 2);
        let max = max_session_timeout.unwrap_or(*tick * 20);
        if min > max {
            let (min, max) = (min.as_millis(), max.as_millis());
            return together(&format!(
                "minSessionTimeout ({min}) must not be larger than maxSessionTimeout ({max})"
            ));
        }
        if self.client_port_address.is_some() && self.client_port.is_none() {
            return together("clientPortAddress is set, and clientPort is not");
        }
        Ok(())
    }

    /// One line that names all that is ignored, or nothing if nothing is.
    #[must_use]
    pub fn ignored_line(&self) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        for Ignored { key, .. } in &self.ignored {
            // Of keys that many servers need only real system properties are read.
            let hint = if keys::property(key).is_some() { " (only as -D)" } else { "" };
            let name = format!("{key}{hint}");
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let names = names.join(", ");
        (!names.is_empty()).then(|| format!("ignored, for they have no meaning here: {names}"))
    }
}

#[cfg(test)]
mod tests;
