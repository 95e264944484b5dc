//! A ZooKeeper that the user names: `ZOOKEEPER_HOME`.
//!
//! Three layouts are known: an unpacked release from 3.5 on (`lib/zookeeper-3.9.5.jar`), one of
//! 3.4 (`zookeeper-3.4.14.jar` beside `lib/`), and a plain directory of jars.

use std::path::{Path, PathBuf};

use super::{Placed, Version, Wanted};
use crate::Outcome;
use crate::process::say;

/// The environment variable that names the directory.
pub(super) const VARIABLE: &str = "ZOOKEEPER_HOME";

/// Takes the ZooKeeper that the variable names; `None` without one, or if it is another release.
pub(super) fn place(wanted: Wanted) -> Outcome<Option<Placed>> {
    let Some(home) = std::env::var_os(VARIABLE).filter(|home| !home.is_empty()) else {
        return Ok(None);
    };
    let placed = in_directory(Path::new(&home))?;
    if wanted.is_met_by(placed.version) {
        return Ok(Some(placed));
    }
    say(&format!("{VARIABLE} holds {}, which is not {wanted}", placed.version));
    Ok(None)
}

fn in_directory(home: &Path) -> Outcome<Placed> {
    let directories: Vec<PathBuf> =
        [home.join("lib"), home.to_path_buf()].into_iter().filter(|dir| dir.is_dir()).collect();
    let Some(version) = directories.iter().find_map(|dir| release_in(dir)) else {
        return Err(format!(
            "{VARIABLE} ({}) holds no zookeeper-VERSION.jar, neither itself nor in lib/",
            home.display()
        ));
    };
    let mut entries = Vec::new();
    for directory in &directories {
        let directory = std::path::absolute(directory).map_err(|error| error.to_string())?;
        entries.push(format!("{}/*", directory.display()));
    }
    Ok(Placed { version, source: VARIABLE, classpath: entries.join(":") })
}

fn release_in(directory: &Path) -> Option<Version> {
    let entries = std::fs::read_dir(directory).ok()?;
    entries.flatten().find_map(|entry| Version::of_jar(entry.file_name().to_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::target_dir;

    /// A directory with empty files of these names, removed at the end.
    struct Layout(PathBuf);

    impl Layout {
        fn of(name: &str, files: &[&str]) -> Self {
            let home = target_dir().join("xtask-tests").join(name);
            for file in files {
                let file = home.join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, "").unwrap();
            }
            Self(home)
        }
    }

    impl Drop for Layout {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_release_keeps_its_jars_in_lib() {
        let layout = Layout::of("release", &["lib/zookeeper-3.9.5.jar", "bin/zkServer.sh"]);
        let placed = in_directory(&layout.0).unwrap();
        assert_eq!(placed.version.to_string(), "3.9.5");
        let home = layout.0.display();
        assert_eq!(placed.classpath, format!("{home}/lib/*:{home}/*"));
    }

    #[test]
    fn release_3_4_keeps_its_own_jar_beside_lib() {
        let layout = Layout::of("release-3.4", &["zookeeper-3.4.14.jar", "lib/netty.jar"]);
        let placed = in_directory(&layout.0).unwrap();
        assert_eq!(placed.version.to_string(), "3.4.14");
    }

    #[test]
    fn a_plain_directory_of_jars_serves() {
        let layout = Layout::of("jars", &["zookeeper-3.8.0.jar", "zookeeper-jute-3.8.0.jar"]);
        let placed = in_directory(&layout.0).unwrap();
        assert_eq!(placed.classpath, format!("{}/*", layout.0.display()));
    }

    #[test]
    fn a_directory_without_a_zookeeper_is_named() {
        let layout = Layout::of("empty", &["lib/netty.jar", "zookeeper.jar"]);
        let error = in_directory(&layout.0).unwrap_err();
        let home = layout.0.display();
        assert!(error.starts_with(&format!("ZOOKEEPER_HOME ({home}) holds no ")), "{error}");
    }
}
