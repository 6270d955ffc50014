use super::*;
use crate::accounts::{AccountId, TenantRecord};
use crate::storage::conformance::fixture::claim;
use crate::storage::{PublicAccessBlock, RateLimits};

fn with_email(name: &str, email: &str) -> NewTenant {
    NewTenant { name: name.to_owned(), email: email.to_owned(), display_name: "Shown".to_owned() }
}

#[tokio::test]
async fn a_tenant_is_found_by_id_name_number_and_address() {
    let g = Ground::new().await;
    let made = g.accounts.create_tenant(with_email("acme", "Ops@Acme.example")).await.expect("makes");
    let id = made.tenant_id();
    assert_eq!(made.account_id(), AccountId::of(id, 0));
    let found = |it: Option<TenantRecord>| assert_eq!(it.as_ref(), Some(&made));
    found(g.accounts.tenant(id).await.expect("asks"));
    found(g.accounts.tenant_named("acme").await.expect("asks"));
    found(g.accounts.tenant_with_account(made.account_id()).await.expect("asks"));
    found(g.accounts.tenant_with_email("ops@acme.EXAMPLE").await.expect("asks"));
    assert_eq!(g.accounts.tenant_with_email("x@acme.example").await.expect("asks"), None);
    assert_eq!(g.accounts.tenant_with_account(AccountId::of(id, 7)).await.expect("asks"), None);
    assert_eq!(g.storage.metadata.tenant(id).await.expect("asks").map(|it| it.name), Some("acme".to_owned()));
    refused(g.accounts.create_tenant(with_email("acme", "")).await, AccountError::EntityAlreadyExists);
    refused(g.accounts.create_tenant(with_email("other", "OPS@acme.example")).await, AccountError::EntityAlreadyExists);
    refused(g.accounts.create_tenant(with_email("other", "nowhere")).await, AccountError::Invalid);
    refused(g.accounts.create_tenant(with_email(" x", "")).await, AccountError::Invalid);
}

#[tokio::test]
async fn a_number_that_is_taken_is_passed_over() {
    let g = Ground::new().await;
    let other = g.tenant("other").await;
    let tenant = g.storage.metadata.ensure_tenant("late").await.expect("makes");
    let first = AccountId::of(tenant.id, 0);
    let taken = crate::accounts::records::Claim::of(other);
    assert!(g.accounts.documents.make(&format!("account/{first}"), "claim", &taken).await.expect("takes"));
    assert_eq!(g.tenant("late").await, tenant.id);
    let late = g.accounts.tenant(tenant.id).await.expect("asks").expect("is there");
    assert_eq!(late.account_id(), AccountId::of(tenant.id, 1));
}

#[tokio::test]
async fn an_address_moves_only_when_it_is_free() {
    let g = Ground::new().await;
    let one = g.accounts.create_tenant(with_email("one", "a@x.example")).await.expect("makes").tenant_id();
    let two = g.tenant("two").await;
    refused(g.accounts.set_tenant_email(two, "A@x.example").await, AccountError::EntityAlreadyExists);
    g.accounts.set_tenant_email(one, "b@x.example").await.expect("moves");
    g.accounts.set_tenant_email(two, "a@x.example").await.expect("is free");
    g.accounts.set_tenant_email(one, "").await.expect("goes");
    g.accounts.set_tenant_email(one, "b@x.example").await.expect("comes back");
    let holder = |it: Option<TenantRecord>| it.map(|it| it.tenant_id());
    assert_eq!(holder(g.accounts.tenant_with_email("a@x.example").await.expect("asks")), Some(two));
    assert_eq!(holder(g.accounts.tenant_with_email("b@x.example").await.expect("asks")), Some(one));
}

#[tokio::test]
async fn disabling_a_tenant_disables_its_keys_at_once() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    g.entity(tenant, EntityKind::User, "u").await;
    let (own, users) = (g.key(tenant, None).await.access_key, g.key(tenant, Some("u")).await.access_key);
    for disabled in [false, true, false] {
        g.accounts.set_tenant_disabled(tenant, disabled).await.expect("sets");
        for key in [&own, &users] {
            assert_eq!(g.known(key).await.is_none(), disabled, "{key}");
        }
    }
    let fixed = g.accounts.tenant_named("fixed").await.expect("asks").expect("is there").tenant_id();
    assert!(g.known("STATIC").await.is_some_and(|it| it.principal.is_root() && it.principal.tenant.id == fixed));
    g.accounts.set_tenant_disabled(fixed, true).await.expect("sets");
    assert!(g.known("STATIC").await.is_none());
}

#[tokio::test]
async fn a_tenant_with_buckets_stays_and_one_without_goes_whole() {
    let g = Ground::new().await;
    let id = g.accounts.create_tenant(with_email("t", "t@x.example")).await.expect("makes").tenant_id();
    let tenant = g.storage.metadata.tenant(id).await.expect("asks").expect("is there");
    let bucket = claim(&g.storage, "bucket", &tenant).await;
    for kind in EntityKind::ALL {
        g.entity(id, kind, "e").await;
    }
    let keys = [g.key(id, None).await.access_key, g.key(id, Some("e")).await.access_key];
    refused(g.accounts.delete_tenant(id).await, AccountError::DeleteConflict);
    assert!(g.known(&keys[0]).await.is_some(), "it is as it was");
    g.storage.metadata.delete_bucket(&bucket).await.expect("deletes");
    g.accounts.delete_tenant(id).await.expect("deletes");
    for key in &keys {
        assert!(g.known(key).await.is_none() && g.accounts.key(key).await.expect("asks").is_none());
    }
    assert_eq!(g.accounts.tenant_with_email("t@x.example").await.expect("asks"), None);
    refused(g.accounts.delete_tenant(id).await, AccountError::NoSuchEntity);
    assert_eq!(g.tenant("t").await, id, "a name keeps its canonical id");
    refused(g.accounts.entity(id, EntityKind::User, "e").await, AccountError::NoSuchEntity);
}

#[tokio::test]
async fn tenants_are_listed_and_changed() {
    let g = Ground::new().await;
    for name in ["c", "a", "b"] {
        g.tenant(name).await;
    }
    let mut names = Vec::new();
    loop {
        let page = g.accounts.tenants(names.last().map(String::as_str), 2).await.expect("lists");
        names.extend(page.entries.into_iter().map(|it| it.name));
        if !page.more {
            break;
        }
    }
    assert_eq!(names, ["a", "b", "c", "fixed"]);
    let id = g.accounts.tenant_named("a").await.expect("asks").expect("is there").tenant_id();
    assert!(g.accounts.recent_tenant(id).await.expect("asks").is_some_and(|it| it.limits.is_none()));
    let limits = RateLimits { requests_per_second: 7, ..RateLimits::default() };
    let block = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::default() };
    g.accounts.set_tenant_limits(id, limits).await.expect("sets");
    g.accounts.set_tenant_public_access_block(id, Some(block)).await.expect("sets");
    g.accounts.set_tenant_display_name(id, "A & Co").await.expect("sets");
    let now = g.accounts.recent_tenant(id).await.expect("asks").expect("is there");
    assert_eq!((now.limits, now.public_access_block, now.display_name.as_str()), (Some(limits), Some(block), "A & Co"));
    refused(g.accounts.set_tenant_limits(TenantId::fresh(), limits).await, AccountError::NoSuchEntity);
}
