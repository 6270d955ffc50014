//! What requests and answers hold, as JSON. The command line reads and writes the same types.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// A time as answers show it: RFC 3339, UTC.
pub(super) fn time_text(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}

/// A secret that is told, or taken over, in a request or an answer; never shown otherwise, and wiped when dropped.
#[derive(Clone, ToSchema)]
#[schema(value_type = String)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
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

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
        pub struct $name { $($(#[$about])* pub $field: $type,)* }
    )*};
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$about])* pub $field: $type,)* }
    )*};
}

answers! {
    /// Why a request was refused.
    ErrorAnswer {
        /// What went wrong.
        error: ErrorBody,
    }

    /// What went wrong, and what to do.
    ErrorBody {
        /// For programs.
        code: String,
        /// One sentence: what is wrong.
        message: String,
        /// One sentence: what to do; may be empty.
        hint: String,
    }

    /// What is gone.
    Deleted {
        /// Its name.
        deleted: String,
    }

    /// What is done.
    Done {
        /// What it was done to.
        done: String,
    }

    /// A tenant.
    Tenant {
        /// Unique; never changes.
        name: String,
        /// The canonical id, 64 hexadecimal digits.
        id: String,
        /// The account's number, 12 digits, as ARNs have it.
        account: String,
        /// What listings show.
        display_name: String,
        /// Grants may name it; empty when there is none.
        email: String,
        /// None of its keys works.
        disabled: bool,
        /// When it was made.
        created: String,
        /// What it may ask of one front end.
        limits: Limits,
        /// The account's own switches against public access.
        public_access_block: PublicAccess,
    }

    /// Tenants in order of their names.
    TenantPage {
        /// Them.
        tenants: Vec<Tenant>,
        /// Where the next page begins; absent after the last.
        next: Option<String>,
    }

    /// An access key, without its secret.
    Key {
        /// The public half.
        access_key: String,
        /// Whose it is.
        tenant: String,
        /// The user it belongs to; absent when it is the tenant's own.
        user: Option<String>,
        /// Whether it works.
        state: KeyState,
        /// When it was made; absent when it never was whole.
        created: Option<String>,
        /// When it ends; absent: never.
        expires: Option<String>,
        /// For people.
        description: String,
        /// Whether V2 signatures are taken; absent: as the installation does.
        signature_v2: Option<bool>,
    }

    /// A key that was just made. Its secret is told this once.
    IssuedKey {
        /// The public half.
        access_key: String,
        /// The secret half.
        secret_key: SecretText,
        /// The rest.
        key: Key,
    }

    /// A key that took another's place.
    RotatedKey {
        /// The new one.
        new: IssuedKey,
        /// The old one.
        old: Key,
    }

    /// The keys of a tenant or a user.
    KeyList {
        /// Them.
        keys: Vec<Key>,
    }

    /// A user of a tenant.
    User {
        /// Unique in the tenant, regardless of case.
        name: String,
        /// `AIDA…`; no later user of this name has it.
        id: String,
        /// `/`, or what users are sorted by.
        path: String,
        /// Its ARN.
        arn: String,
        /// When it was made.
        created: String,
        /// Groups that it is in.
        groups: Vec<String>,
        /// Its access keys.
        keys: Vec<String>,
        /// Policies of its own.
        policies: Vec<PolicyText>,
        /// ARNs of managed policies.
        attached: Vec<String>,
    }

    /// Users in order of their names.
    UserPage {
        /// Them.
        users: Vec<User>,
        /// Where the next page begins; absent after the last.
        next: Option<String>,
    }

    /// A group of users.
    Group {
        /// Unique in the tenant, regardless of case.
        name: String,
        /// `AGPA…`; no later group of this name has it.
        id: String,
        /// `/`, or what groups are sorted by.
        path: String,
        /// Its ARN.
        arn: String,
        /// When it was made.
        created: String,
        /// Policies of its own.
        policies: Vec<PolicyText>,
        /// ARNs of managed policies.
        attached: Vec<String>,
        /// Users that are in it; absent in listings.
        users: Option<Vec<String>>,
    }

    /// Groups in order of their names.
    GroupPage {
        /// Them.
        groups: Vec<Group>,
        /// Where the next page begins; absent after the last.
        next: Option<String>,
    }

    /// A policy of a user's or a group's own.
    PolicyText {
        /// Unique in the user or group.
        name: String,
        /// The policy, JSON as one text.
        document: String,
    }

    /// A bucket.
    Bucket {
        /// Unique on the platform.
        name: String,
        /// This life of it.
        id: String,
        /// Whose it is.
        tenant: String,
        /// That tenant's canonical id.
        owner: String,
        /// Where it was made.
        region: String,
        /// When it was made.
        created: String,
        /// `off`, `enabled` or `suspended`.
        versioning: String,
        /// Whether its versions can be locked.
        object_lock: bool,
        /// What may be asked of it on one front end.
        limits: Limits,
    }

    /// Buckets, those of one tenant in order of their names.
    BucketPage {
        /// Them; may be empty though there are more.
        buckets: Vec<Bucket>,
        /// Where the next page begins; absent after the last.
        next: Option<String>,
    }

    /// One step of giving a bucket to another tenant.
    Chowned {
        /// The bucket, which is the new tenant's.
        bucket: Bucket,
        /// Canonical id of the tenant it was: to be sent with the next step.
        from: String,
        /// Versions that this step gave to the new tenant.
        changed: u64,
        /// To be sent with the next step; absent after the last.
        next: Option<String>,
    }

    /// One step of emptying a bucket.
    Purged {
        /// Versions and delete markers that this step removed.
        removed: u64,
        /// Uploads that this step aborted.
        aborted: u64,
        /// Versions that a lock keeps, among those that this step looked at.
        locked: u64,
        /// Of these, those under a legal hold, whatever their retention.
        legal_hold: u64,
        /// Of these, those retained in governance mode.
        governance: u64,
        /// Of these, those retained in compliance mode.
        compliance: u64,
        /// To be sent with the next step; absent after the last.
        next: Option<String>,
    }

    /// A token of this interface, without the token itself.
    Token {
        /// Made of the token's hash.
        id: String,
        /// Unique.
        name: String,
        /// What it may be used for.
        scopes: Vec<String>,
        /// When it was made.
        created: String,
        /// When it ends; absent: never.
        expires: Option<String>,
    }

    /// A token that was just made. It is told this once.
    IssuedToken {
        /// To be sent as `Authorization: Bearer …`.
        token: SecretText,
        /// The rest.
        about: Token,
    }

    /// All tokens but the root token.
    TokenList {
        /// Them.
        tokens: Vec<Token>,
    }
}

