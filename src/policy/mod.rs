//! The policy language: who may do what, under which conditions. Knows its syntax and its meaning, no operation and no
//! store. Source: AWS IAM User Guide, "IAM JSON policy reference".

/// A policy that was read and found to be valid.
#[derive(Debug, Clone, Default)]
pub struct Policy {}

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
impl Policy {
    /// Reads a stored policy.
    #[must_use]
    pub fn stored(_text: &[u8], _kind: Kind<'_>) -> Self {
        Self {}
    }

    /// What it says about a question.
    #[must_use]
    pub fn judge(&self, _question: &Question<'_>) -> Verdict {
        Verdict::Silent
    }

    /// Whether it gives anything to everybody.
    #[must_use]
    pub fn is_public(&self) -> bool {
        false
    }

    /// Whether it depends on an object's tags.
    #[must_use]
    pub fn reads_object_tags(&self) -> bool {
        false
    }
}
