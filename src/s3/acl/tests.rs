use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;

use super::*;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::{BucketId, BucketName, PublicAccessBlock, Tenant, Timestamp};

const OWNER: TenantId = TenantId([1; 32]);
const WRITER: TenantId = TenantId([2; 32]);
const BLOCKED: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: false,
    block_public_policy: false,
    restrict_public_buckets: false,
};

struct Known;

#[async_trait]
impl GranteeSource for Known {
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, S3Error> {
        Ok([OWNER, WRITER].contains(&id).then(|| Tenant { id, name: "x".to_owned() }))
    }

    async fn tenant_by_email(&self, email: &str) -> Result<Option<TenantId>, S3Error> {
        Ok((email == "a@b.c").then_some(WRITER))
    }
}

fn bucket(ownership: Ownership) -> Bucket {
    Bucket {
        name: BucketName::existing("shared").expect("a name"),
        id: BucketId::fresh(),
        owner: OWNER,
        region: String::new(),
        created: Timestamp(0),
        settings: Arc::new(BucketSettings { ownership: ownership.into(), ..BucketSettings::default() }),
    }
}

fn wanted(on: On, lines: &[(&str, &str)]) -> Result<Option<Wanted>, S3ErrorCode> {
    let mut headers = Headers::default();
    lines.iter().for_each(|(name, value)| headers.push(*name, (*value).to_owned()));
    block_on(Wanted::of_headers(&headers, on, &Known)).map_err(|error| error.code)
}

fn canned(name: &str) -> Wanted {
    wanted(On::Object, &[("x-amz-acl", name)]).expect("is one").expect("is asked for")
}

fn tenant(id: TenantId, permission: Permission) -> Grant {
    Grant::new(Grantee::Tenant(id), permission)
}

fn group(group: GranteeGroup, permission: Permission) -> Grant {
    Grant::new(Grantee::Group(group), permission)
}

#[test]
fn canned_lists_are_awss() {
    use GranteeGroup::{AllUsers, AuthenticatedUsers, LogDelivery};
    use Permission::{FullControl, Read, ReadAcp, Write};
    let all = || tenant(WRITER, FullControl);
    for (name, grants) in [
        ("private", vec![all()]),
        ("public-read", vec![group(AllUsers, Read), all()]),
        ("public-read-write", vec![group(AllUsers, Read), group(AllUsers, Write), all()]),
        ("authenticated-read", vec![group(AuthenticatedUsers, Read), all()]),
        ("bucket-owner-read", vec![all(), tenant(OWNER, Read)]),
        ("bucket-owner-full-control", vec![all(), tenant(OWNER, FullControl)]),
    ] {
        assert_eq!(canned(name).list(WRITER, OWNER).grants, grants, "{name}");
    }
    let logs = wanted(On::Bucket, &[("x-amz-acl", "log-delivery-write")]).expect("is one").expect("is asked for");
    let grants = vec![group(LogDelivery, Write), group(LogDelivery, ReadAcp), tenant(OWNER, FullControl)];
    assert_eq!(logs.list(OWNER, OWNER).grants, grants);
    for name in ["private", "bucket-owner-read", "bucket-owner-full-control"] {
        assert_eq!(stored(canned(name).list(OWNER, OWNER), OWNER), None, "{name} of one's own says what holds anyway");
    }
}

#[test]
fn headers_ask_for_one_list_or_none() {
    let writer = format!("id={WRITER}");
    assert_eq!(wanted(On::Object, &[]), Ok(None));
    let list = |grants| Ok(Some(Wanted::Grants(AccessControlList { grants })));
    assert_eq!(
        wanted(On::Object, &[("x-amz-grant-write-acp", "emailAddress=\"a@b.c\""), ("x-amz-grant-read", &writer)]),
        list(vec![tenant(WRITER, Permission::Read), tenant(WRITER, Permission::WriteAcp)])
    );
    let everybody = "uri=http://acs.amazonaws.com/groups/global/AllUsers";
    assert_eq!(
        wanted(On::Bucket, &[("x-amz-grant-read", everybody)]),
        list(vec![group(GranteeGroup::AllUsers, Permission::Read)])
    );
    let many = vec![writer.as_str(); GRANTS_MAX + 1].join(",");
    let nobody = format!("id={}", TenantId([3; 32]));
    for (name, value, code) in [
        ("x-amz-acl", "", S3ErrorCode::InvalidArgument),
        ("x-amz-acl", "Private", S3ErrorCode::InvalidArgument),
        ("x-amz-acl", "log-delivery-write", S3ErrorCode::InvalidArgument),
        ("x-amz-acl", "aws-exec-read", S3ErrorCode::NotImplemented),
        ("x-amz-grant-read", "id=_foo", S3ErrorCode::InvalidArgument),
        ("x-amz-grant-read", &nobody, S3ErrorCode::InvalidArgument),
        ("x-amz-grant-read", "uri=http://other", S3ErrorCode::InvalidArgument),
        ("x-amz-grant-read", "emailAddress=x@y.z", S3ErrorCode::UnresolvableGrantByEmailAddress),
        ("x-amz-grant-read", &many, S3ErrorCode::MalformedACLError),
    ] {
        assert_eq!(wanted(On::Object, &[(name, value)]), Err(code), "{name}: {value}");
    }
    let both = [("x-amz-acl", "private"), ("x-amz-grant-read", writer.as_str())];
    assert_eq!(wanted(On::Object, &both), Err(S3ErrorCode::InvalidRequest));
    let twice = [("x-amz-acl", "private"), ("x-amz-acl", "public-read")];
    assert_eq!(wanted(On::Object, &twice), Err(S3ErrorCode::InvalidArgument));
}

