//! The operators' root token: the configuration's, or the one that the embedded store's first start makes.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::private_file;
use crate::accounts::random;
use crate::admin::Access;
use crate::config::{Config, StoreKind, read_secret_file};

/// The file, in the data folder.
const NAME: &str = "admin.token";

/// Where a folder's token is kept.
#[must_use]
pub fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// Whether the token is one that a start makes.
pub(super) fn is_made(config: &Config) -> bool {
    config.store.kind == StoreKind::Embedded && config.admin.token.is_none() && config.admin.is_open()
}

/// Who may use the interface, as the configuration has it. Only the holder of the embedded store's lock may call this.
///
/// # Errors
/// One sentence: the token's file cannot be read or made.
pub(super) fn access(config: &Config) -> Result<Access, String> {
    let admin = &config.admin;
    if !admin.is_open() {
        return Ok(Access::Closed(format!(
            "The operators' interface is closed: admin.listen is {}, which others reach, and tokens would go over the \
             network in clear; set admin.insecure = true where the network is trusted, or listen on 127.0.0.1 and put a \
             proxy that speaks TLS in front.",
            admin.listen
        )));
    }
    let token = match &admin.token {
        Some(token) => Some(token.clone().into_inner()),
        None if config.store.kind == StoreKind::Embedded => Some(read_or_make(&config.store.path)?),
        None => None,
    };
    Ok(Access::Tokens(token))
}

fn read_or_make(data: &Path) -> Result<Zeroizing<String>, String> {
    let file = path(data);
    match std::fs::metadata(&file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let token = random::secret()?;
            let text = Zeroizing::new(format!("{}\n", token.as_str()));
            private_file::write(data, NAME, &text).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
        }
        Err(e) => return Err(format!("cannot read {}: {e}", file.display())),
        Ok(_) => {}
    }
    Ok(read_secret_file(&file)?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_start_makes_a_token_that_the_next_ones_keep() {
        let data = tempfile::tempdir().unwrap();
        let made = read_or_make(data.path()).unwrap();
        assert_eq!(made.len(), 40);
        assert_eq!(read_or_make(data.path()).unwrap(), made);
        let mode = std::fs::metadata(path(data.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(path(data.path()), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read_or_make(data.path()).unwrap_err().contains("can be read by others"));
    }

    #[test]
    fn what_others_reach_in_clear_is_closed_unless_that_is_wanted() {
        let mut config = Config::default();
        config.store.kind = StoreKind::Cassandra;
        assert!(matches!(access(&config), Ok(Access::Tokens(None))));
        config.admin.listen = "0.0.0.0:7481".into();
        assert!(matches!(access(&config), Ok(Access::Closed(why)) if why.contains("admin.insecure")));
        config.admin.insecure = true;
        assert!(matches!(access(&config), Ok(Access::Tokens(None))));
    }
}
