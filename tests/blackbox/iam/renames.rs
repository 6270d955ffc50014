//! UpdateUser and UpdateGroup.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is called or lies as asked | a_renamed_user_keeps_what_it_has, a_renamed_group_keeps_its_members |
//! | 400 ValidationError | a name or path breaks its rules | names_that_cannot_be_had |
//! | 403 AccessDenied | the right is missing on the old or on the new ARN | the_right_is_needed_on_both_arns |
//! | 404 NoSuchEntity | there is none of this name | names_that_cannot_be_had |
//! | 409 EntityAlreadyExists | the name is another's | names_that_cannot_be_had |

use super::*;
use crate::client::TOKEN;

/// A name of this test's.
fn other(account: &Account) -> String {
    format!("{}-new", account.name)
}

#[test]
fn the_right_is_needed_on_both_arns() {
    let account = Account::new();
    let (user, name, number, new) = (account.user(), account.name.as_str(), account.number(), other(&account));
    for (kind, create, update, named, renamed) in [
        ("user", "CreateUser", "UpdateUser", "UserName", "NewUserName"),
        ("group", "CreateGroup", "UpdateGroup", "GroupName", "NewGroupName"),
    ] {
        let it = format!("{name}-{kind}");
        iam(account.alice(), create, &[(named, &it), ("Path", "/a/")]).assert_status(200);
        let right_on = |parts: &[&str]| {
            let arns: Vec<String> =
                parts.iter().map(|part| format!("\"arn:aws:iam::{number}:{kind}{part}\"")).collect();
            let document = allow(&format!("iam:{update}")).replace("\"*\"}]", &format!("[{}]}}]", arns.join(",")));
            let parameters = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", &document)];
            iam(account.alice(), "PutUserPolicy", &parameters).assert_status(200);
        };
        let move_it = [(named, it.as_str()), ("NewPath", "/b/")];
        let rename = [(named, it.as_str()), (renamed, new.as_str())];
        right_on(&["/a/*"]);
        refused(&iam(&user, update, &move_it), 403, "AccessDenied");
        right_on(&["/b/*"]);
        refused(&iam(&user, update, &move_it), 403, "AccessDenied");
        right_on(&["/a/*", "/b/*"]);
        iam(&user, update, &move_it).assert_status(200);
        right_on(&[&format!("/b/{it}")]);
        iam(&user, update, &[(named, it.as_str())]).assert_status(200);
        refused(&iam(&user, update, &rename), 403, "AccessDenied");
        right_on(&[&format!("/b/{new}")]);
        refused(&iam(&user, update, &rename), 403, "AccessDenied");
        right_on(&[&format!("/b/{it}"), &format!("/c/{new}")]);
        refused(&iam(&user, update, &rename), 403, "AccessDenied");
        let both = [(named, it.as_str()), (renamed, new.as_str()), ("NewPath", "/c/")];
        iam(&user, update, &both).assert_status(200);
        refused(&iam(&user, update, &both), 403, "AccessDenied");
    }
}

