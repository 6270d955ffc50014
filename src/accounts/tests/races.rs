use std::sync::Arc;

use super::*;
use crate::storage::conformance::fixture::at_once;

/// How many of these answers are successes; the others say that the name is taken.
fn winners<T>(answers: Vec<Result<T>>) -> usize {
    let mut won = 0;
    for answer in answers {
        match answer {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, AccountError::EntityAlreadyExists(_)), "{error}"),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_gets_a_name_an_address_or_a_key() {
    let g = Arc::new(Ground::new().await);
    let one_name = at_once(16, |_| {
        let g = Arc::clone(&g);
        async move { g.accounts.create_tenant(NewTenant { name: "raced".into(), ..NewTenant::default() }).await }
    });
    assert_eq!(winners(one_name.await), 1);
    let one_address = at_once(16, |i| {
        let g = Arc::clone(&g);
        let new = NewTenant { name: format!("t{i}"), email: "a@x.example".into(), ..NewTenant::default() };
        async move { g.accounts.create_tenant(new).await }
    });
    assert_eq!(winners(one_address.await), 1);
    let holder = g.accounts.tenant_with_email("a@x.example").await.expect("asks");
    assert!(holder.is_some());
    let tenant = g.accounts.tenant_named("raced").await.expect("asks").expect("is there").tenant_id();
    let one_user = at_once(16, |_| {
        let g = Arc::clone(&g);
        async move { g.accounts.create_entity(tenant, EntityKind::User, named("u")).await }
    });
    assert_eq!(winners(one_user.await), 1);
    let one_key = at_once(16, |i| {
        let g = Arc::clone(&g);
        async move {
            let owner = Owner { tenant, user: None };
            let secret = format!("secret number {i}").into();
            g.accounts.import_key(owner, "RACED", secret, KeyOptions::default()).await
        }
    });
    assert_eq!(winners(one_key.await), 1);
    assert!(g.known("RACED").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_lost_and_no_limit_is_passed() {
    let g = Arc::new(Ground::new().await);
    let tenant = g.tenant("t").await;
    g.entity(tenant, EntityKind::User, "u").await;
    let made = at_once(8, |_| {
        let g = Arc::clone(&g);
        async move { g.accounts.create_key(Owner { tenant, user: Some("u") }, KeyOptions::default()).await }
    });
    assert_eq!(made.await.iter().filter(|made| made.is_ok()).count(), crate::accounts::USER_KEYS_MAX);
    let tagged = at_once(16, |i| {
        let g = Arc::clone(&g);
        let tags = [(i.to_string(), String::new())];
        async move { g.accounts.tag_entity(tenant, EntityKind::User, "u", &tags).await }
    });
    assert!(tagged.await.iter().all(Result::is_ok));
    assert_eq!(g.accounts.entity(tenant, EntityKind::User, "u").await.expect("finds").tags.len(), 16);
}
