use super::*;
use crate::accounts::principal::Identity;
use crate::accounts::{TENANT_KEYS_MAX, USER_KEYS_MAX};
use crate::storage::Timestamp;

#[tokio::test]
async fn a_key_speaks_for_its_owner_until_it_ends() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let user = g.entity(tenant, EntityKind::User, "Ann").await;
    let own = g.key(tenant, None).await;
    let users = g.key(tenant, Some("ann")).await;
    assert!(own.access_key.len() == 20 && own.access_key.starts_with("AKIA") && own.secret_key.len() == 40);
    let found = g.known(&own.access_key).await.expect("works");
    assert!(found.principal.is_root() && *found.secret_key == *own.secret_key && found.signature_v2.is_none());
    let found = g.known(&users.access_key).await.expect("works");
    assert_eq!(found.principal.identity, Identity::User { id: user.id, name: "Ann".into(), path: "/".into() });
    assert!(found.principal.session.is_none() && found.principal.access_key == users.access_key);

    let owner = Owner { tenant, user: Some("Ann") };
    g.accounts.set_key_disabled(owner, &users.access_key, true).await.expect("disables");
    assert!(matches!(g.accounts.find(&users.access_key, None).await, Ok(Lookup::Unknown)), "as an unknown one");
    g.accounts.set_key_disabled(owner, &users.access_key, false).await.expect("enables");
    assert!(g.known(&users.access_key).await.is_some());
    let ended = KeyOptions { expires: Some(Timestamp(Timestamp::now().0 - 1)), ..KeyOptions::default() };
    g.accounts.set_key_options(owner, &users.access_key, ended).await.expect("sets");
    assert!(matches!(g.accounts.find(&users.access_key, None).await, Ok(Lookup::Unknown)));
    let later = KeyOptions {
        expires: Some(Timestamp(Timestamp::now().0 + 3_600_000_000)),
        signature_v2: Some(false),
        description: "later".into(),
    };
    g.accounts.set_key_options(owner, &users.access_key, later).await.expect("sets");
    assert_eq!(g.known(&users.access_key).await.expect("works").signature_v2, Some(false));
    refused(g.accounts.delete_key(Owner { tenant, user: None }, &users.access_key).await, AccountError::NoSuchEntity);
    g.accounts.delete_key(owner, &users.access_key).await.expect("deletes");
    assert!(g.known(&users.access_key).await.is_none());
    refused(g.accounts.delete_key(owner, &users.access_key).await, AccountError::NoSuchEntity);
    assert!(g.known("AKIAUNKNOWN").await.is_none() && g.known("").await.is_none());
    assert!(g.known(&"x".repeat(10_000)).await.is_none());
}

#[tokio::test]
async fn another_front_end_notices_a_disabled_key_within_5_seconds() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let key = g.key(tenant, None).await.access_key;
    let other = beside(&g.storage, ENCRYPTION).await;
    assert!(known(&other, &key, None).await.is_some());
    let began = std::time::Instant::now();
    g.accounts.set_key_disabled(Owner { tenant, user: None }, &key, true).await.expect("disables");
    assert!(g.known(&key).await.is_none(), "at once where it was disabled");
    while known(&other, &key, None).await.is_some() {
        assert!(began.elapsed() < Duration::from_millis(5_500), "it still works");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn keys_are_imported_once_and_counted() {
    let g = Ground::new().await;
    let (one, two) = (g.tenant("one").await, g.tenant("two").await);
    let import = |tenant, access: &'static str| {
        let owner = Owner { tenant, user: None };
        g.accounts.import_key(owner, access, "imported secret".to_owned().into(), KeyOptions::default())
    };
    import(one, "PITHOS").await.expect("imports");
    assert_eq!(*g.known("PITHOS").await.expect("works").secret_key, "imported secret");
    refused(import(two, "PITHOS").await, AccountError::EntityAlreadyExists);
    refused(import(two, "STATIC").await, AccountError::EntityAlreadyExists);
    refused(import(two, "ASIATEMPORARY").await, AccountError::Invalid);
    assert!(g.accounts.keys(Owner { tenant: two, user: None }).await.expect("lists").is_empty());
    g.entity(one, EntityKind::User, "u").await;
    for _ in 0..USER_KEYS_MAX {
        g.key(one, Some("u")).await;
    }
    let owner = Owner { tenant: one, user: Some("u") };
    refused(g.accounts.create_key(owner, KeyOptions::default()).await, AccountError::LimitExceeded);
    for _ in 1..TENANT_KEYS_MAX {
        g.key(one, None).await;
    }
    let own = Owner { tenant: one, user: None };
    refused(g.accounts.create_key(own, KeyOptions::default()).await, AccountError::LimitExceeded);
    let keys = g.accounts.keys(own).await.expect("lists");
    assert!(keys.len() == TENANT_KEYS_MAX && keys.iter().all(|(_, record)| record.is_some()));
    let nobody = Owner { tenant: one, user: Some("nobody") };
    refused(g.accounts.create_key(nobody, KeyOptions::default()).await, AccountError::NoSuchEntity);
}

#[tokio::test]
async fn no_secret_is_in_the_files_of_the_store() {
    const MARKER: &str = "MARKERmarkerMARKERmarkerMARKERmarkerMARK";
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let owner = Owner { tenant, user: None };
    let options = KeyOptions { description: "seen in the files".into(), ..KeyOptions::default() };
    let made = g.accounts.import_key(owner, "AKIAMARKED", MARKER.to_owned().into(), options).await.expect("imports");
    assert!(!format!("{:?} {:?}", made.record, g.known("AKIAMARKED").await).contains(MARKER));
    g.storage.health.close().await.expect("closes");
    let mut folders = vec![g.folder.path().to_owned()];
    let mut seen = false;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists").map(|entry| entry.expect("reads")) {
            if entry.file_type().expect("knows").is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).expect("reads");
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(MARKER), "{}", entry.path().display());
            seen |= holds("seen in the files");
        }
    }
    assert!(seen, "the files that were looked at are the right ones");
}

#[tokio::test]
async fn without_an_encryption_key_only_static_keys_work() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let key = g.key(tenant, None).await.access_key;
    let other = beside(&g.storage, "").await;
    assert!(known(&other, "STATIC", None).await.is_some());
    let error = other.find(&key, None).await.expect_err("cannot know").to_string();
    assert!(error.contains("encryption_key_file") && error.contains("DOLIUM__ACCOUNTS__ENCRYPTION_KEY"), "{error}");
    let made = other.create_key(Owner { tenant, user: None }, KeyOptions::default()).await;
    assert!(matches!(made, Err(AccountError::NoEncryptionKey)));
    let wrong = beside(&g.storage, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=").await;
    assert!(wrong.find(&key, None).await.is_err(), "another key than it was encrypted under");
    let turned = format!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=,{ENCRYPTION}");
    assert!(known(&beside(&g.storage, &turned).await, &key, None).await.is_some(), "rotation");
}

#[tokio::test]
async fn a_listed_key_without_a_record_can_be_deleted() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let owner = Owner { tenant, user: None };
    let key = g.key(tenant, None).await.access_key;
    let scope = crate::accounts::access_keys::key_scope(&key);
    let gone = g.accounts.documents.remove::<super::super::KeyRecord>(&scope, "record", |_| Ok(())).await;
    assert!(gone.expect("as after a crash"));
    assert_eq!(g.accounts.keys(owner).await.expect("lists"), [(key.clone(), None)]);
    g.accounts.delete_key(owner, &key).await.expect("deletes");
    assert!(g.accounts.keys(owner).await.expect("lists").is_empty());
}