#[test]
fn a_renamed_user_keeps_what_it_has() {
    let account = Account::new();
    let (user, name, number, new) = (account.user(), account.name.as_str(), account.number(), other(&account));
    account.let_user("*");
    let made = sts(&user, "GetSessionToken", &[]).assert_status(200);
    let (session, token) = (with_keys(&user, &made), made.element("SessionToken").expect("a token"));
    let before = iam(&user, "GetUser", &[]).assert_status(200);
    iam(account.alice(), "UpdateUser", &[("UserName", name), ("NewUserName", &new)]).assert_status(200);
    let after = iam(&user, "GetUser", &[]).assert_status(200);
    assert_eq!(after.element("Arn"), Some(format!("arn:aws:iam::{number}:user/{new}")), "{after}");
    for element in ["UserId", "CreateDate", "Path"] {
        assert_eq!(after.element(element), before.element(element), "{after}");
    }
    user.get(&account.object()).assert_status(200);
    session.request("GET", &account.object()).header(TOKEN, &token).send().assert_status(200);
    refused(&iam(account.alice(), "GetUser", &[("UserName", name)]), 404, "NoSuchEntity");
    let keys = iam(account.alice(), "ListAccessKeys", &[("UserName", &new)]).assert_status(200);
    assert_eq!(keys.elements("AccessKeyId"), [user.signer().access.clone()]);

    let namesake = account.user();
    let found = iam(account.alice(), "GetUser", &[("UserName", name)]).assert_status(200);
    assert_ne!(found.element("UserId"), before.element("UserId"));
    namesake.get(&account.object()).assert_error(403, "AccessDenied");
    user.get(&account.object()).assert_status(200);
    let off = [("UserName", new.as_str()), ("AccessKeyId", &user.signer().access.clone()), ("Status", "Inactive")];
    iam(account.alice(), "UpdateAccessKey", &off).assert_status(200);
    user.get(&account.object()).assert_error(403, "InvalidAccessKeyId");
    session.request("GET", &account.object()).header(TOKEN, &token).send().assert_error(403, "InvalidAccessKeyId");
}

#[test]
fn a_renamed_group_keeps_its_members() {
    let account = Account::new();
    let (user, name, new) = (account.user(), account.name.as_str(), other(&account));
    iam(account.alice(), "CreateGroup", &[("GroupName", name)]).assert_status(200);
    let document = allow("s3:GetObject");
    let policy = [("GroupName", name), ("PolicyName", "p"), ("PolicyDocument", &document)];
    iam(account.alice(), "PutGroupPolicy", &policy).assert_status(200);
    iam(account.alice(), "AddUserToGroup", &[("GroupName", name), ("UserName", name)]).assert_status(200);
    user.get(&account.object()).assert_status(200);
    iam(account.alice(), "UpdateGroup", &[("GroupName", name), ("NewGroupName", &new)]).assert_status(200);
    user.get(&account.object()).assert_status(200);
    let groups = iam(account.alice(), "ListGroupsForUser", &[("UserName", name)]).assert_status(200);
    assert_eq!(groups.elements("GroupName"), std::slice::from_ref(&new));
    iam(account.alice(), "CreateGroup", &[("GroupName", name)]).assert_status(200);
    let group = iam(account.alice(), "GetGroup", &[("GroupName", name)]).assert_status(200);
    assert!(group.elements("UserName").is_empty(), "{group}");
    iam(account.alice(), "RemoveUserFromGroup", &[("GroupName", &new), ("UserName", name)]).assert_status(200);
    user.get(&account.object()).assert_error(403, "AccessDenied");
}

#[test]
fn names_that_cannot_be_had() {
    let account = Account::new();
    let (alice, name, new) = (account.alice(), account.name.as_str(), other(&account));
    for (create, update, named, renamed) in [
        ("CreateUser", "UpdateUser", "UserName", "NewUserName"),
        ("CreateGroup", "UpdateGroup", "GroupName", "NewGroupName"),
    ] {
        iam(alice, create, &[(named, name)]).assert_status(200);
        iam(alice, create, &[(named, &new)]).assert_status(200);
        let to = |to: &str| iam(alice, update, &[(named, name), (renamed, to)]);
        refused(&to(&new), 409, "EntityAlreadyExists");
        refused(&to(&new.to_ascii_uppercase()), 409, "EntityAlreadyExists");
        refused(&to("a/b"), 400, "ValidationError");
        refused(&iam(alice, update, &[(renamed, name)]), 400, "ValidationError");
        refused(&iam(alice, update, &[(named, "nobody at all"), (renamed, "x")]), 404, "NoSuchEntity");
        refused(&iam(alice, update, &[(named, name), ("NewPath", "a")]), 400, "ValidationError");
    }
}
