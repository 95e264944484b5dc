//! Credentials: from a file or the environment, never from the command line.
//!
//! Arguments are readable by every user of a machine while a command runs, and stay in the shell's
//! history after it. A file has permissions; the environment is at least the user's own, and is what
//! build systems and containers can offer. So `--auth-file` comes first, then `ZK_AUTH`.
//!
//! Both hold one `SCHEME:CREDENTIALS` a line, such as `digest:user:password`. Empty lines and lines
//! that begin with `#` are passed over. No message quotes a line, only its number.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;

use crate::error::Failure;
use crate::output::message;

/// The environment variable with the credentials.
pub(crate) const VARIABLE: &str = "ZK_AUTH";

/// No file of credentials is longer; what is longer is some other file.
const MOST_BYTES: u64 = 64 * 1024;

/// Who to be, in one scheme.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Auth {
    pub(crate) scheme: String,
    /// The secret.
    pub(crate) credentials: Bytes,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({}:..)", self.scheme)
    }
}

/// The credentials of the file, else those of the environment, else none.
pub(crate) fn load(file: Option<&Path>) -> Result<Vec<Auth>, Failure> {
    if let Some(file) = file {
        return parse(&read(file)?, &file.display().to_string());
    }
    match std::env::var_os(VARIABLE) {
        None => Ok(Vec::new()),
        Some(value) => match value.to_str() {
            Some(text) => parse(text, VARIABLE),
            None => Err(Failure::usage(format!("{VARIABLE} is not UTF-8"))),
        },
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::usage(format!("--auth-file {}: {why}", path.display()));
    let file = fs::File::open(path).map_err(|error| wrong(&error.to_string()))?;
    warn_if_others_can_read(&file, path);
    let mut text = String::new();
    match file.take(MOST_BYTES + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > MOST_BYTES => {
            Err(wrong("it is over 64 KiB; that is no file of credentials"))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

#[cfg(unix)]
fn warn_if_others_can_read(file: &fs::File, path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = file.metadata() else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & 0o077 != 0 {
        let path = crate::output::escape::line(&path.display().to_string());
        message(&format!("warning: others can read {path} (mode {mode:04o}); chmod 600 it"));
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &fs::File, _: &Path) {}

fn parse(text: &str, source: &str) -> Result<Vec<Auth>, Failure> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let auth = parse_line(line).map_err(|why| {
            Failure::usage(format!("{source}, line {}: {why}", index + 1))
                .hint("a line is SCHEME:CREDENTIALS, such as digest:user:password")
        })?;
        all.push(auth);
    }
    Ok(all)
}

fn parse_line(line: &str) -> Result<Auth, &'static str> {
    let (scheme, credentials) = line.split_once(':').ok_or("there is no colon")?;
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err("what stands before the first colon is not the name of a scheme");
    }
    // The server splits at the first colon and takes a user without a password for nobody.
    if scheme == "digest" && credentials.split_once(':').is_none_or(|(user, _)| user.is_empty()) {
        return Err("the digest scheme needs user:password");
    }
    Ok(Auth { scheme: scheme.into(), credentials: Bytes::copy_from_slice(credentials.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_scheme_and_its_credentials() {
        let all = parse("# ours\n\ndigest:amy:a:b \nip:10.0.0.1\n", "x").unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].scheme, "digest");
        assert_eq!(&all[0].credentials[..], b"amy:a:b ");
        assert_eq!(&all[1].credentials[..], b"10.0.0.1");
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number_and_never_quoted() {
        for wrong in ["secret", "digest:secret", "digest::secret", ":secret", "di gest:a:secret"] {
            let report = parse(&format!("\n{wrong}"), "F").unwrap_err().report().unwrap();
            assert!(report.starts_with("error: F, line 2: "), "{report}");
            assert!(!report.contains("secret"), "{report}");
        }
    }

    #[test]
    fn credentials_are_never_printed() {
        let all = parse("digest:amy:secret", "x").unwrap();
        assert_eq!(format!("{all:?}"), "[Auth(digest:..)]");
    }
}
