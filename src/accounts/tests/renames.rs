use std::sync::Arc;

use super::*;
use crate::accounts::{Entity, Identity, InlinePolicy};
use crate::storage::StorageError;
use crate::storage::conformance::fixture::at_once;
use crate::storage::faulty::{Fault, Plan, faulty};

const KINDS: [EntityKind; 2] = [EntityKind::User, EntityKind::Group];

async fn names(accounts: &Accounts, tenant: TenantId, kind: EntityKind) -> Vec<String> {
    let page = accounts.entities(tenant, kind, "/", None, 100).await.expect("lists");
    page.entries.into_iter().map(|entity| entity.name).collect()
}

async fn identity(accounts: &Accounts, key: &str) -> Option<Identity> {
    known(accounts, key, None).await.map(|credential| credential.principal.identity.clone())
}

/// Waits until what is planned has happened or holds a call.
async fn reached(plan: &Plan) {
    while plan.left() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn another_name_changes_nothing_else() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    for kind in KINDS {
        let made = g.entity(tenant, kind, "Old").await;
        let policy = InlinePolicy { name: "p".into(), document: ALLOW.into() };
        g.accounts.put_inline_policy(tenant, kind, "Old", policy).await.expect("puts");
        g.entity(tenant, kind, "taken").await;
        let rename =
            |from: &'static str, to: &'static str, path| g.accounts.rename_entity(tenant, kind, from, to, path);
        refused(rename("Old", "TAKEN", None).await, AccountError::EntityAlreadyExists);
        refused(rename("nobody", "new", None).await, AccountError::NoSuchEntity);
        refused(rename("Old", "n/ew", None).await, AccountError::Invalid);
        refused(rename("Old", "new", Some("x")).await, AccountError::Invalid);
        for (from, to, path) in [("old", "new", None), ("New", "newer", Some("/a/")), ("newer", "NEWER", None)] {
            let answered = rename(from, to, path).await.expect("renames");
            let found = g.accounts.entity(tenant, kind, to).await.expect("finds");
            assert_eq!(answered, found);
            let same_but_called = Entity { name: to.into(), inline: found.inline.clone(), ..made.clone() };
            assert_eq!(Entity { path: "/".into(), ..found.clone() }, same_but_called);
            assert_eq!(
                (found.path.as_str(), found.inline.len()),
                (path.unwrap_or(if to == "NEWER" { "/a/" } else { "/" }), 1)
            );
        }
        assert_eq!(names(&g.accounts, tenant, kind).await, ["NEWER", "taken"]);
        refused(g.accounts.entity(tenant, kind, "Old").await, AccountError::NoSuchEntity);
        let later = g.entity(tenant, kind, "old").await;
        assert!(later.id != made.id && later.inline.is_empty());
        refused(rename("old", "newer", None).await, AccountError::EntityAlreadyExists);
        g.accounts.delete_inline_policy(tenant, kind, "newer", "p").await.expect("deletes");
        g.accounts.delete_entity(tenant, kind, "newer").await.expect("deletes");
        rename("old", "newer", None).await.expect("renames");
    }
}

#[tokio::test]
async fn keys_and_groups_go_along_and_namesakes_get_none_of_them() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let user = g.entity(tenant, EntityKind::User, "u").await;
    let group = g.entity(tenant, EntityKind::Group, "g").await;
    g.accounts.add_to_group(tenant, "g", "u").await.expect("adds");
    let policy = InlinePolicy { name: "p".into(), document: ALLOW.into() };
    g.accounts.put_inline_policy(tenant, EntityKind::Group, "g", policy).await.expect("puts");
    let key = g.key(tenant, Some("u")).await.access_key;
    g.accounts.rename_entity(tenant, EntityKind::User, "u", "v", None).await.expect("renames");
    g.accounts.rename_entity(tenant, EntityKind::Group, "g", "h", None).await.expect("renames");
    let (namesake, others) =
        (g.entity(tenant, EntityKind::User, "u").await, g.entity(tenant, EntityKind::Group, "g").await);
    let other = beside(&g.storage, ENCRYPTION).await;
    for accounts in [&g.accounts, &other] {
        let found = known(accounts, &key, None).await.expect("works");
        assert_eq!(
            found.principal.identity,
            Identity::User { id: user.id.clone(), name: "v".into(), path: "/".into() }
        );
        assert_eq!(found.principal.policies.len(), 1, "the group's");
        assert_eq!(accounts.key(&key).await.expect("asks").expect("is there").user, "v");
    }
    assert!(g.accounts.users_of_group(tenant, &others).await.expect("lists").is_empty());
    let of = |user: &'static str| g.accounts.groups_of_user(tenant, user);
    assert_eq!(of("v").await.expect("lists").iter().map(|it| &it.name).collect::<Vec<_>>(), ["h"]);
    g.accounts.add_to_group(tenant, "g", "v").await.expect("adds");
    assert_eq!(of("v").await.expect("lists").len(), 2, "still in the one that was called so before");
    let members = g.accounts.users_of_group(tenant, &group).await.expect("lists");
    assert_eq!(members.iter().map(|it| &it.name).collect::<Vec<_>>(), ["v"]);
    let owner = |user| Owner { tenant, user: Some(user) };
    assert!(g.accounts.keys(owner("u")).await.expect("lists").is_empty() && namesake.keys.is_empty());
    assert!(g.accounts.keys(owner("v")).await.expect("lists")[0].1.is_some());
    refused(g.accounts.delete_key(owner("u"), &key).await, AccountError::NoSuchEntity);
    refused(g.accounts.set_key_disabled(owner("u"), &key, true).await, AccountError::NoSuchEntity);
    g.accounts.delete_key(owner("v"), &key).await.expect("deletes");
}

