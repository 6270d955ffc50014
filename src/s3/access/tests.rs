//! The order of evaluation, rule by rule. The matrix over all operations is a test of its own.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;

use super::asked::{Asked, Origin};
use super::judge::{Case, Ground, judge, may_alone};
use super::permit::{Permit, Seen};
use super::standing::Standing;
use crate::accounts::{AccountId, Identity, Principal, Session};
use crate::policy::{Kind, Policy};
use crate::s3::action::{AclRight, Action};
use crate::s3::auth::{Caller, SignatureKind};
use crate::s3::error::S3ErrorCode;
use crate::s3::ops;
use crate::s3::request::{Headers, Query};
use crate::storage::boot_time::BootTime;
use crate::storage::{
    AccessControlList, Bucket, BucketId, BucketName, BucketSettings, Data, Fetch, Grant, Grantee, GranteeGroup, Head,
    HeadRead, ObjectAttrs, ObjectKey, ObjectRecord, Ownership, Permission, PublicAccessBlock, Tenant, TenantId,
    Timestamp,
};

const OWNER: TenantId = TenantId([1; 32]);
const OTHER: TenantId = TenantId([2; 32]);

fn tenant(id: TenantId) -> Tenant {
    Tenant { id, name: format!("tenant-{}", id.0[0]) }
}

fn account(id: TenantId) -> AccountId {
    AccountId::of(id, 0)
}

fn root(id: TenantId) -> Caller {
    Caller::Principal(Arc::new(Principal::root(tenant(id), account(id), "AK".to_owned())))
}

fn identity_policy(action: &str, effect: &str) -> Arc<Policy> {
    let text =
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}}}"#);
    Arc::new(Policy::parse(text.as_bytes(), Kind::Identity).expect("a policy"))
}

fn user(id: TenantId, policies: Vec<Arc<Policy>>) -> Principal {
    let identity = Identity::User { id: "AIDA1".to_owned(), name: "ula".to_owned(), path: "/".to_owned() };
    Principal { identity, policies, ..Principal::root(tenant(id), account(id), "AK".to_owned()) }
}

fn caller(principal: Principal) -> Caller {
    Caller::Principal(Arc::new(principal))
}

/// A world with one bucket of [`OWNER`] and one object in it.
struct World {
    settings: BucketSettings,
    object: ObjectAttrs,
    switches: PublicAccessBlock,
}

impl World {
    fn new() -> Self {
        let object = ObjectAttrs { owner: Bytes::copy_from_slice(&OWNER.0), ..ObjectAttrs::default() };
        Self { settings: BucketSettings::default(), object, switches: PublicAccessBlock::default() }
    }

    fn with_policy(mut self, effect: &str, principal: &str, action: &str) -> Self {
        let resource = r#"["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]"#;
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":{resource}}}}}"#
        );
        Policy::parse(text.as_bytes(), Kind::Bucket { name: "bucket" }).expect("a policy");
        self.settings.policy = text.into();
        self
    }

    fn with_ownership(mut self, ownership: Ownership) -> Self {
        self.settings.ownership = ownership.into();
        self
    }

    fn with_object_of(mut self, id: TenantId) -> Self {
        self.object.owner = Bytes::copy_from_slice(&id.0);
        self
    }

    fn with_grant(mut self, grantee: Grantee, permission: Permission) -> Self {
        let list = AccessControlList { grants: vec![Grant::new(grantee, permission)] };
        self.object.acl = Some(list.clone());
        self.settings.acl = Some(list);
        self
    }

    fn ask(&self, caller: &Caller, action: Action, right: AclRight) -> Option<Ground> {
        let object = (right != AclRight::BucketRead && right != AclRight::BucketWrite).then_some(&self.object);
        let key = (right != AclRight::BucketRead).then_some("k");
        let standing = self.standing();
        let asked = asked(caller.clone());
        judge(&Case {
            asked: &asked,
            standing: &standing,
            action,
            right,
            key,
            object,
            version: None,
            etag: None,
            prefix: None,
        })
    }

    fn standing(&self) -> Standing {
        Standing {
            bucket: Bucket {
                name: BucketName::existing("bucket").expect("a name"),
                id: BucketId::fresh(),
                owner: OWNER,
                region: String::new(),
                created: Timestamp(0),
                settings: Arc::new(self.settings.clone()),
            },
            policy: (!self.settings.policy.is_empty())
                .then(|| Arc::new(Policy::stored(&self.settings.policy, Kind::Bucket { name: "bucket" }))),
            switches: self.switches,
            account: Some(account(OWNER)),
        }
    }

    fn get(&self, caller: &Caller) -> Option<Ground> {
        self.ask(caller, Action::GetObject, AclRight::ObjectRead)
    }

    fn delete(&self, caller: &Caller) -> Option<Ground> {
        self.ask(caller, Action::DeleteObject, AclRight::BucketWrite)
    }
}

