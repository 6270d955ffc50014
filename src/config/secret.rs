//! Secrets: never shown, wiped when dropped, and only read from files that nobody else can read.

use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// Longest secret file, bytes: a private key with its chain fits.
const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;

/// A text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself, for types that wipe it too.
    #[must_use]
    pub fn into_inner(self) -> Zeroizing<String> {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Reads a file that holds a secret. Line ends at the end of it do not count.
///
/// # Errors
/// One sentence: the file cannot be read, others can read it, or it is empty.
pub fn read_secret_file(path: &Path) -> Result<Secret, String> {
    let bytes = read_private_file(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("the secret file {} is not UTF-8", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("the secret file {} is empty", path.display()));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Reads a file that nobody but its owner may read.
///
/// # Errors
/// One sentence: the file cannot be read, is too large, or others can read it.
pub fn read_private_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|e| format!("cannot read the secret file {shown}: {e}"))?;
    let about = file.metadata().map_err(|e| format!("cannot read the secret file {shown}: {e}"))?;
    let mode = about.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "the secret file {shown} can be read by others (its mode is {mode:04o}): run `chmod 600 {shown}`"
        ));
    }
    if about.len() > SECRET_FILE_BYTES_MAX {
        return Err(format!("the secret file {shown} is larger than 1 MiB"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(SECRET_FILE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("cannot read the secret file {shown}: {e}"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(content: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "(secret)");
    }

    #[test]
    fn line_ends_do_not_count() {
        assert_eq!(read_secret_file(file("hunter2\r\n", 0o600).path()).unwrap().expose(), "hunter2");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o660] {
            let error = read_secret_file(file("hunter2", mode).path()).unwrap_err();
            assert!(error.contains("can be read by others") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_empty_file_is_refused() {
        assert!(read_secret_file(file("\n", 0o600).path()).unwrap_err().contains("is empty"));
    }
}
