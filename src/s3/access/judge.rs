//! Whether somebody may do something. Pure: everything it looks at is handed to it.
//!
//! # The order
//! AWS IAM User Guide, "Policy evaluation logic" and "How Amazon S3 authorizes a request":
//!
//! | # | question | answer |
//! |---|---|---|
//! | 1 | does any policy that applies deny it: the bucket's, the principal's, the session's? | refused; but the root of the bucket's owner keeps its right to that policy |
//! | 2 | does the session have policies, and none of them allows it? | refused |
//! | 3 | is nobody signed? | a bucket policy or a list has to give it to everybody |
//! | 4 | does the caller act for the account that owns what it is about? | the root may; a user or role may if its own policies say so, or the bucket policy names it, or a list gives it to a group it is in. What the bucket policy or a list gives to the account is the root's to hand on |
//! | 5 | does it act for another account? | its own account has to allow it (the root may) **and** the bucket policy or a list has to |
//!
//! What a request is about belongs to the bucket's owner, but for an object that somebody else has put where
//! ownership is not enforced: that belongs to whoever put it. An Allow of the bucket policy does not reach it; a Deny
//! does, and so does the bucket owner's right to delete it, because deleting is a right on the bucket.

use std::sync::Arc;

use super::acl::{self, Listed};
use super::asked::{Asked, Known};
use super::standing::Standing;
use crate::accounts::Principal;
use crate::policy::{Facts, Policy, Question, Verdict, Who};
use crate::s3::action::{AclRight, Action};
use crate::storage::{ObjectAttrs, VersionRef};

/// One question.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub asked: &'a Asked,
    pub standing: &'a Standing,
    pub action: Action,
    pub right: AclRight,
    /// The key, for rights on objects.
    pub key: Option<&'a str>,
    /// The object, where it was read.
    pub object: Option<&'a ObjectAttrs>,
    /// The version of it that is named.
    pub version: Option<VersionRef>,
    /// The ETag that it has to have, of one key of many.
    pub etag: Option<&'a str>,
    /// The key whose absence only those may know who may list it.
    pub prefix: Option<&'a str>,
}

/// On what ground something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The caller acts for the account that owns it, which lets it.
    Account,
    /// The bucket policy gives it.
    Policy,
    /// An access control list gives it.
    List,
}

/// On what ground it is allowed, if it is.
pub(super) fn judge(case: &Case<'_>) -> Option<Ground> {
    if let Some(principal) = case.asked.principal()
        && principal.is_unrestricted()
        && case.standing.policy.is_none()
    {
        // No policy has a say, which is so for nearly every request.
        return if belongs_to(case, principal) {
            Some(Ground::Account)
        } else {
            ground(false, listed(case) != Listed::No)
        };
    }
    ask(case, |question| decide(case, question))
}

fn ask<T>(case: &Case<'_>, answer: impl FnOnce(&Question<'_>) -> T) -> T {
    let tags = case.object.map(|object| object.tags.as_slice());
    let Case { asked, standing, action, version, etag, prefix, .. } = *case;
    let facts = Known { asked, action, tags, account: standing.account, version, etag, prefix };
    let who = case.asked.who();
    let resource = resource(case.standing.bucket.name.as_str(), case.key);
    answer(&Question { who: &who, action: case.action.name(), resource: &resource, facts: &facts })
}

fn decide(case: &Case<'_>, question: &Question<'_>) -> Option<Ground> {
    let given = match of_bucket(case, question) {
        Verdict::Deny if keeps_the_key(case) => Verdict::Silent,
        Verdict::Deny => return None,
        given => given,
    };
    let listed = listed(case);
    let Some(principal) = case.asked.principal() else {
        return ground(matches!(given, Verdict::Allow { .. }), listed == Listed::ToGroup);
    };
    let own = of_principal(principal, question);
    if own == Verdict::Deny {
        return None;
    }
    let lets = matches!(own, Verdict::Allow { .. });
    if belongs_to(case, principal) {
        return match given {
            _ if lets => Some(Ground::Account),
            Verdict::Allow { direct: true } if may_at_all(principal, question) => Some(Ground::Policy),
            _ if listed == Listed::ToGroup && may_at_all(principal, question) => Some(Ground::List),
            _ => None,
        };
    }
    // A group's grant on an object of one's own account needs no more of the account, wherever the object is.
    let own = owns_object(case, principal) && listed == Listed::ToGroup && may_at_all(principal, question);
    (lets || own).then(|| ground(matches!(given, Verdict::Allow { .. }), listed != Listed::No)).flatten()
}

/// Whether a policy denies it, or the session leaves no room for it: whatever any list may say.
pub(super) fn is_denied(case: &Case<'_>) -> bool {
    ask(case, |question| {
        let denied = |principal: &Arc<Principal>| {
            of_principal(principal, question) == Verdict::Deny || !may_at_all(principal, question)
        };
        of_bucket(case, question) == Verdict::Deny || case.asked.principal().is_some_and(denied)
    })
}

fn owns_object(case: &Case<'_>, principal: &Principal) -> bool {
    case.object.is_some_and(|object| object.owner == principal.tenant.id.0.as_slice())
}