fn asked(caller: Caller) -> Asked {
    Asked {
        caller,
        how: SignatureKind::V4Header,
        signed_at: None,
        row: &ops::object::get_object::ROW,
        headers: Arc::new(Headers::default()),
        query: Query::default(),
        origin: Origin {
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: false,
            tls_version: None,
            received: Timestamp(0),
        },
        region: "us-east-1".into(),
        document: None,
    }
}

const EVERYBODY: &str = r#""*""#;

#[test]
fn without_grants_only_the_owner_may() {
    let world = World::new();
    assert_eq!(world.get(&root(OWNER)), Some(Ground::Account));
    for stranger in [root(OTHER), Caller::Anonymous, caller(user(OWNER, vec![])), caller(user(OTHER, vec![]))] {
        assert_eq!(world.get(&stranger), None, "{stranger:?}");
    }
}

#[test]
fn a_user_needs_a_policy_of_his_own_or_to_be_named() {
    let world = World::new();
    let allowed = caller(user(OWNER, vec![identity_policy("s3:GetObject", "Allow")]));
    assert_eq!(world.get(&allowed), Some(Ground::Account));
    assert_eq!(world.delete(&allowed), None);
    let denied = vec![identity_policy("s3:*", "Allow"), identity_policy("s3:Get*", "Deny")];
    assert_eq!(world.get(&caller(user(OWNER, denied))), None);
    let bare = caller(user(OWNER, vec![]));
    let arn = format!("arn:aws:iam::{}:user/ula", account(OWNER));
    let named = World::new().with_policy("Allow", &format!(r#"{{"AWS":"{arn}"}}"#), "s3:GetObject");
    assert_eq!(named.get(&bare), Some(Ground::Policy));
    let delegated = World::new().with_policy("Allow", &format!(r#"{{"AWS":"{}"}}"#, account(OWNER)), "s3:GetObject");
    assert_eq!(delegated.get(&bare), None, "the account has to hand it on");
}

#[test]
fn across_accounts_both_have_to_allow_it() {
    let account = account(OTHER);
    let world = World::new().with_policy("Allow", &format!(r#"{{"AWS":"{account}"}}"#), "s3:GetObject");
    assert_eq!(world.get(&root(OTHER)), Some(Ground::Policy));
    assert_eq!(world.get(&caller(user(OTHER, vec![]))), None);
    let handed_on = caller(user(OTHER, vec![identity_policy("s3:GetObject", "Allow")]));
    assert_eq!(world.get(&handed_on), Some(Ground::Policy));
    assert_eq!(World::new().get(&handed_on), None, "its own account alone gives nothing of others");
}

#[test]
fn a_deny_of_the_bucket_policy_wins_over_everything() {
    let world = World::new().with_policy("Deny", EVERYBODY, "s3:GetObject").with_object_of(OTHER);
    let world = world.with_grant(Grantee::Group(GranteeGroup::AllUsers), Permission::FullControl);
    for who in [root(OWNER), root(OTHER), Caller::Anonymous, caller(user(OWNER, vec![identity_policy("*", "Allow")]))] {
        assert_eq!(world.get(&who), None, "{who:?}");
    }
}

#[test]
fn an_allow_of_the_bucket_policy_does_not_reach_objects_of_others() {
    let world = World::new().with_policy("Allow", EVERYBODY, "s3:*").with_object_of(OTHER);
    assert_eq!(world.get(&Caller::Anonymous), None);
    assert_eq!(world.get(&root(OWNER)), None, "it is not his");
    assert_eq!(world.get(&root(OTHER)), Some(Ground::List), "it is his own");
    assert_eq!(world.delete(&root(OWNER)), Some(Ground::Account), "the bucket is his");
    let enforced = world.with_ownership(Ownership::BucketOwnerEnforced);
    assert_eq!(enforced.get(&Caller::Anonymous), Some(Ground::Policy));
    assert_eq!(enforced.get(&root(OWNER)), Some(Ground::Account));
}

#[test]
fn lists_give_to_tenants_and_groups() {
    use GranteeGroup::{AllUsers, AuthenticatedUsers, LogDelivery};
    let bare = caller(user(OWNER, vec![]));
    for (grantee, nobody, other, user_of_owner) in [
        (Grantee::Tenant(OTHER), false, true, false),
        (Grantee::Group(AllUsers), true, true, true),
        (Grantee::Group(AuthenticatedUsers), false, true, true),
        (Grantee::Group(LogDelivery), false, false, false),
    ] {
        for (permission, gives) in [
            (Permission::Read, true),
            (Permission::FullControl, true),
            (Permission::Write, false),
            (Permission::ReadAcp, false),
            (Permission::Unknown, false),
        ] {
            let world = World::new().with_grant(grantee, permission);
            let list = |given| (given && gives).then_some(Ground::List);
            assert_eq!(world.get(&Caller::Anonymous), list(nobody), "{grantee:?} {permission:?}");
            assert_eq!(world.get(&root(OTHER)), list(other), "{grantee:?} {permission:?}");
            assert_eq!(world.get(&bare), list(user_of_owner), "{grantee:?} {permission:?}");
            let enforced = world.with_ownership(Ownership::BucketOwnerEnforced);
            assert_eq!(enforced.get(&root(OTHER)), None, "lists do not count");
        }
    }
}

#[test]
fn an_owner_can_always_read_and_write_the_list() {
    let world = World::new().with_object_of(OTHER).with_grant(Grantee::Tenant(OWNER), Permission::Read);
    assert_eq!(world.get(&root(OTHER)), None, "he has taken it from himself");
    for (action, right) in
        [(Action::GetObjectAcl, AclRight::ObjectReadAcp), (Action::PutObjectAcl, AclRight::ObjectWriteAcp)]
    {
        assert_eq!(world.ask(&root(OTHER), action, right), Some(Ground::List));
        assert_eq!(world.ask(&root(OWNER), action, right), None);
    }
}

#[test]
fn the_switches_take_public_grants_and_public_policies_for_none() {
    let mut world = World::new().with_grant(Grantee::Group(GranteeGroup::AllUsers), Permission::Read);
    assert_eq!(world.get(&Caller::Anonymous), Some(Ground::List));
    world.switches.ignore_public_acls = true;
    for who in [Caller::Anonymous, root(OTHER)] {
        assert_eq!(world.get(&who), None);
    }
    let mut world = World::new().with_policy("Allow", EVERYBODY, "s3:GetObject");
    let bare = caller(user(OWNER, vec![]));
    assert_eq!(world.get(&Caller::Anonymous), Some(Ground::Policy));
    world.switches.restrict_public_buckets = true;
    assert_eq!(world.get(&Caller::Anonymous), None);
    assert_eq!(world.get(&root(OTHER)), None);
    assert_eq!(world.get(&bare), Some(Ground::Policy), "its own account stays in");
    // A policy that is not public is left alone.
    let account = account(OTHER);
    let mut world = World::new().with_policy("Allow", &format!(r#"{{"AWS":"{account}"}}"#), "s3:GetObject");
    world.switches.restrict_public_buckets = true;
    assert_eq!(world.get(&root(OTHER)), Some(Ground::Policy));
}

#[test]
fn a_session_has_what_both_its_policies_and_its_own_give() {
    let session = |policies| Session { policies, issued: Timestamp(0), expires: Timestamp(i64::MAX) };
    let own = vec![identity_policy("s3:*", "Allow")];
    let restricted = session(vec![identity_policy("s3:GetObject", "Allow")]);
    let narrow = caller(Principal { session: Some(restricted.clone()), ..user(OWNER, own.clone()) });
    assert_eq!(World::new().get(&narrow), Some(Ground::Account));
    assert_eq!(World::new().delete(&narrow), None);
    let wide = caller(Principal { session: Some(session(vec![])), ..user(OWNER, own) });
    assert_eq!(World::new().delete(&wide), Some(Ground::Account));
    let poor = caller(Principal { session: Some(restricted.clone()), ..user(OWNER, vec![]) });
    assert_eq!(World::new().get(&poor), None, "a session policy gives nothing by itself");
    // Nor does what others give go beyond the session's policies.
    let public = World::new().with_policy("Allow", EVERYBODY, "s3:*");
    assert_eq!(public.get(&poor), Some(Ground::Policy));
    assert_eq!(public.delete(&poor), None);
    let rooted = Principal { session: Some(restricted), ..Principal::root(tenant(OWNER), account(OWNER), "AK".into()) };
    assert_eq!(World::new().delete(&caller(rooted)), None, "the root's session is restricted too");
}

#[test]
fn what_no_bucket_decides_is_the_accounts_own_to_allow() {
    for (who, may) in [
        (root(OWNER), true),
        (Caller::Anonymous, false),
        (caller(user(OWNER, vec![])), false),
        (caller(user(OWNER, vec![identity_policy("s3:CreateBucket", "Allow")])), true),
    ] {
        assert_eq!(may_alone(&asked(who), Action::CreateBucket, Some("b")), may);
    }
}

/// A Deny on the second of two tags whose keys differ in case only was dodged.
#[test]
fn no_tag_hides_behind_another_of_the_same_letters() {
    let tag = |key: &str, value: &str| crate::storage::Tag { key: key.to_owned(), value: value.to_owned() };
    let tags = [tag("TEAM", "public"), tag("team", "secret")];
    let asked = asked(Caller::Anonymous);
    let (asked, action, tags) = (&asked, Action::GetObject, Some(tags.as_slice()));
    let known = super::asked::Known { asked, action, tags, account: None, version: None, etag: None, prefix: None };
    let values = crate::policy::Facts::values(&known, "s3:existingobjecttag/team");
    assert_eq!(values, Some(vec!["public".to_owned(), "secret".to_owned()]));
}

/// `"Resource": "arn:aws:s3:::*"`, which AWS's own examples use for ListAllMyBuckets, allowed nothing.
#[test]
fn every_bucket_is_what_no_bucket_is_about() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"}}"#;
    let policy = Arc::new(Policy::parse(text.as_bytes(), Kind::Identity).expect("a policy"));
    assert!(may_alone(&asked(caller(user(OWNER, vec![policy]))), Action::ListAllMyBuckets, None));
}

/// Whoever could list a bucket got a permit for a key without an object, and could change the object that came meanwhile.
#[test]
fn what_came_meanwhile_is_not_what_was_judged() {
    let of = |owner: TenantId| ObjectAttrs { owner: Bytes::copy_from_slice(&owner.0), ..ObjectAttrs::default() };
    let tagged = ObjectAttrs { tags: vec![crate::storage::Tag::default()], ..of(OTHER) };
    for (ground, saw, now, holds) in [
        (Ground::Account, None, of(OWNER), false),
        (Ground::List, None, of(OTHER), false),
        (Ground::Account, Some(of(OWNER)), of(OTHER), false),
        (Ground::List, Some(of(OTHER)), of(OTHER), true),
        (Ground::List, Some(of(OTHER)), tagged.clone(), false),
        (Ground::Account, Some(of(OTHER)), tagged, true),
    ] {
        let record = |attrs| ObjectRecord { attrs, data: Data::NotRead };
        let head = Head { current: saw.map(record).map(Arc::new), ..Head::default() };
        let read = HeadRead {
            bucket: World::new().standing().bucket,
            key: ObjectKey::parse("k").expect("a key"),
            head,
            read_at: BootTime::now(),
            named: None,
        };
        let seen = Seen { head: read, version: None, fetch: Fetch::Attrs };
        let permit = Permit::mint(Arc::new(asked(root(OWNER))), Action::PutObjectAcl, ground);
        let judged = permit.having_seen(Some(seen)).still_holds(None, &now);
        let refusal = (!holds).then_some(S3ErrorCode::OperationAborted);
        assert_eq!(judged.err().map(|error| error.code), refusal, "{ground:?}");
    }
}

#[test]
fn every_action_of_the_table_is_one_that_policies_know() {
    for action in Action::ALL {
        assert!(crate::policy::actions::is_known(action.name()), "{}", action.name());
    }
}
