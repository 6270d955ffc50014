//! Whom a statement is about. Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use std::fmt;

use super::json::Json;
use super::{PolicyError, Who};

/// Whom a statement is about.
#[derive(Debug, Clone)]
pub(super) enum Principals {
    /// Whoever the policy is attached to.
    Holder,
    /// These.
    Only(Vec<Name>),
    /// All but these, those included who did not sign.
    AllBut(Vec<Name>),
}

/// A name in a `Principal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// `*`: those included who did not sign.
    Everybody,
    /// An account's 12 digits, or its root's ARN.
    Account(String),
    /// An account's canonical user id.
    Canonical(String),
    /// A user's, a role's or a session's ARN.
    Arn(String),
    /// A user's or a role's unique id, which is what a deleted one's ARN is known by.
    Id(String),
    /// Who had an ARN when the policy was put: nobody else who has it later, and itself with another name as well.
    Held {
        /// The ARN in the policy.
        arn: String,
        /// The unique id; of a session with its name after a colon.
        id: String,
    },
    /// A service of the platform.
    Service(String),
}

/// How a statement is about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// It names the account.
    Account,
    /// It names the principal itself, or everybody.
    Direct,
}

impl Principals {
    /// Reads the value of `Principal`, or (`but`) of `NotPrincipal`.
    ///
    /// # Errors
    /// A name is none, or there is no name.
    pub fn parse(value: &Json, but: bool) -> Result<Self, PolicyError> {
        let names = names(value).ok_or_else(|| PolicyError("Invalid principal in policy".to_owned()))?;
        Ok(if but { Self::AllBut(names) } else { Self::Only(names) })
    }

    /// How an allowing statement is about somebody. One that spares anybody by `NotPrincipal` spares those as well who
    /// are named in part (a user whose account is named).
    pub fn allowed(&self, who: &Who) -> Option<Aim> {
        match self {
            Self::Holder => Some(Aim::Direct),
            Self::Only(names) => {
                let mut aims = names.iter().filter_map(|name| name.aim(who));
                let first = aims.next()?;
                Some(if aims.any(|aim| aim == Aim::Direct) { Aim::Direct } else { first })
            }
            Self::AllBut(names) => names.iter().all(|name| name.aim(who).is_none()).then_some(Aim::Direct),
        }
    }

    /// Whether a denying statement is about somebody. `NotPrincipal` spares a principal whose every name is listed: its
    /// account, its role if it is a session, and itself (AWS holds the account against the list first, then the role,
    /// then the session).
    pub fn denied(&self, who: &Who) -> bool {
        match self {
            Self::Holder => true,
            Self::Only(names) => names.iter().any(|name| name.aim(who).is_some()),
            Self::AllBut(names) => !names.contains(&Name::Everybody) && !all_listed(names, who),
        }
    }

    /// Holds those who are named by an ARN that `id` knows to that unique id.
    pub fn hold_to(&mut self, id: &impl Fn(&str) -> Option<String>) {
        let (Self::Only(names) | Self::AllBut(names)) = self else { return };
        for name in names {
            let held = match name {
                Name::Arn(arn) => id(arn).map(|id| Name::Held { arn: std::mem::take(arn), id }),
                _ => None,
            };
            *name = held.unwrap_or_else(|| name.clone());
        }
    }

    /// Those it names.
    pub fn names(&self) -> &[Name] {
        match self {
            Self::Holder => &[],
            Self::Only(names) | Self::AllBut(names) => names,
        }
    }

    /// Whether it is about people whom nobody has chosen.
    pub fn is_anybody(&self) -> bool {
        match self {
            Self::Holder => false,
            Self::Only(names) => names.contains(&Name::Everybody),
            Self::AllBut(_) => true,
        }
    }
}

