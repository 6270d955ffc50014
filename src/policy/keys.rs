//! The condition keys there are. Source: AWS IAM User Guide, "AWS global condition context keys"; AWS Service
//! Authorization Reference, "Condition keys for Amazon S3" and "… AWS Security Token Service".

use super::Kind;

/// Keys of every request, lower case. Those of what this server has none of (VPCs, organisations, tags of principals)
/// are absent from every request.
const GLOBAL: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
];

/// Keys of requests to S3, lower case.
const S3: &[&str] = &[
    "s3:authtype",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:delimiter",
    "s3:if-match",
    "s3:if-none-match",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-retain-until-date",
    "s3:objectcreationoperation",
    "s3:prefix",
    "s3:requestobjecttagkeys",
    "s3:resourceaccount",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
    "s3:versionid",
    "s3:x-amz-acl",
    "s3:x-amz-content-sha256",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-object-ownership",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
];

/// Families of keys, lower case: a tag's name comes after each.
const FAMILIES: &[&str] =
    &["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "s3:requestobjecttag/", OBJECT_TAGS];

/// The family of the tags that an object has.
pub(super) const OBJECT_TAGS: &str = "s3:existingobjecttag/";

/// All of them, lower case; a family ends with its slash.
pub fn all() -> impl Iterator<Item = &'static str> {
    [GLOBAL, S3, FAMILIES].into_iter().flatten().copied()
}

/// Whether a key, in lower case, may stand in a policy of this kind. A bucket's knows those of S3; others know those of
/// any other service by their shape, because they may be about any.
pub(super) fn is_known(key: &str, kind: Kind<'_>) -> bool {
    let family = || FAMILIES.iter().any(|family| key.strip_prefix(family).is_some_and(|tag| !tag.is_empty()));
    if GLOBAL.contains(&key) || S3.contains(&key) || family() {
        return true;
    }
    let elsewhere = || {
        let (service, name) = key.split_once(':')?;
        let shaped = !service.is_empty() && !name.is_empty() && !["aws", "s3"].contains(&service);
        Some(shaped && service.bytes().all(|b| b.is_ascii_alphanumeric() || b".-/".contains(&b)))
    };
    !matches!(kind, Kind::Bucket { .. }) && elsewhere().unwrap_or(false)
}
