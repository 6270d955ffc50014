//! Documents of the directory change one at a time, and are listed in order.

use bytes::Bytes;

use super::fixture::{at_once, fresh_name, insist};
use crate::storage::directory::{Entry, PutEntry, RemoveEntry, VALUE_BYTES_MAX};
use crate::storage::{Rev, Storage};

async fn put(storage: &Storage, scope: &str, name: &str, expected: Option<Rev>, value: &str) -> PutEntry {
    let value = Bytes::copy_from_slice(value.as_bytes());
    storage.directory.put_entry(scope, name, expected, value).await.expect("puts")
}

async fn made(storage: &Storage, scope: &str, name: &str, value: &str) -> Rev {
    match put(storage, scope, name, None, value).await {
        PutEntry::Done(rev) => rev,
        other => panic!("{name} was absent and is {other:?}"),
    }
}

async fn read(storage: &Storage, scope: &str, name: &str) -> Option<Entry> {
    storage.directory.entry(scope, name).await.expect("reads")
}

/// Put, changed, read and removed, each on what is expected to be there; other scopes and names are apart.
pub async fn an_entry_changes_only_as_expected(storage: Storage) {
    let scope = fresh_name();
    assert_eq!(read(&storage, &scope, "a").await, None);
    let first = made(&storage, &scope, "a", "one").await;
    let one = Entry { rev: first, value: Bytes::from_static(b"one") };
    assert_eq!(read(&storage, &scope, "a").await, Some(one.clone()));
    assert_eq!(put(&storage, &scope, "a", None, "x").await, PutEntry::Conflict(Some(one.clone())));
    assert_eq!(put(&storage, &scope, "a", Some(Rev::fresh()), "x").await, PutEntry::Conflict(Some(one)));
    let PutEntry::Done(second) = put(&storage, &scope, "a", Some(first), "").await else { panic!("is as expected") };
    let two = Entry { rev: second, value: Bytes::new() };
    assert_eq!(read(&storage, &scope, "a").await, Some(two.clone()));
    let remove = |rev| storage.directory.remove_entry(&scope, "a", rev);
    assert_eq!(remove(first).await.expect("asks"), RemoveEntry::Conflict(two));
    assert_eq!(put(&storage, &scope, "b", Some(first), "x").await, PutEntry::Conflict(None));
    assert_eq!(read(&storage, &fresh_name(), "a").await, None);
    assert_eq!(remove(second).await.expect("removes"), RemoveEntry::Done);
    assert_eq!(remove(second).await.expect("is gone"), RemoveEntry::Done);
    assert_eq!(put(&storage, &scope, "a", Some(second), "x").await, PutEntry::Conflict(None));
    let again = made(&storage, &scope, "a", "again").await;
    assert!(again != first && again != second);
    let large = Bytes::from(vec![7; VALUE_BYTES_MAX]);
    storage.directory.put_entry(&scope, "large", None, large.clone()).await.expect("puts");
    assert!(read(&storage, &scope, "large").await.is_some_and(|entry| entry.value == large));
}

/// Of many puts that expect the same, one is done, and the others see what it put.
pub async fn one_of_many_puts_wins(storage: Storage) {
    let scope = fresh_name();
    let mut expected = None;
    for round in 0..3 {
        let answers = at_once(32, |i| {
            let (storage, scope) = (storage.clone(), scope.clone());
            async move {
                let value = Bytes::from(format!("{round} {i}"));
                insist(|| storage.directory.put_entry(&scope, "raced", expected, value.clone())).await
            }
        })
        .await;
        let held = read(&storage, &scope, "raced").await.expect("somebody won");
        let unknown = answers.iter().filter(|answer| answer.is_none()).count();
        let mut winners = Vec::new();
        for (i, answer) in answers.iter().enumerate() {
            match answer {
                Some(PutEntry::Done(rev)) => {
                    winners.push(i);
                    assert_eq!((*rev, held.value.clone()), (held.rev, Bytes::from(format!("{round} {i}"))));
                }
                Some(PutEntry::Conflict(seen)) => assert_eq!(seen.as_ref(), Some(&held)),
                None => {}
            }
        }
        assert!(winners.len() == 1 || (winners.is_empty() && unknown > 0), "winners {winners:?}, unknown {unknown}");
        expected = Some(held.rev);
    }
}

/// The names of a scope, read in pages of `limit`.
async fn names(storage: &Storage, scope: &str, prefix: &str, limit: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().map(String::as_str);
        let page = storage.directory.entries(scope, prefix, after, limit).await.expect("lists");
        assert!(page.entries.len() <= limit);
        assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
        for (name, entry) in page.entries {
            assert_eq!(entry.value, name.as_bytes(), "each comes with its value");
            names.push(name);
        }
        if !page.more {
            return names;
        }
    }
}

/// Pages join, in the order of the names' bytes, and a prefix takes what starts with it.
pub async fn entries_are_listed_in_pages(storage: Storage) {
    let (scope, beside) = (fresh_name(), fresh_name());
    let mut all =
        ["user/b", "user/a", "user/ä", "user/a/b", "user", "user0", "profile", "~"].map(str::to_owned).to_vec();
    for name in &all {
        made(&storage, &scope, name, name).await;
        made(&storage, &format!("{scope}0"), name, "of a scope that begins alike").await;
    }
    made(&storage, &beside, "user/c", "elsewhere").await;
    let gone = made(&storage, &scope, "user/gone", "user/gone").await;
    storage.directory.remove_entry(&scope, "user/gone", gone).await.expect("removes");
    all.sort();
    for limit in [1, 2, 3, 8, 1000] {
        assert_eq!(names(&storage, &scope, "", limit).await, all, "in pages of {limit}");
        assert_eq!(names(&storage, &scope, "user/", limit).await, ["user/a", "user/a/b", "user/b", "user/ä"]);
    }
    assert!(names(&storage, &scope, "nobody", 10).await.is_empty());
    assert!(names(&storage, &fresh_name(), "", 10).await.is_empty());
    let page = storage.directory.entries(&scope, "user/", Some("profile"), 1).await.expect("lists");
    assert_eq!(page.entries.first().map(|(name, _)| name.as_str()), Some("user/a"), "a place before the prefix");
}
