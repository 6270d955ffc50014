//! The key that the embedded store's first start makes, kept in `<data>/credentials`.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::private_file;
use crate::accounts::random;
use crate::config::{Secret, read_private_file};

/// The file.
const NAME: &str = "credentials";
/// Length and letters of a generated access key.
const ACCESS_KEY: (usize, &[u8]) = (20, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
/// The tenant that the key belongs to.
const TENANT: &str = "default";

/// A generated key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstKey {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Secret,
    /// The name of its tenant.
    pub tenant: String,
}

/// Where a folder's key is kept.
#[must_use]
pub fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// Reads a key; `None` when there is no file.
///
/// # Errors
/// One sentence: the file cannot be read, others can read it, or it holds no key.
pub fn read(file: &Path) -> Result<Option<FirstKey>, String> {
    // `exists` would take an unreadable folder for an absent file.
    match std::fs::metadata(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("cannot read {}: {e}", file.display())),
        Ok(_) => {}
    }
    let bytes = read_private_file(file)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{} is not UTF-8", file.display()))?;
    toml::from_str(text)
        .map(Some)
        .map_err(|e| format!("{} holds no key: {}", file.display(), e.message().replace('\n', ", ")))
}

/// Reads the folder's key, making it if there is none. Only the holder of the folder's lock may call this.
///
/// # Errors
/// One sentence: the file cannot be read or written.
pub fn read_or_make(data: &Path) -> Result<FirstKey, String> {
    let file = path(data);
    if let Some(key) = read(&file)? {
        return Ok(key);
    }
    let key = FirstKey {
        access_key: random::text(ACCESS_KEY.0, ACCESS_KEY.1)?,
        secret_key: Secret::new(random::secret()?.to_string()),
        tenant: TENANT.to_owned(),
    };
    write(data, &key).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    Ok(key)
}

fn write(data: &Path, key: &FirstKey) -> io::Result<()> {
    let text = format!(
        "# The key that the first start made. `dolium credentials` shows it ready to paste into clients.\n\
         access_key = \"{}\"\nsecret_key = \"{}\"\ntenant = \"{}\"\n",
        key.access_key,
        key.secret_key.expose(),
        key.tenant
    );
    private_file::write(data, NAME, &text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_call_makes_a_key_and_the_next_ones_keep_it() {
        let data = tempfile::tempdir().unwrap();
        let made = read_or_make(data.path()).unwrap();
        assert_eq!((made.access_key.len(), made.secret_key.expose().len()), (20, 40));
        assert!(made.access_key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
        let kept = read_or_make(data.path()).unwrap();
        assert_eq!((kept.access_key, kept.secret_key), (made.access_key, made.secret_key));
        let mode = std::fs::metadata(path(data.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_read_or_that_holds_no_key_is_refused() {
        let data = tempfile::tempdir().unwrap();
        read_or_make(data.path()).unwrap();
        std::fs::set_permissions(path(data.path()), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read_or_make(data.path()).unwrap_err().contains("can be read by others"));
        std::fs::set_permissions(path(data.path()), std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(path(data.path()), "access_key = \"A\"\n").unwrap();
        assert!(read_or_make(data.path()).unwrap_err().contains("holds no key"));
    }
}
