//! What a token may be used for.

use super::error::{ApiError, Result};

/// Every scope. `family:*` means all of a family, and `*` all of them.
pub const SCOPES: &[&str] = &[
    "tenants:read",
    "tenants:write",
    "keys:read",
    "keys:write",
    "groups:read",
    "groups:write",
    "users:read",
    "users:write",
    "buckets:read",
    "buckets:write",
    "tokens:read",
    "tokens:write",
];

/// Whether somebody with these scopes has this one. A family or `*` is had by those alone who have all of it by name.
pub(super) fn covers(has: &[String], scope: &str) -> bool {
    let family = scope.split_once(':').map_or("", |(family, _)| family);
    has.iter().any(|one| one == "*" || one == scope || one.strip_suffix(":*").is_some_and(|all| all == family))
}

/// Refuses what is no scope.
pub(super) fn check(scopes: &[String]) -> Result<()> {
    if scopes.is_empty() {
        return Err(ApiError::invalid(format!("A token needs a scope: one of {}, FAMILY:* or *.", SCOPES.join(", "))));
    }
    let known = |scope: &str| match scope.strip_suffix(":*") {
        Some(family) => SCOPES.iter().any(|one| one.split_once(':').is_some_and(|(known, _)| known == family)),
        None => scope == "*" || SCOPES.contains(&scope),
    };
    match scopes.iter().find(|scope| !known(scope)) {
        Some(scope) => {
            Err(ApiError::invalid(format!("{scope:?} is no scope; there are {}, FAMILY:* and *.", SCOPES.join(", "))))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn a_scope_is_had_by_name_by_family_or_with_all() {
        assert!(covers(&of(&["tenants:read"]), "tenants:read"));
        assert!(!covers(&of(&["tenants:read"]), "tenants:write"));
        assert!(covers(&of(&["keys:read", "tenants:*"]), "tenants:write"));
        assert!(!covers(&of(&["tenants:*"]), "keys:read"));
        assert!(covers(&of(&["*"]), "keys:read"));
        assert!(!covers(&of(&[]), "keys:read"));
    }

    #[test]
    fn nobody_gives_more_than_he_has() {
        assert!(!covers(&of(&["tenants:read", "tenants:write"]), "tenants:*"));
        assert!(!covers(&of(&["tenants:*"]), "*"));
        assert!(covers(&of(&["*"]), "*") && covers(&of(&["tenants:*"]), "tenants:*"));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        assert!(check(&of(&["*"])).is_ok() && check(&of(&["groups:*", "keys:write"])).is_ok());
        for scopes in [&[][..], &["keys"], &["keys:delete"], &["disks:*"], &[":*"], &["**"]] {
            assert!(check(&of(scopes)).is_err(), "{scopes:?}");
        }
    }
}
