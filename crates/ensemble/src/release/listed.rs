//! `ZOOKIT_REAL_CLASSPATHS`: releases that somebody has found already, `VERSION=CLASSPATH`, several
//! apart by semicolons.

use super::Release;

/// The variable that lists them.
pub const CLASSPATHS_VARIABLE: &str = "ZOOKIT_REAL_CLASSPATHS";

pub(super) fn from_environment() -> Result<Vec<Release>, String> {
    parse(&std::env::var(CLASSPATHS_VARIABLE).unwrap_or_default())
}

fn parse(value: &str) -> Result<Vec<Release>, String> {
    let entries = value.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(parse_one).collect()
}

fn parse_one(entry: &str) -> Result<Release, String> {
    let wrong = || format!("{CLASSPATHS_VARIABLE}: {entry:?} is not VERSION=CLASSPATH");
    let (version, classpath) = entry.split_once('=').ok_or_else(wrong)?;
    if classpath.is_empty() {
        return Err(wrong());
    }
    let version = version.parse().map_err(|error| format!("{CLASSPATHS_VARIABLE}: {error}"))?;
    Ok(Release::with_classpath(version, classpath))
}

pub(super) fn format(releases: &[Release]) -> String {
    let entry = |release: &Release| format!("{}={}", release.version, release.classpath);
    releases.iter().map(entry).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_class_paths_keep_their_colons() {
        let value = "3.9.5=/a/lib/*;3.8.0=/b/x.jar:/b/y.jar";
        let releases = parse(value).unwrap();
        assert_eq!(releases[1].version.to_string(), "3.8.0");
        assert_eq!(releases[1].classpath, "/b/x.jar:/b/y.jar");
        assert_eq!(format(&releases), value);
    }

    #[test]
    fn blanks_and_empty_entries_are_no_releases() {
        assert_eq!(parse(" ; 3.9.5=/a ;").unwrap().len(), 1);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for wrong in ["3.9.5", "3.9.5=", "x=/a"] {
            let error = parse(wrong).unwrap_err();
            assert!(error.starts_with("ZOOKIT_REAL_CLASSPATHS: "), "{error}");
        }
    }
}
