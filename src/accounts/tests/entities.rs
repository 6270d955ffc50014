use super::*;
use crate::accounts::{ATTACHED_MAX, Entity, InlinePolicy, NewPolicy, POLICY_VERSIONS_MAX};

fn inline(name: &str) -> InlinePolicy {
    InlinePolicy { name: name.to_owned(), document: ALLOW.to_owned() }
}

fn policy(name: &str) -> NewPolicy {
    NewPolicy { name: name.to_owned(), document: ALLOW.to_owned(), ..NewPolicy::default() }
}

async fn arn(g: &Ground, tenant: TenantId, name: &str) -> String {
    let account = g.accounts.tenant(tenant).await.expect("asks").expect("is there").account;
    format!("arn:aws:iam::{account}:policy/{name}")
}

#[tokio::test]
async fn entities_are_made_found_listed_and_deleted() {
    let g = Ground::new().await;
    let (tenant, other) = (g.tenant("t").await, g.tenant("other").await);
    for (kind, id) in [(EntityKind::User, "AIDA"), (EntityKind::Group, "AGPA"), (EntityKind::Role, "AROA")] {
        let made = g.entity(tenant, kind, "Name").await;
        assert!(made.id.starts_with(id) && made.id.len() == 21 && made.path == "/");
        refused(g.accounts.create_entity(tenant, kind, named("nAME")).await, AccountError::EntityAlreadyExists);
        refused(g.accounts.create_entity(tenant, kind, named("a/b")).await, AccountError::Invalid);
        assert_eq!(g.accounts.entity(tenant, kind, "name").await.expect("finds"), made);
        refused(g.accounts.entity(other, kind, "Name").await, AccountError::NoSuchEntity);
        let below = NewEntity { path: "/team/x/".into(), ..named("below") };
        g.accounts.create_entity(tenant, kind, below).await.expect("makes");
        let names = |page: crate::storage::Page<Entity>| page.entries.into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names(g.accounts.entities(tenant, kind, "/", None, 10).await.expect("lists")), ["below", "Name"]);
        assert_eq!(names(g.accounts.entities(tenant, kind, "/team/", None, 1).await.expect("lists")), ["below"]);
        assert_eq!(names(g.accounts.entities(tenant, kind, "/", Some("BELOW"), 1).await.expect("lists")), ["Name"]);
        g.accounts.set_entity_path(tenant, kind, "Name", "/elsewhere/").await.expect("moves");
        g.accounts.put_inline_policy(tenant, kind, "Name", inline("p")).await.expect("puts");
        refused(g.accounts.delete_entity(tenant, kind, "Name").await, AccountError::DeleteConflict);
        g.accounts.delete_inline_policy(tenant, kind, "Name", "p").await.expect("deletes");
        refused(g.accounts.delete_inline_policy(tenant, kind, "Name", "p").await, AccountError::NoSuchEntity);
        g.accounts.delete_entity(tenant, kind, "Name").await.expect("deletes");
        refused(g.accounts.delete_entity(tenant, kind, "Name").await, AccountError::NoSuchEntity);
    }
}

#[tokio::test]
async fn what_is_no_policy_is_refused() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    g.entity(tenant, EntityKind::User, "u").await;
    for document in ["", "{}", "[]", TRUST, &ALLOW.replace("Allow", "Perhaps")] {
        let wrong = InlinePolicy { name: "p".into(), document: document.to_owned() };
        let answer = g.accounts.put_inline_policy(tenant, EntityKind::User, "u", wrong).await;
        refused(answer, AccountError::MalformedPolicy);
        let wrong = NewPolicy { document: document.to_owned(), ..policy("p") };
        refused(g.accounts.create_policy(tenant, wrong).await, AccountError::MalformedPolicy);
    }
    let role = NewEntity { trust: ALLOW.into(), ..named("r") };
    refused(g.accounts.create_entity(tenant, EntityKind::Role, role).await, AccountError::MalformedPolicy);
    g.entity(tenant, EntityKind::Role, "r").await;
    refused(g.accounts.set_role_trust(tenant, "r", ALLOW).await, AccountError::MalformedPolicy);
    refused(g.accounts.update_role(tenant, "r", None, Some(60)).await, AccountError::Invalid);
    let long = ALLOW.replace("\"Resource\":\"*\"", &format!("\"Resource\":\"arn:aws:s3:::{}\"", "x".repeat(2_100)));
    let long = InlinePolicy { name: "long".into(), document: long };
    let answer = g.accounts.put_inline_policy(tenant, EntityKind::User, "u", long).await;
    refused(answer, AccountError::LimitExceeded);
}