/// A front end that stops at any point of a renaming leaves one entity, under one of the two names, with all it had.
#[tokio::test]
async fn a_renaming_that_is_cut_off_has_happened_or_not() {
    let gone = || StorageError::Unavailable("cut off".into());
    let mut happened = [0, 0];
    for (lost, at) in (0..12).map(|i| (i % 2 == 0, i / 2)) {
        let g = Ground::new().await;
        let tenant = g.tenant("t").await;
        let made = g.entity(tenant, EntityKind::User, "old").await;
        let key = g.key(tenant, Some("old")).await.access_key;
        let plan = Plan::default();
        let cut = beside(&faulty(g.storage.clone(), &plan), ENCRYPTION).await;
        if lost {
            plan.add("put_entry", at, Fault::LoseReply(gone()));
        }
        for _ in 0..20 {
            plan.add("put_entry", at, Fault::Refuse(gone()));
            plan.add("remove_entry", 0, Fault::Refuse(gone()));
        }
        let answer = cut.rename_entity(tenant, EntityKind::User, "old", "new", None).await;
        let accounts = beside(&g.storage, ENCRYPTION).await;
        let called = names(&accounts, tenant, EntityKind::User).await;
        assert_eq!(called.len(), 1, "{called:?} after {at}");
        let (is, was) = if called[0] == "new" { ("new", "old") } else { ("old", "new") };
        assert!(answer.is_err() || is == "new", "it was answered at {at}");
        happened[usize::from(is == "new")] += 1;
        refused(accounts.entity(tenant, EntityKind::User, was).await, AccountError::NoSuchEntity);
        let whose = Identity::User { id: made.id.clone(), name: is.into(), path: "/".into() };
        assert_eq!(identity(&accounts, &key).await, Some(whose));
        if lost {
            let tags = [("k".to_owned(), "v".to_owned())];
            accounts.tag_entity(tenant, EntityKind::User, is, &tags).await.expect("changes");
        }
        let later = accounts.create_entity(tenant, EntityKind::User, named(was)).await.expect("the other name is free");
        assert!(later.id != made.id);
        accounts.delete_entity(tenant, EntityKind::User, was).await.expect("deletes");
        accounts.rename_entity(tenant, EntityKind::User, is, was, None).await.expect("renames");
        assert_eq!(names(&accounts, tenant, EntityKind::User).await, [was]);
        let found = accounts.entity(tenant, EntityKind::User, was).await.expect("finds");
        assert_eq!((found.id, found.tags.len()), (made.id, usize::from(lost)));
    }
    assert!(happened.iter().all(|count| *count > 1), "{happened:?}");
}

/// Who wants a name that another is about to take, and is faster, does not take more than the name.
#[tokio::test]
async fn a_renaming_that_is_overtaken_loses_nothing() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let (slow, fast) =
        (g.entity(tenant, EntityKind::User, "slow").await, g.entity(tenant, EntityKind::User, "fast").await);
    let (plan, go) = (Plan::default(), Arc::new(tokio::sync::Notify::new()));
    let held = beside(&faulty(g.storage.clone(), &plan), ENCRYPTION).await;
    plan.add("put_entry", 3, Fault::Hold(Arc::clone(&go)));
    let late = held.rename_entity(tenant, EntityKind::User, "slow", "wanted", None);
    let soon = async {
        reached(&plan).await;
        let answer = g.accounts.rename_entity(tenant, EntityKind::User, "fast", "wanted", None).await;
        go.notify_one();
        answer
    };
    let (late, soon) = tokio::join!(late, soon);
    assert_eq!(soon.expect("renames").id, fast.id);
    refused(late, AccountError::EntityAlreadyExists);
    assert_eq!(names(&g.accounts, tenant, EntityKind::User).await, ["slow", "wanted"]);
    assert_eq!(g.accounts.entity(tenant, EntityKind::User, "slow").await.expect("finds"), slow);
}

