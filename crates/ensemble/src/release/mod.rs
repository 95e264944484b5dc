//! Where a ZooKeeper and its Java come from.
//!
//! `version.rs` says which releases there are and which one is meant; `home.rs`, `maven.rs` and
//! `debian.rs` are the places that a release can come from, `listed.rs` those that the environment
//! lists; `java.rs` finds the Java, and `run.rs` runs the programs that fetch.

mod debian;
mod home;
mod java;
mod listed;
mod maven;
mod run;
mod version;

use std::fmt;
use std::path::{Path, PathBuf};

pub use self::home::VARIABLE as HOME_VARIABLE;
pub use self::java::Java;
pub use self::listed::CLASSPATHS_VARIABLE;
pub use self::version::{BadVersion, Version, Wanted};

use crate::Error;

/// A ZooKeeper that is on this machine, ready to be started.
///
/// ```
/// use zookit_ensemble::{Release, Wanted};
///
/// # if Release::listed().is_ok_and(|listed| listed.is_empty()) { return } // Nothing is fetched here.
/// match Release::find(Wanted::Newest) {
///     Ok(release) => println!("ZooKeeper {} from {}", release.version, release.source),
///     Err(error) => println!("none: {error}"), // … and what to install or to set
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// The release, as its jar says.
    pub version: Version,
    /// Where it came from.
    pub source: Source,
    /// The class path for `java -cp`.
    pub classpath: String,
}

/// Where a [`Release`] came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The directory that `ZOOKEEPER_HOME` names, or one given to [`Release::in_directory`].
    Home,
    /// Maven Central, or whichever mirror Maven is set up for.
    Maven,
    /// Debian's package `libzookeeper-java`.
    Debian,
    /// A class path that the program or the environment gave.
    Classpath,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Home => HOME_VARIABLE,
            Self::Maven => "maven",
            Self::Debian => "debian",
            Self::Classpath => "classpath",
        })
    }
}

impl Release {
    /// Finds a release: among those that are [listed](Self::listed), else in `ZOOKEEPER_HOME`, else
    /// among what Maven fetched before or fetches now, else as Debian's package. As
    /// [`Finder::find`] with a [`Finder`] that is not set otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::NoRelease`]; it says for each place why it did not serve, and what to do.
    pub fn find(wanted: Wanted) -> Result<Self, Error> {
        Finder::new().find(wanted)
    }

    /// The one in a directory: an unpacked release, or a plain directory of jars.
    ///
    /// # Errors
    ///
    /// [`Error::NoRelease`] if no `zookeeper-VERSION.jar` is in it, nor in its `lib/`.
    pub fn in_directory(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        home::in_directory(directory, &directory.display().to_string()).map_err(Error::NoRelease)
    }

    /// One whose class path is known, as `java -cp` takes it.
    #[must_use]
    pub fn with_classpath(version: Version, classpath: impl Into<String>) -> Self {
        Self { version, source: Source::Classpath, classpath: classpath.into() }
    }

    /// Those that the environment variable `ZOOKIT_REAL_CLASSPATHS` lists, in its order:
    /// `3.9.5=CLASSPATH;3.8.6=CLASSPATH`. Whoever runs many tests finds the releases once and
    /// tells the tests in this way, as this project's `cargo xtask test` does.
    ///
    /// # Errors
    ///
    /// [`Error::NoRelease`] if the value has another form.
    pub fn listed() -> Result<Vec<Self>, Error> {
        listed::from_environment().map_err(Error::NoRelease)
    }

    /// The value of that variable for these releases.
    #[must_use]
    pub fn list(releases: &[Self]) -> String {
        listed::format(releases)
    }
}

/// How a release is looked for, where [`Release::find`] is not enough.
#[derive(Clone)]
#[must_use = "it looks with `find`"]
pub struct Finder {
    cache: Option<PathBuf>,
    may_install: bool,
    progress: fn(&str),
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Finder");
        debug.field("cache", &self.cache).field("may_install", &self.may_install);
        debug.finish_non_exhaustive()
    }
}

impl Default for Finder {
    fn default() -> Self {
        Self::new()
    }
}

impl Finder {
    /// Nothing is installed; what Maven fetches is kept in `zookit/zookeeper` below
    /// `$XDG_CACHE_HOME` or `~/.cache`.
    pub fn new() -> Self {
        Self { cache: None, may_install: false, progress: |_| () }
    }

    /// Where the releases that Maven fetched are kept, each in a directory of its own.
    pub fn cache(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = Some(directory.into());
        self
    }

    /// Whether Debian's package may be installed, by `apt-get install`, if nothing else serves and
    /// this is run by root. Not by default: it changes the machine.
    pub const fn may_install(mut self, may: bool) -> Self {
        self.may_install = may;
        self
    }

    /// Whom to tell, in a line, of what takes long: a download, an installation.
    pub const fn on_progress(mut self, tell: fn(&str)) -> Self {
        self.progress = tell;
        self
    }

    /// Finds `wanted`, and sees that there is a Java: what is [listed](Release::listed), else
    /// `ZOOKEEPER_HOME`, else Maven, else Debian's package.
    ///
    /// What was fetched before is found again at once; the first time takes as long as a download
    /// of 10 to 20 MB, and at most ten minutes. A place that does not hold the wanted release is
    /// passed over. But a `ZOOKEEPER_HOME` without any ZooKeeper in it is an error of its own.
    ///
    /// # Errors
    ///
    /// [`Error::NoJava`]; [`Error::NoRelease`], which says for each place why it did not serve.
    pub fn find(&self, wanted: Wanted) -> Result<Release, Error> {
        Java::find()?;
        self.find_jars(wanted)
    }

    /// The same, where there is a Java.
    pub(crate) fn find_jars(&self, wanted: Wanted) -> Result<Release, Error> {
        let listed = Release::listed()?.into_iter();
        let listed = listed.filter(|release| wanted.is_met_by(release.version));
        if let Some(release) = listed.max_by_key(|release| release.version) {
            return Ok(release);
        }
        if let Some(release) = home::find(wanted, self).map_err(Error::NoRelease)? {
            return Ok(release);
        }
        let mut refusals = Vec::new();
        for find in [maven::find, debian::find] {
            match find(wanted, self) {
                Ok(release) => return Ok(release),
                Err(why) => {
                    // A long answer, such as Maven's, is told in full, but only its head is kept.
                    if why.contains('\n') {
                        self.tell(&why);
                    }
                    refusals.push(why.lines().next().unwrap_or_default().to_owned());
                }
            }
        }
        Err(Error::NoRelease(format!(
            "{wanted} cannot be put in place ({}); install Maven (`apt-get install maven`) and see \
             that it reaches its repository, or set {HOME_VARIABLE} to an unpacked release",
            refusals.join("; "),
        )))
    }

    fn tell(&self, line: &str) {
        (self.progress)(line);
    }

    /// Where what is fetched goes.
    fn cache_directory(&self) -> Result<PathBuf, String> {
        if let Some(cache) = &self.cache {
            return Ok(cache.clone());
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        // The specification of those variables says that a relative path is no path.
        let cache = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let cache = cache.or_else(|| {
            let home = variable("HOME").filter(|path| path.is_absolute());
            home.map(|home| home.join(".cache"))
        });
        let place = cache.map(|cache| cache.join("zookit").join("zookeeper"));
        place.ok_or_else(|| "neither XDG_CACHE_HOME nor HOME says where to keep it".to_owned())
    }
}