#[tokio::test]
async fn a_namesake_inherits_nothing() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    g.entity(tenant, EntityKind::User, "u").await;
    let first = g.entity(tenant, EntityKind::Group, "g").await;
    g.accounts.put_inline_policy(tenant, EntityKind::Group, "g", inline("p")).await.expect("puts");
    let key = g.key(tenant, Some("u")).await.access_key;
    let rights = async || g.known(&key).await.map(|it| it.principal.policies.len());
    assert_eq!(rights().await, Some(0));
    g.accounts.add_to_group(tenant, "G", "U").await.expect("adds");
    g.accounts.add_to_group(tenant, "g", "u").await.expect("is in it");
    assert_eq!(rights().await, Some(1));
    assert_eq!(g.accounts.users_of_group(tenant, &first).await.expect("lists").len(), 1);
    refused(g.accounts.delete_entity(tenant, EntityKind::Group, "g").await, AccountError::DeleteConflict);
    refused(g.accounts.delete_entity(tenant, EntityKind::User, "u").await, AccountError::DeleteConflict);
    // As a deletion that raced the addition leaves it.
    let scope = crate::accounts::tenant_scope(tenant);
    g.accounts.documents.remove::<Entity>(&scope, "group/g", |_| Ok(())).await.expect("removes");
    let second = g.entity(tenant, EntityKind::Group, "g").await;
    g.accounts.put_inline_policy(tenant, EntityKind::Group, "g", inline("p")).await.expect("puts");
    assert_eq!(rights().await, Some(0), "another group of the same name");
    assert!(g.accounts.groups_of_user(tenant, "u").await.expect("lists").is_empty());
    g.accounts.add_to_group(tenant, "g", "u").await.expect("adds");
    assert_eq!(rights().await, Some(1));
    assert_eq!(g.accounts.users_of_group(tenant, &second).await.expect("lists").len(), 1);
    g.accounts.remove_from_group(tenant, "g", "u").await.expect("removes");
    refused(g.accounts.remove_from_group(tenant, "g", "u").await, AccountError::NoSuchEntity);
    assert_eq!(rights().await, Some(0));
    // A user of the same name has not the key.
    g.accounts.documents.remove::<Entity>(&scope, "user/u", |_| Ok(())).await.expect("removes");
    g.entity(tenant, EntityKind::User, "u").await;
    assert_eq!(rights().await, None);
}

#[tokio::test]
async fn managed_policies_have_versions_and_attachments() {
    let g = Ground::new().await;
    let (tenant, other) = (g.tenant("t").await, g.tenant("other").await);
    g.accounts.create_policy(tenant, policy("P")).await.expect("makes");
    refused(g.accounts.create_policy(tenant, policy("p")).await, AccountError::EntityAlreadyExists);
    let p = arn(&g, tenant, "P").await;
    refused(g.accounts.policy(tenant, &arn(&g, tenant, "path/P").await).await, AccountError::NoSuchEntity);
    for number in 2..=POLICY_VERSIONS_MAX {
        let made = g.accounts.create_policy_version(tenant, &p, ALLOW, number == 3).await.expect("makes");
        assert_eq!((made.newest_version as usize, made.default_version), (number, if number < 3 { 1 } else { 3 }));
    }
    refused(g.accounts.create_policy_version(tenant, &p, ALLOW, true).await, AccountError::LimitExceeded);
    refused(g.accounts.delete_policy_version(tenant, &p, 3).await, AccountError::DeleteConflict);
    g.accounts.set_default_policy_version(tenant, &p, 5).await.expect("sets");
    refused(g.accounts.set_default_policy_version(tenant, &p, 9).await, AccountError::NoSuchEntity);
    refused(g.accounts.delete_policy(tenant, &p).await, AccountError::DeleteConflict);
    for number in 1..5 {
        g.accounts.delete_policy_version(tenant, &p, number).await.expect("deletes");
    }

    g.entity(tenant, EntityKind::User, "u").await;
    g.entity(other, EntityKind::User, "u").await;
    let g = &g;
    let attach =
        |tenant, arn: String| async move { g.accounts.attach_policy(tenant, EntityKind::User, "u", &arn).await };
    attach(tenant, p.clone()).await.expect("attaches");
    attach(tenant, p.clone()).await.expect("is attached");
    refused(attach(other, p.clone()).await, AccountError::NoSuchEntity);
    refused(attach(tenant, "arn:aws:iam::aws:policy/NoSuch".into()).await, AccountError::NoSuchEntity);
    attach(tenant, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".into()).await.expect("every account has it");
    let key = g.key(tenant, Some("u")).await.access_key;
    assert_eq!(g.known(&key).await.map(|it| it.principal.policies.len()), Some(2));
    assert_eq!(g.accounts.attached_to(tenant, &p).await.expect("lists").len(), 1);
    refused(g.accounts.delete_policy(tenant, &p).await, AccountError::DeleteConflict);
    g.accounts.detach_policy(tenant, EntityKind::User, "u", &p).await.expect("detaches");
    refused(g.accounts.detach_policy(tenant, EntityKind::User, "u", &p).await, AccountError::NoSuchEntity);
    g.accounts.delete_policy(tenant, &p).await.expect("deletes");
    refused(g.accounts.policy(tenant, &p).await, AccountError::NoSuchEntity);
    let built_in = "arn:aws:iam::aws:policy/AdministratorAccess";
    refused(g.accounts.delete_policy(tenant, built_in).await, AccountError::Invalid);
    for i in 1..ATTACHED_MAX {
        g.accounts.create_policy(tenant, policy(&format!("p{i}"))).await.expect("makes");
        attach(tenant, arn(g, tenant, &format!("p{i}")).await).await.expect("attaches");
    }
    refused(attach(tenant, built_in.into()).await, AccountError::LimitExceeded);
}

#[tokio::test]
async fn users_and_roles_have_tags() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    g.entity(tenant, EntityKind::Role, "r").await;
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let tags = [tag("a", "1"), tag("b", "2")];
    g.accounts.tag_entity(tenant, EntityKind::Role, "r", &tags).await.expect("tags");
    g.accounts.tag_entity(tenant, EntityKind::Role, "r", &[tag("a", "3")]).await.expect("tags");
    g.accounts.untag_entity(tenant, EntityKind::Role, "r", &["b".to_owned(), "c".to_owned()]).await.expect("untags");
    let role = g.accounts.entity(tenant, EntityKind::Role, "r").await.expect("finds");
    let shown: Vec<_> = role.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(shown, [("a", "3")]);
    let many: Vec<_> = (0..51).map(|i| tag(&i.to_string(), "")).collect();
    let answer = g.accounts.tag_entity(tenant, EntityKind::Role, "r", &many).await;
    refused(answer, AccountError::LimitExceeded);
}