/// Whoever finishes a renaming late does not take for its remains what has come back to the old name since.
#[tokio::test]
async fn what_came_back_is_not_what_a_renaming_left() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let made = g.entity(tenant, EntityKind::User, "old").await;
    let (plan, go) = (Plan::default(), Arc::new(tokio::sync::Notify::new()));
    let held = beside(&faulty(g.storage.clone(), &plan), ENCRYPTION).await;
    plan.add("remove_entry", 0, Fault::Refuse(StorageError::Unavailable("cut off".into())));
    held.rename_entity(tenant, EntityKind::User, "old", "new", None).await.expect("renames");
    plan.add("entry", 3, Fault::Hold(Arc::clone(&go)));
    let tags = [("k".to_owned(), "v".to_owned())];
    let late = held.tag_entity(tenant, EntityKind::User, "new", &tags);
    let soon = async {
        reached(&plan).await;
        let answer = g.accounts.rename_entity(tenant, EntityKind::User, "new", "old", None).await;
        go.notify_one();
        answer
    };
    let (late, soon) = tokio::join!(late, soon);
    assert_eq!(soon.expect("renames").id, made.id);
    refused(late, AccountError::NoSuchEntity);
    assert_eq!(g.accounts.entity(tenant, EntityKind::User, "old").await.expect("finds").id, made.id);
}

/// A group that comes back to the name it is looked up by, between the look at that name and the look at where it went, is
/// not gone.
#[tokio::test]
async fn what_comes_back_while_it_is_looked_for_is_found() {
    let g = Ground::new().await;
    let tenant = g.tenant("t").await;
    let group = g.entity(tenant, EntityKind::Group, "g").await;
    g.accounts.rename_entity(tenant, EntityKind::Group, "g", "h", None).await.expect("renames");
    let (plan, go) = (Plan::default(), Arc::new(tokio::sync::Notify::new()));
    let held = beside(&faulty(g.storage.clone(), &plan), ENCRYPTION).await;
    plan.add("entry", 1, Fault::Hold(Arc::clone(&go)));
    let looked = held.entity_once_called(tenant, EntityKind::Group, "g", &group.id);
    let back = async {
        reached(&plan).await;
        g.accounts.rename_entity(tenant, EntityKind::Group, "h", "g", None).await.expect("renames");
        go.notify_one();
    };
    let (looked, ()) = tokio::join!(looked, back);
    assert_eq!(looked.expect("looks").expect("is found").name, "g");
    g.accounts.delete_entity(tenant, EntityKind::Group, "g").await.expect("deletes");
    assert_eq!(g.accounts.entity_once_called(tenant, EntityKind::Group, "g", &group.id).await.expect("looks"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_a_name_one_gets_it_and_nothing_is_lost() {
    let g = Arc::new(Ground::new().await);
    let tenant = g.tenant("t").await;
    for i in 0..8 {
        g.entity(tenant, EntityKind::User, &format!("u{i}")).await;
    }
    let raced = at_once(16, |i| {
        let g = Arc::clone(&g);
        async move {
            let (name, accounts) = (format!("u{}", i / 2), &g.accounts);
            match i % 2 {
                0 => accounts.rename_entity(tenant, EntityKind::User, &name, "wanted", None).await.map(drop),
                _ => accounts.tag_entity(tenant, EntityKind::User, &name, &[("k".into(), name.clone())]).await,
            }
        }
    });
    let answers = raced.await;
    let won = answers.iter().step_by(2).filter(|answer| answer.is_ok()).count();
    assert!(won <= 1, "{answers:?}");
    let listed = names(&g.accounts, tenant, EntityKind::User).await;
    assert_eq!(listed.len(), 8, "{listed:?}");
    assert_eq!(listed.iter().filter(|name| *name == "wanted").count(), won, "{answers:?}");
    let tagged = answers.iter().skip(1).step_by(2).filter(|answer| answer.is_ok()).count();
    let page = g.accounts.entities(tenant, EntityKind::User, "/", None, 100).await.expect("lists");
    assert_eq!(page.entries.iter().filter(|user| user.tags.len() == 1).count(), tagged, "{answers:?}");
}