/// Whether a bucket policy that may not be there yet denies something.
pub(super) fn denied(case: &Case<'_>, policy: &Policy) -> bool {
    ask(case, |question| policy.judge(question) == Verdict::Deny) && !keeps_the_key(case)
}

/// The root of the account that owns a bucket reads, writes and removes its policy whatever that says, so that nobody
/// locks himself out for good (AWS API_PutBucketPolicy).
fn keeps_the_key(case: &Case<'_>) -> bool {
    let owner = case.standing.bucket.owner;
    case.action.is_on_policy()
        && case.asked.principal().is_some_and(|principal| principal.is_root() && principal.tenant.id == owner)
}

fn ground(by_policy: bool, by_list: bool) -> Option<Ground> {
    match (by_policy, by_list) {
        (true, _) => Some(Ground::Policy),
        (false, true) => Some(Ground::List),
        (false, false) => None,
    }
}

/// What the bucket policy says; what it cannot give is not said.
fn of_bucket(case: &Case<'_>, question: &Question<'_>) -> Verdict {
    let Some(policy) = &case.standing.policy else { return Verdict::Silent };
    let bucket = &case.standing.bucket;
    match policy.judge(question) {
        Verdict::Allow { .. } if foreign(case) => Verdict::Silent,
        // A public policy is no policy to strangers while the switch is on.
        Verdict::Allow { .. }
            if case.standing.switches.restrict_public_buckets
                && case.asked.tenant() != Some(bucket.owner)
                && policy.is_public() =>
        {
            Verdict::Silent
        }
        verdict => verdict,
    }
}

/// Whether it is about an object that the bucket's owner does not own.
fn foreign(case: &Case<'_>) -> bool {
    let bucket = &case.standing.bucket;
    case.standing.has_lists() && case.object.is_some_and(|object| object.owner != bucket.owner.0.as_slice())
}

/// Whether it belongs to the account that the principal acts for. Only the bucket's owner gives rights on a bucket; who
/// owns an object in another's bucket has what the object's list gives.
fn belongs_to(case: &Case<'_>, principal: &Principal) -> bool {
    principal.tenant.id == case.standing.bucket.owner && (case.right == AclRight::Owner || !foreign(case))
}

fn listed(case: &Case<'_>) -> Listed {
    // Where no list counts, a new object's may still say what holds anyway.
    if !case.standing.has_lists() && case.right != AclRight::NewObjectAcp {
        return Listed::No;
    }
    // Versions are what protects an owner from whoever may write (AWS, "Access control list (ACL) overview": WRITE gives
    // `s3:DeleteObjectVersion` to the bucket's owner only).
    let owner = case.standing.bucket.owner;
    if case.action == Action::DeleteObjectVersion && case.asked.tenant() != Some(owner) {
        return Listed::No;
    }
    acl::listed(case.right, &case.standing.bucket, case.object, case.asked.tenant(), case.standing.switches)
}

/// What the principal's own account says of a question, its session included: only what both allow is allowed.
#[must_use]
pub fn of_principal(principal: &Principal, question: &Question<'_>) -> Verdict {
    let restricted = restriction(principal, question);
    let own = if principal.is_root() {
        Verdict::Allow { direct: true }
    } else {
        any(principal.policies.iter().map(|policy| policy.judge(question)))
    };
    match (own, restricted) {
        (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
        (Verdict::Allow { .. }, Verdict::Allow { .. }) => own,
        _ => Verdict::Silent,
    }
}

/// What the policies of the session leave; everything, where there are none.
fn restriction(principal: &Principal, question: &Question<'_>) -> Verdict {
    match &principal.session {
        Some(session) if !session.policies.is_empty() => {
            any(session.policies.iter().map(|policy| policy.judge(question)))
        }
        _ => Verdict::Allow { direct: true },
    }
}

/// Whether the session leaves it to the principal to be allowed by somebody else.
fn may_at_all(principal: &Principal, question: &Question<'_>) -> bool {
    matches!(restriction(principal, question), Verdict::Allow { .. })
}

fn any(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::Silent, |all, one| match (all, one) {
        (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
        (Verdict::Silent, one) => one,
        (all, _) => all,
    })
}

/// Whether a principal may do what is about no bucket that is there: its own account decides.
pub(super) fn may_alone(asked: &Asked, action: Action, bucket: Option<&str>) -> bool {
    let Some(principal) = asked.principal() else { return false };
    let account = Some(principal.account);
    let facts = Known { asked, action, tags: None, account, version: None, etag: None, prefix: None };
    // What is about no bucket is about any: policies that say `arn:aws:s3:::*` mean it too.
    let resource = resource(bucket.unwrap_or("*"), None);
    let (who, facts): (Who, &dyn Facts) = (asked.who(), &facts);
    let question = Question { who: &who, action: action.name(), resource: &resource, facts };
    matches!(of_principal(principal, &question), Verdict::Allow { .. })
}

fn resource(bucket: &str, key: Option<&str>) -> String {
    match key {
        None => format!("arn:aws:s3:::{bucket}"),
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
    }
}
