//! Managed policies that every account has: those of AWS's that users of S3 attach most. Source: AWS Managed Policy
//! Reference Guide.

use super::records::{ManagedPolicy, PolicyVersion};

/// What their ARNs begin with.
pub(super) const PREFIX: &str = "arn:aws:iam::aws:policy/";

struct Known {
    name: &'static str,
    id: &'static str,
    description: &'static str,
    document: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        name: "AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Provides full access to AWS services and resources.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    Known {
        name: "AmazonS3FullAccess",
        id: "ANPAIFIR6V6BVTRAHWINE",
        description: "Provides full access to all buckets via the AWS Management Console.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}]}"#,
    },
    Known {
        name: "AmazonS3ReadOnlyAccess",
        id: "ANPAIZTJ4DXE7G6AGAE6M",
        description: "Provides read only access to all buckets via the AWS Management Console.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}"#,
    },
    Known {
        name: "IAMFullAccess",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        description: "Provides full access to IAM via the AWS Management Console.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}"#,
    },
    Known {
        name: "IAMReadOnlyAccess",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        description: "Provides read only access to IAM via the AWS Management Console.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}]}"#,
    },
    Known {
        name: "ReadOnlyAccess",
        id: "ANPAILL3HVNFSB6DCOWYQ",
        description: "Provides read-only access to AWS services and resources.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","iam:Get*","iam:List*","sts:GetCallerIdentity"],"Resource":"*"}]}"#,
    },
];

impl Known {
    fn record(&self) -> ManagedPolicy {
        let version = PolicyVersion { number: 1, document: self.document.to_owned(), created_micros: 0 };
        ManagedPolicy {
            name: self.name.to_owned(),
            id: self.id.to_owned(),
            path: "/".to_owned(),
            description: self.description.to_owned(),
            versions: vec![version],
            default_version: 1,
            newest_version: 1,
            ..ManagedPolicy::default()
        }
    }
}

/// One of them, by what follows [`PREFIX`].
pub(super) fn named(name: &str) -> Option<ManagedPolicy> {
    KNOWN.iter().find(|known| known.name == name).map(Known::record)
}

/// All of them, by name.
pub(super) fn all() -> impl Iterator<Item = ManagedPolicy> {
    KNOWN.iter().map(Known::record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Kind, Policy};

    #[test]
    fn each_is_a_policy() {
        for policy in all() {
            Policy::parse(policy.document().as_bytes(), Kind::Identity).expect(&policy.name);
            assert_eq!(named(&policy.name).as_ref(), Some(&policy));
        }
    }
}
