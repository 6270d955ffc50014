//! What names, paths, tags and keys may look like, and how many there may be. Source: AWS IAM User Guide, "IAM and AWS STS
//! quotas", and the patterns of the API reference.

use super::error::{AccountError, Result};

/// Users of an account.
pub const USERS_MAX: usize = 5_000;
/// Groups of an account.
pub const GROUPS_MAX: usize = 300;
/// Roles of an account.
pub const ROLES_MAX: usize = 1_000;
/// Managed policies of an account.
pub const POLICIES_MAX: usize = 1_500;
/// Access keys of a user.
pub const USER_KEYS_MAX: usize = 2;
/// Access keys of a tenant itself; more than AWS's two, because services use them without users.
pub const TENANT_KEYS_MAX: usize = 100;
/// Groups that one user is in.
pub const USER_GROUPS_MAX: usize = 10;
/// Managed policies attached to one entity.
pub const ATTACHED_MAX: usize = 10;
/// Versions that a managed policy keeps.
pub const POLICY_VERSIONS_MAX: usize = 5;
/// Characters of a managed policy, without white space.
pub const POLICY_CHARACTERS_MAX: usize = 6_144;
/// Characters of a trust policy, without white space.
pub const TRUST_CHARACTERS_MAX: usize = 2_048;
/// Characters of a session's policy.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Tags of a user, role or managed policy.
pub const TAGS_MAX: usize = 50;
/// Characters of a description.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 1_000;
/// Shortest and longest session of a role that may be configured, seconds.
pub const ROLE_SESSION_SECONDS: (u32, u32) = (3_600, 43_200);

fn invalid(what: impl Into<String>) -> AccountError {
    AccountError::Invalid(what.into())
}

/// A user's, group's, role's or policy's name: letters, digits and `_+=,.@-`.
pub(super) fn check_name(noun: &str, name: &str, most: usize) -> Result<()> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if name.is_empty() || name.len() > most || !name.bytes().all(legal) {
        return Err(invalid(format!(
            "The {noun} name has 1 to {most} letters, digits and characters of _+=,.@- and is {name:?}."
        )));
    }
    Ok(())
}

/// `/`, or visible ASCII characters between two slashes.
pub(super) fn check_path(path: &str) -> Result<()> {
    let legal =
        path.len() <= 512 && path.starts_with('/') && path.ends_with('/') && path.bytes().all(|b| b.is_ascii_graphic());
    if legal { Ok(()) } else { Err(invalid(format!("A path begins and ends with a slash, and is {path:?}."))) }
}

pub(super) fn check_tags(tags: &[(String, String)]) -> Result<()> {
    let legal = |key: &str, value: &str| (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
    match tags.iter().find(|(key, value)| !legal(key, value)) {
        Some((key, _)) => {
            Err(invalid(format!("A tag's key has 1 to 128 characters and its value up to 256; this is {key:?}.")))
        }
        None => Ok(()),
    }
}

pub(super) fn check_description(text: &str) -> Result<()> {
    if text.chars().count() > DESCRIPTION_CHARACTERS_MAX {
        return Err(invalid(format!("A description has up to {DESCRIPTION_CHARACTERS_MAX} characters.")));
    }
    Ok(())
}

pub(super) fn check_tenant_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) || name.trim() != name {
        return Err(invalid("A tenant's name has 1 to 255 bytes, no control characters and no space at its ends."));
    }
    Ok(())
}

pub(super) fn check_email(email: &str) -> Result<()> {
    let parts = email.split_once('@').filter(|(who, at)| !who.is_empty() && !at.is_empty() && !at.contains('@'));
    if parts.is_none() || email.len() > 200 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(invalid(format!("{email:?} is no e-mail address.")));
    }
    Ok(())
}

/// A key pair that comes from elsewhere. `:`, `/`, `,` and `=` end the access key in signatures.
pub(super) fn check_imported(access_key: &str, secret: &str) -> Result<()> {
    let legal = |b: u8| b.is_ascii_graphic() && !matches!(b, b':' | b'/' | b',' | b'=');
    if !(3..=128).contains(&access_key.len()) || !access_key.bytes().all(legal) {
        return Err(invalid("An access key has 3 to 128 visible ASCII characters without : / , and =."));
    }
    if access_key.starts_with(super::random::TEMPORARY) {
        return Err(invalid("Access keys that begin with ASIA are temporary ones and cannot be imported."));
    }
    if !(8..=128).contains(&secret.len()) || secret.chars().any(char::is_control) {
        return Err(invalid("A secret key has 8 to 128 characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_addresses() {
        assert!(check_name("user", "a.B+c=d,e@f-g_1", 64).is_ok());
        for name in ["", "a/b", "ä", "a b", &"x".repeat(65)] {
            assert!(check_name("user", name, 64).is_err(), "{name}");
        }
        assert!(check_path("/").is_ok() && check_path("/a/b!/").is_ok());
        for path in ["", "a/", "/a", "/a b/", &format!("/{}/", "x".repeat(511))] {
            assert!(check_path(path).is_err(), "{path}");
        }
        assert!(check_email("a@b.example").is_ok());
        for email in ["", "a", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(check_email(email).is_err(), "{email}");
        }
        assert!(check_imported("PITHOSKEY", "eight888").is_ok());
        assert!(check_imported("ASIA1234567890", "eight888").is_err());
        assert!(check_imported("a/b", "eight888").is_err() && check_imported("abc", "seven77").is_err());
    }
}