fn all_listed(names: &[Name], who: &Who) -> bool {
    match who {
        Who::Anonymous => false,
        Who::Service(_) => names.iter().any(|name| name.aim(who).is_some()),
        Who::Principal { arn, also, user_id, .. } => {
            let listed = |own: &str, own_id: &str| {
                names.iter().any(|name| match name {
                    Name::Arn(named) => named == own,
                    Name::Held { id, .. } => id == own_id,
                    _ => false,
                })
            };
            let role_id = user_id.split(':').next().unwrap_or_default();
            let by_id = || names.iter().any(|name| matches!(name, Name::Id(id) if is_of(user_id, id)));
            let itself =
                is_root(arn) || by_id() || (listed(arn, user_id) && also.iter().all(|own| listed(own, role_id)));
            itself && names.iter().any(|name| name.aim(who) == Some(Aim::Account))
        }
    }
}

fn is_root(arn: &str) -> bool {
    arn.ends_with(":root")
}

/// A session's id is its role's with the session's name after a colon.
fn is_of(user_id: &str, id: &str) -> bool {
    user_id.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, name) = match self {
            Self::Everybody => ("AWS", "*"),
            Self::Account(name) | Self::Arn(name) | Self::Id(name) | Self::Held { arn: name, .. } => {
                ("AWS", name.as_str())
            }
            Self::Canonical(name) => ("CanonicalUser", name.as_str()),
            Self::Service(name) => ("Service", name.as_str()),
        };
        write!(f, "\"{family}\":\"{name}\"")
    }
}

impl Name {
    fn aim(&self, who: &Who) -> Option<Aim> {
        let aim = match (self, who) {
            (Self::Everybody, _) => Aim::Direct,
            (Self::Account(named), Who::Principal { account, .. }) if named == account => Aim::Account,
            (Self::Canonical(named), Who::Principal { canonical, .. }) if named == canonical => Aim::Account,
            (Self::Arn(named), Who::Principal { arn, also, .. }) if named == arn || also.contains(named) => Aim::Direct,
            (Self::Id(named) | Self::Held { id: named, .. }, Who::Principal { user_id, .. })
                if is_of(user_id, named) =>
            {
                Aim::Direct
            }
            (Self::Service(named), Who::Service(service)) if named == service => Aim::Direct,
            _ => return None,
        };
        Some(aim)
    }
}

fn names(value: &Json) -> Option<Vec<Name>> {
    let members = match value {
        Json::Text(text) if text == "*" => return Some(vec![Name::Everybody]),
        Json::Object(members) if !members.is_empty() => members,
        _ => return None,
    };
    let mut names = Vec::new();
    for (family, value) in members {
        for text in value.texts()? {
            names.push(match family.as_str() {
                "AWS" => aws(text)?,
                "CanonicalUser" => Name::Canonical(canonical(text)?),
                "Service" => Name::Service(service(text)?),
                _ => return None,
            });
        }
    }
    Some(names)
}

fn aws(text: &str) -> Option<Name> {
    if text == "*" {
        return Some(Name::Everybody);
    }
    if is_account(text) {
        return Some(Name::Account(text.to_owned()));
    }
    let unique = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
    if (text.starts_with("AIDA") || text.starts_with("AROA")) && text.len() >= 16 && text.bytes().all(unique) {
        return Some(Name::Id(text.to_owned()));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", "aws", service, "", account, name] = parts.as_slice() else { return None };
    let name_holds = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-".contains(c);
    if !is_account(account) || !name.chars().all(name_holds) || name.ends_with('/') || name.contains("//") {
        return None;
    }
    let (family, rest) = name.split_once('/').unwrap_or((name, ""));
    match (*service, family) {
        ("iam", "root") if rest.is_empty() && *name == "root" => Some(Name::Account((*account).to_owned())),
        ("iam", "user" | "role") | ("sts", "federated-user") if !rest.is_empty() => Some(Name::Arn(text.to_owned())),
        ("sts", "assumed-role") if rest.split('/').count() == 2 => Some(Name::Arn(text.to_owned())),
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn canonical(text: &str) -> Option<String> {
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

fn service(text: &str) -> Option<String> {
    let holds = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
    let name = text.strip_suffix(".amazonaws.com")?;
    (!name.is_empty() && name.bytes().all(holds)).then(|| text.to_owned())
}
