//! A ZooKeeper that the user names: `ZOOKEEPER_HOME`.
//!
//! Three layouts are known: an unpacked release from 3.5 on (`lib/zookeeper-3.9.5.jar`), one of
//! 3.4 (`zookeeper-3.4.14.jar` beside `lib/`), and a plain directory of jars.

use std::path::{Path, PathBuf};

use super::{Finder, Release, Source, Version, Wanted};

/// The environment variable that names the directory.
pub const VARIABLE: &str = "ZOOKEEPER_HOME";

/// Takes the ZooKeeper that the variable names; `None` without one, or if it is another release.
pub(super) fn find(wanted: Wanted, finder: &Finder) -> Result<Option<Release>, String> {
    let Some(home) = std::env::var_os(VARIABLE).filter(|home| !home.is_empty()) else {
        return Ok(None);
    };
    let home = Path::new(&home);
    let release = in_directory(home, &format!("{VARIABLE} ({})", home.display()))?;
    if wanted.is_met_by(release.version) {
        return Ok(Some(release));
    }
    finder.tell(&format!("{VARIABLE} holds {}, which is not {wanted}", release.version));
    Ok(None)
}

/// `name` is what an error calls it.
pub(super) fn in_directory(home: &Path, name: &str) -> Result<Release, String> {
    let directories: Vec<PathBuf> =
        [home.join("lib"), home.to_path_buf()].into_iter().filter(|dir| dir.is_dir()).collect();
    let Some(version) = directories.iter().find_map(|dir| release_in(dir)) else {
        return Err(format!("{name} holds no zookeeper-VERSION.jar, neither itself nor in lib/"));
    };
    let mut entries = Vec::new();
    for directory in &directories {
        let directory = std::path::absolute(directory).map_err(|error| error.to_string())?;
        entries.push(format!("{}/*", directory.display()));
    }
    Ok(Release { version, source: Source::Home, classpath: entries.join(":") })
}

fn release_in(directory: &Path) -> Option<Version> {
    let entries = std::fs::read_dir(directory).ok()?;
    entries.flatten().find_map(|entry| Version::of_jar(entry.file_name().to_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TempDir;

    /// A directory with empty files of these names.
    fn layout(files: &[&str]) -> TempDir {
        let home = TempDir::new();
        for file in files {
            let file = home.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        home
    }

    fn found(layout: &TempDir) -> Result<Release, String> {
        in_directory(layout.path(), "HOME")
    }

    #[test]
    fn a_release_keeps_its_jars_in_lib() {
        let layout = layout(&["lib/zookeeper-3.9.5.jar", "bin/zkServer.sh"]);
        let release = found(&layout).unwrap();
        assert_eq!(release.version.to_string(), "3.9.5");
        let home = layout.path().display();
        assert_eq!(release.classpath, format!("{home}/lib/*:{home}/*"));
    }

    #[test]
    fn release_3_4_keeps_its_own_jar_beside_lib() {
        let layout = layout(&["zookeeper-3.4.14.jar", "lib/netty.jar"]);
        let release = found(&layout).unwrap();
        assert_eq!(release.version.to_string(), "3.4.14");
    }

    #[test]
    fn a_plain_directory_of_jars_serves() {
        let layout = layout(&["zookeeper-3.8.0.jar", "zookeeper-jute-3.8.0.jar"]);
        let release = found(&layout).unwrap();
        assert_eq!(release.classpath, format!("{}/*", layout.path().display()));
    }

    #[test]
    fn a_directory_without_a_zookeeper_is_named() {
        let layout = layout(&["lib/netty.jar", "zookeeper.jar"]);
        let error = found(&layout).unwrap_err();
        assert!(error.starts_with("HOME holds no zookeeper-VERSION.jar"), "{error}");
    }
}