requests! {
    /// What one front end lets through; 0 is unbounded.
    #[derive(Default, PartialEq, Eq)]
    Limits {
        /// Requests per second.
        #[serde(default)]
        requests_per_second: u32,
        /// Bytes of bodies received, per second.
        #[serde(default)]
        received_bytes_per_second: u64,
        /// Bytes of bodies sent, per second.
        #[serde(default)]
        sent_bytes_per_second: u64,
    }

    /// The four switches against public access.
    #[derive(Default, PartialEq, Eq)]
    PublicAccess {
        /// Refuse requests that would set a public access control list.
        #[serde(default)]
        block_public_acls: bool,
        /// Take public grants for none.
        #[serde(default)]
        ignore_public_acls: bool,
        /// Refuse public bucket policies.
        #[serde(default)]
        block_public_policy: bool,
        /// Only the owner's account has access to a bucket with a public policy.
        #[serde(default)]
        restrict_public_buckets: bool,
    }

    /// A tenant to make.
    #[derive(Default)]
    NewTenant {
        /// Unique; never changes.
        name: String,
        /// What listings show; the name when absent.
        display_name: Option<String>,
        /// Unique; grants may name it.
        email: Option<String>,
    }

    /// What is to change about a tenant; what is absent stays.
    #[derive(Default)]
    ChangeTenant {
        /// What listings show.
        display_name: Option<String>,
        /// Unique; an empty text takes it away.
        email: Option<String>,
        /// What it may ask of one front end.
        limits: Option<Limits>,
        /// The account's own switches against public access.
        public_access_block: Option<PublicAccess>,
    }

    /// A key to make.
    #[derive(Default)]
    NewKey {
        /// The user it will belong to; absent: the tenant itself.
        user: Option<String>,
        /// For people.
        description: Option<String>,
        /// When it will end, seconds from now; absent: never.
        expires_in_seconds: Option<u64>,
        /// Whether V2 signatures are taken; absent: as the installation does.
        signature_v2: Option<bool>,
    }

    /// A key pair that comes from elsewhere.
    ImportKey {
        /// The public half.
        access_key: String,
        /// The secret half.
        secret_key: SecretText,
        /// The user it will belong to; absent: the tenant itself.
        user: Option<String>,
        /// For people.
        description: Option<String>,
        /// When it will end, seconds from now; absent: never.
        expires_in_seconds: Option<u64>,
        /// Whether V2 signatures are taken; absent: as the installation does.
        signature_v2: Option<bool>,
    }

    /// How a key is to be replaced.
    #[derive(Default)]
    RotateKey {
        /// How long the old one goes on working, seconds; absent: not at all.
        grace_seconds: Option<u64>,
        /// When the new one will end, seconds from now; absent: never.
        expires_in_seconds: Option<u64>,
    }

    /// A user or a group to make.
    #[derive(Default)]
    NewEntity {
        /// Unique in the tenant, regardless of case.
        name: String,
        /// `/` when absent.
        path: Option<String>,
    }

    /// A policy to put.
    NewPolicyText {
        /// The policy, JSON as one text.
        document: String,
    }

    /// What is to change about a bucket.
    ChangeBucket {
        /// What may be asked of it on one front end.
        limits: Limits,
    }

    /// A step of giving a bucket to another tenant.
    #[derive(Default)]
    Chown {
        /// The new tenant.
        tenant: String,
        /// `from` of the step before; absent in the first one. It goes on with what belonged to that tenant.
        from: Option<String>,
        /// `next` of the step before.
        after: Option<String>,
    }

    /// A step of emptying a bucket.
    #[derive(Default)]
    Purge {
        /// `next` of the step before.
        after: Option<String>,
    }

    /// A token to make.
    #[derive(Default)]
    NewToken {
        /// Unique.
        name: String,
        /// What it may be used for; whoever makes it has these scopes too.
        scopes: Vec<String>,
        /// When it will end, seconds from now; absent: never, or with the token that makes it.
        expires_in_seconds: Option<u64>,
    }
}

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It works, unless its tenant is disabled.
    Active,
    /// Somebody has disabled it.
    Disabled,
    /// Its time is over.
    Expired,
    /// It was being made when its front end stopped: delete it.
    Unfinished,
}
