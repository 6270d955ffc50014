use super::*;
use crate::accounts::principal::Identity;
use crate::accounts::{Entity, InlinePolicy, NewSession, TemporaryCredentials};

fn session(tenant: TenantId, identity: Identity, origin: &str) -> NewSession {
    let (policies, policy_arns) = (Vec::new(), Vec::new());
    NewSession { tenant, identity, policies, policy_arns, seconds: 900, origin: origin.to_owned() }
}

fn as_user(user: &Entity) -> Identity {
    Identity::User { id: user.id.clone(), name: user.name.clone(), path: user.path.clone() }
}

fn as_role(role: &Entity) -> Identity {
    let session_name = "session".to_owned();
    Identity::Role { id: role.id.clone(), name: role.name.clone(), path: role.path.clone(), session_name }
}

async fn works(accounts: &Accounts, keys: &TemporaryCredentials) -> bool {
    known(accounts, &keys.access_key, Some(&keys.token)).await.is_some()
}

#[tokio::test]
async fn a_session_needs_its_own_token() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let key = g.key(tenant, None).await.access_key;
    let issue = || g.accounts.issue_session(session(tenant, Identity::Root, &key)).expect("issues");
    let (one, two) = (issue(), issue());
    let found = known(&g.accounts, &one.access_key, Some(&one.token)).await.expect("works");
    assert!(*found.secret_key == *one.secret_key && found.principal.is_root() && found.principal.session.is_some());
    assert!(one.access_key.starts_with("ASIA") && one.token.len() < 1_000);
    let find = async |token: Option<&str>| g.accounts.find(&one.access_key, token).await.expect("looks up");
    assert!(matches!(find(None).await, Lookup::Unknown));
    let mut wrong = one.token.clone();
    wrong.replace_range(40..41, if &wrong[40..41] == "A" { "B" } else { "A" });
    for token in [two.token.as_str(), "", "!", &wrong, &"A".repeat(100_000)] {
        assert!(matches!(find(Some(token)).await, Lookup::TokenInvalid), "{token}");
    }
    let late = g.accounts.issue_session(NewSession { seconds: 0, ..session(tenant, Identity::Root, &key) });
    let late = late.expect("issues");
    let answer = g.accounts.find(&late.access_key, Some(&late.token)).await;
    assert!(matches!(answer, Ok(Lookup::TokenExpired)));
    let other = beside(&g.storage, ENCRYPTION).await;
    assert!(works(&other, &one).await, "every front end opens it");
    let stranger = beside(&g.storage, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=").await;
    assert!(!works(&stranger, &one).await);
}

#[tokio::test]
async fn a_session_ends_with_whoever_it_is_of() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let user = g.entity(tenant, EntityKind::User, "u").await;
    let role = g.entity(tenant, EntityKind::Role, "r").await;
    let owner = Owner { tenant, user: Some("u") };
    let key = g.key(tenant, Some("u")).await.access_key;
    let users = g.accounts.issue_session(session(tenant, as_user(&user), &key)).expect("issues");
    let roles = g.accounts.issue_session(session(tenant, as_role(&role), &key)).expect("issues");
    let both = async || (works(&g.accounts, &users).await, works(&g.accounts, &roles).await);
    assert_eq!(both().await, (true, true));
    g.accounts.set_tenant_disabled(tenant, true).await.expect("disables");
    assert_eq!(both().await, (false, false));
    g.accounts.set_tenant_disabled(tenant, false).await.expect("enables");
    g.accounts.set_key_disabled(owner, &key, true).await.expect("disables");
    assert_eq!(both().await, (false, true), "the user's session came from this key");
    g.accounts.set_key_disabled(owner, &key, false).await.expect("enables");
    assert_eq!(both().await, (true, true));
    g.accounts.delete_entity(tenant, EntityKind::Role, "r").await.expect("deletes");
    g.entity(tenant, EntityKind::Role, "r").await;
    assert_eq!(both().await, (true, false), "another role of the same name");
    g.accounts.delete_key(owner, &key).await.expect("deletes");
    assert_eq!(both().await, (false, false));
}

#[tokio::test]
async fn rights_are_looked_up_with_each_request() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let role = g.entity(tenant, EntityKind::Role, "r").await;
    let new = NewSession {
        policies: vec![ALLOW.to_owned()],
        policy_arns: vec!["arn:aws:iam::aws:policy/AmazonS3FullAccess".to_owned()],
        ..session(tenant, as_role(&role), "STATIC")
    };
    let keys = g.accounts.issue_session(new).expect("issues");
    let seen = async || {
        let found = known(&g.accounts, &keys.access_key, Some(&keys.token)).await.expect("works").principal;
        let restricted_by = found.session.as_ref().map_or(0, |session| session.policies.len());
        assert_eq!(found.identity, as_role(&role));
        (found.policies.len(), restricted_by)
    };
    assert_eq!(seen().await, (0, 2));
    let policy = InlinePolicy { name: "p".into(), document: ALLOW.into() };
    g.accounts.put_inline_policy(tenant, EntityKind::Role, "r", policy).await.expect("puts");
    assert_eq!(seen().await, (1, 2));
}
