//! Which condition keys go with which actions. Source: AWS Service Authorization Reference, "Actions, resources, and
//! condition keys for Amazon S3".

/// Who may read and write what.
const LISTS: &[&str] = &[
    "s3:x-amz-acl",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
];
const RETENTION: &[&str] =
    &["s3:object-lock-mode", "s3:object-lock-remaining-retention-days", "s3:object-lock-retain-until-date"];
const ENCRYPTION: &[&str] = &["s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"];
const CUSTOMER_KEY: &[&str] = &["s3:x-amz-server-side-encryption-customer-algorithm"];

/// Keys, lower case, that only these actions have; a family ends with its slash. Every other key goes with every action.
const TABLE: &[(&[&str], &[&str])] = &[
    (&["s3:delimiter", "s3:max-keys", "s3:prefix"], &["s3:ListBucket", "s3:ListBucketVersions"]),
    (&["s3:if-match"], &["s3:DeleteObject", "s3:PutObject"]),
    (&["s3:if-none-match", "s3:objectcreationoperation"], &["s3:PutObject"]),
    (&["s3:locationconstraint", "s3:x-amz-object-ownership"], &["s3:CreateBucket"]),
    (&["s3:object-lock-legal-hold"], &["s3:PutObject", "s3:PutObjectLegalHold"]),
    (RETENTION, &["s3:PutObject", "s3:PutObjectRetention"]),
    (
        &["s3:versionid"],
        &[
            "s3:DeleteObjectVersion",
            "s3:DeleteObjectVersionTagging",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionAttributes",
            "s3:GetObjectVersionTagging",
            "s3:GetObjectVersionTorrent",
            "s3:PutObjectVersionAcl",
            "s3:PutObjectVersionTagging",
        ],
    ),
    (
        &[super::keys::OBJECT_TAGS],
        &[
            "s3:DeleteObjectTagging",
            "s3:DeleteObjectVersionTagging",
            "s3:GetObject",
            "s3:GetObjectAcl",
            "s3:GetObjectAttributes",
            "s3:GetObjectTagging",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionAttributes",
            "s3:GetObjectVersionTagging",
            "s3:PutObjectAcl",
            "s3:PutObjectTagging",
            "s3:PutObjectVersionAcl",
            "s3:PutObjectVersionTagging",
            "s3:UpdateObjectEncryption",
        ],
    ),
    (
        &["s3:requestobjecttag/", "s3:requestobjecttagkeys"],
        &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"],
    ),
    (
        LISTS,
        &[
            "s3:BypassGovernanceRetention",
            "s3:CreateBucket",
            "s3:PutBucketAcl",
            "s3:PutObject",
            "s3:PutObjectAcl",
            "s3:PutObjectVersionAcl",
        ],
    ),
    (&["s3:x-amz-copy-source", "s3:x-amz-metadata-directive"], &["s3:BypassGovernanceRetention", "s3:PutObject"]),
    (ENCRYPTION, &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:ReplicateObject", "s3:UpdateObjectEncryption"]),
    (CUSTOMER_KEY, &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:ReplicateObject"]),
    (
        &["s3:x-amz-storage-class"],
        &["s3:BypassGovernanceRetention", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
    ),
];

/// Whether requests for an action have a condition key, written in lower case: what others carry of that name means
/// nothing to them.
#[must_use]
pub fn has_key(action: &str, key: &str) -> bool {
    actions_of(key).is_none_or(|actions| actions.contains(&action))
}

/// The actions that have a key, written in lower case; `None`: all.
pub(super) fn actions_of(key: &str) -> Option<&'static [&'static str]> {
    let is_it = |known: &&str| *known == key || known.ends_with('/') && key.starts_with(*known);
    TABLE.iter().find(|(keys, _)| keys.iter().any(is_it)).map(|(_, actions)| *actions)
}

#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TABLE.iter().flat_map(|(keys, actions)| keys.iter().map(move |key| (*key, *actions)))
}