#[test]
fn a_new_object_keeps_what_others_get() {
    let new = |name: &str, owner: TenantId| {
        Rights::of_new(Some(&canned(name)), &bucket(Ownership::ObjectWriter), owner, PublicAccessBlock::default())
    };
    let given = new("bucket-owner-full-control", WRITER).expect("may be written");
    assert_eq!(given.owner, WRITER);
    assert!(given.acl.is_some_and(|list| list.grants.contains(&tenant(OWNER, Permission::FullControl))));
    for (name, owner) in [("bucket-owner-full-control", OWNER), ("private", WRITER)] {
        assert_eq!(new(name, owner).expect("may be written"), Rights { owner, acl: None }, "{name}");
    }
}

#[test]
fn lists_that_do_not_count_or_are_blocked_are_refused() {
    let new = |name: &str, ownership, block| {
        // Where lists do not count, everything is the bucket owner's.
        let owner = if ownership == Ownership::BucketOwnerEnforced { OWNER } else { WRITER };
        let rights = Rights::of_new(Some(&canned(name)), &bucket(ownership), owner, block);
        rights.map(|_| ()).map_err(|error| error.code)
    };
    let free = PublicAccessBlock::default();
    for name in ["public-read", "public-read-write", "authenticated-read"] {
        assert_eq!(new(name, Ownership::ObjectWriter, free), Ok(()));
        assert_eq!(new(name, Ownership::ObjectWriter, BLOCKED), Err(S3ErrorCode::AccessDenied), "{name}");
        let unsupported = Err(S3ErrorCode::AccessControlListNotSupported);
        assert_eq!(new(name, Ownership::BucketOwnerEnforced, free), unsupported, "{name}");
        assert_eq!(new(name, Ownership::BucketOwnerEnforced, BLOCKED), unsupported, "{name}");
    }
    let enforced = |name: &str| new(name, Ownership::BucketOwnerEnforced, BLOCKED);
    for name in ["private", "bucket-owner-read"] {
        assert_eq!(enforced(name), Err(S3ErrorCode::AccessControlListNotSupported), "{name}");
    }
    assert_eq!(enforced("bucket-owner-full-control"), Ok(()));
    for name in ["private", "bucket-owner-read", "bucket-owner-full-control"] {
        assert_eq!(new(name, Ownership::ObjectWriter, BLOCKED), Ok(()), "{name}");
    }
    let in_full = |owner| {
        let wanted = Wanted::Grants(private(owner));
        let rights = Rights::of_new(Some(&wanted), &bucket(Ownership::BucketOwnerEnforced), OWNER, free);
        rights.map(|rights| rights.acl).map_err(|error| error.code)
    };
    assert_eq!(in_full(OWNER), Ok(None));
    assert_eq!(in_full(WRITER), Err(S3ErrorCode::AccessControlListNotSupported));
}

#[test]
fn where_lists_do_not_count_the_bucket_owners_is_shown() {
    let public = AccessControlList { grants: vec![group(GranteeGroup::AllUsers, Permission::Read)] };
    let owner = bytes::Bytes::copy_from_slice(&WRITER.0);
    let attrs = ObjectAttrs { owner, acl: Some(public.clone()), ..ObjectAttrs::default() };
    let writers = bucket(Ownership::ObjectWriter);
    assert_eq!((owner_of(&writers, &attrs), of_object(&writers, &attrs)), (WRITER, public));
    let enforced = bucket(Ownership::BucketOwnerEnforced);
    assert_eq!((owner_of(&enforced, &attrs), of_object(&enforced, &attrs)), (OWNER, private(OWNER)));
    let plain = ObjectAttrs { acl: None, ..attrs };
    assert_eq!(of_object(&writers, &plain), private(WRITER));
    assert_eq!(of_bucket(&writers), private(OWNER));
}
