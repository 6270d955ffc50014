//! The policy language: who may do what, under which conditions. Knows its syntax and its meaning, no operation and no
//! store. A policy is taken apart once, when it is read; it is asked at every request. Source: AWS IAM User Guide, "IAM
//! JSON policy reference".
//!
//! # Where AWS says little
//! | question | answer here |
//! |---|---|
//! | a variable has no value, or several | nothing is like it; a negated comparison with it, or a `NotResource` of it, holds in a statement that denies and not in one that allows |
//! | a key has several values and the operator no `ForAllValues:` or `ForAnyValue:` | as `ForAnyValue:`; negated, no value may match |
//! | a key of what this server has none of (VPCs, organisations) | may be written, and is absent |
//! | `NotPrincipal` in a denial | spares who is named with account, role (of a session) and own name, as AWS asks for it to be written |
//! | a bucket's policy names a resource `bucket*` | the bucket and its objects; any other wildcard in the bucket's name is another's |
//! | a user or role is deleted, and another made of its name | whoever a policy named when it was put is meant, by its unique id, and nobody else |
//! | a stored policy cannot be evaluated | it denies everything; who may replace it is not for it to say |

mod action;
pub mod actions;
mod applicable;
mod arn;
mod condition;
mod document;
mod evaluate;
mod json;
mod keys;
mod pattern;
mod principal;
mod public;
mod resource;
mod rewrite;
#[cfg(test)]
mod tests;
mod variable;

use action::Actions;
pub use applicable::has_key;
use condition::Condition;
pub use keys::all as condition_keys;
pub use principal::Name as PrincipalName;
use principal::Principals;
use resource::Resources;
pub use rewrite::rename_principals;

/// A policy that was read and found to be valid. The default says nothing.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    statements: Vec<Statement>,
    /// It says what is not understood here, which may be a denial of anything.
    unreadable: bool,
    public: bool,
    object_tags: bool,
}

#[derive(Debug, Clone)]
struct Statement {
    effect: Effect,
    principals: Principals,
    actions: Actions,
    resources: Resources,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

impl Policy {
    /// Reads what somebody sends as a policy.
    ///
    /// # Errors
    /// It is no policy, is longer than those of its kind may be, or says something that can mean nothing: an unknown
    /// action, operator or condition key, a value of another type than its operator compares, another bucket's resource.
    pub fn parse(text: &[u8], kind: Kind<'_>) -> Result<Self, PolicyError> {
        document::statements(text, kind, true).map(Self::of)
    }

    /// Reads a stored policy, which may be one that a later version took. What cannot be evaluated denies everything:
    /// it may be a denial.
    #[must_use]
    pub fn stored(text: &[u8], kind: Kind<'_>) -> Self {
        let unreadable = |_| Self { unreadable: true, ..Self::default() };
        document::statements(text, kind, false).map_or_else(unreadable, Self::of)
    }

    fn of(statements: Vec<Statement>) -> Self {
        let public = statements.iter().any(public::is_public);
        let object_tags = statements.iter().any(Statement::reads_object_tags);
        Self { statements, unreadable: false, public, object_tags }
    }

    /// What it says about a question: what a statement denies is denied, else what one allows is allowed.
    #[must_use]
    pub fn judge(&self, question: &Question<'_>) -> Verdict {
        if self.unreadable {
            return Verdict::Deny;
        }
        evaluate::judge(&self.statements, question)
    }

    /// Whether it is public: it allows something to anybody (`*`, or all but some), with no condition that asks for a
    /// fixed value (no wildcard, no variable) of a key that says who it is or from where: `aws:PrincipalArn`,
    /// `aws:PrincipalAccount`, `aws:PrincipalOrgID`, `aws:SourceArn`, `aws:SourceVpc`, `aws:SourceVpce`,
    /// `aws:SourceOwner`, `aws:SourceAccount`, `aws:userid`, `s3:x-amz-server-side-encryption-aws-kms-key-id`,
    /// `s3:DataAccessPointArn` (of which only the account has to be fixed), `s3:DataAccessPointAccount`, or
    /// `aws:SourceIp` in ranges no broader than /8 (IPv6: /32). Operators that are negated, or hold when the key is
    /// absent, ask for nothing. Denials make no difference.
    /// Source: AWS S3, "Blocking public access to your Amazon S3 storage", "The meaning of public".
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.public
    }

    /// Whom it names, also to spare them.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalName> {
        self.statements.iter().flat_map(|statement| statement.principals.names())
    }

    /// The same policy, where whoever it names by an ARN that `id` knows is only who has that unique id.
    #[must_use]
    pub fn held_to(mut self, id: impl Fn(&str) -> Option<String>) -> Self {
        self.statements.iter_mut().for_each(|statement| statement.principals.hold_to(&id));
        self
    }

    /// Whether it needs to know the tags that an object has.
    #[must_use]
    pub fn reads_object_tags(&self) -> bool {
        self.object_tags
    }
}

impl Statement {
    fn reads_object_tags(&self) -> bool {
        let conditions = self.conditions.iter();
        let mut keys = conditions.flat_map(|condition| std::iter::once(condition.key()).chain(condition.variables()));
        let tags = |key: &str| key.starts_with(keys::OBJECT_TAGS);
        keys.any(tags) || self.resources.variables().any(tags)
    }
}

/// Where a policy stands, which decides what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// On a bucket: names principals, and only that bucket and its objects.
    Bucket {
        /// The bucket.
        name: &'a str,
    },
    /// On a user, group or role: names no principal.
    Identity,
    /// Sent with a request for a session: as [`Kind::Identity`].
    Session,
    /// On a role: names who may assume it, and no resource.
    Trust,
}

/// Why a text is no policy, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub String);

/// What a policy says about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A statement denies it.
    Deny,
    /// A statement allows it, none denies it.
    Allow {
        /// A statement that allows it names the principal itself or everybody, not only its account.
        direct: bool,
    },
    /// Nothing.
    Silent,
}

/// What is asked of a policy.
pub struct Question<'a> {
    /// Who asks.
    pub who: &'a Who,
    /// The action, `s3:GetObject`.
    pub action: &'a str,
    /// The ARN of what it is done to.
    pub resource: &'a str,
    /// What conditions look at.
    pub facts: &'a dyn Facts,
}

/// Who asks, as policies name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Nobody signed.
    Anonymous,
    /// A principal of an account.
    Principal {
        /// The account's 12 digits.
        account: String,
        /// The account's canonical user id, 64 hexadecimal digits.
        canonical: String,
        /// Its own ARN.
        arn: String,
        /// Other ARNs that mean it as well: the role's, of a session of that role.
        also: Vec<String>,
        /// `aws:userid`.
        user_id: String,
    },
    /// A service of the platform, `logging.s3.amazonaws.com`.
    Service(String),
}

/// What conditions look at.
pub trait Facts {
    /// The values of a condition key (lower case, `s3:prefix`); `None` when the request has no such thing.
    fn values(&self, key: &str) -> Option<Vec<String>>;
}
