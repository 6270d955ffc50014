//! GetAccountAuthorizationDetails, and lists of policies and of what there is none of here.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is listed | an_account_is_told_in_full_in_pages, policies_have_tags_and_are_listed_by_their_use, what_nobody_can_make_is_an_empty_list |
//! | 400 ValidationError | a filter or marker is none | an_account_is_told_in_full_in_pages, policies_have_tags_and_are_listed_by_their_use |
//! | 403 AccessDenied | the caller has no right to it | what_nobody_can_make_is_an_empty_list |
//! | 404 NoSuchEntity | there is no such role or policy | what_nobody_can_make_is_an_empty_list, policies_have_tags_and_are_listed_by_their_use |

use super::*;

/// An account that no other test has anything in.
fn apart() -> Account {
    let ground = Ground::apart();
    Account { name: format!("n-{}", ground.bucket), ground }
}

/// A managed policy of this test's name; its ARN.
fn policy(account: &Account, name: &str) -> String {
    let document = allow("s3:GetObject");
    let parameters = [
        ("PolicyName", name),
        ("PolicyDocument", document.as_str()),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    iam(account.alice(), "CreatePolicy", &parameters).assert_status(200).element("Arn").expect("an ARN")
}

#[test]
fn an_account_is_told_in_full_in_pages() {
    let account = apart();
    let (alice, name) = (account.alice(), account.name.as_str());
    account.user();
    account.let_user("s3:GetObject");
    account.role(&trust("*"));
    for group in ["g1", "g2"] {
        iam(alice, "CreateGroup", &[("GroupName", group)]).assert_status(200);
    }
    iam(alice, "AddUserToGroup", &[("GroupName", "g2"), ("UserName", name)]).assert_status(200);
    let arn = policy(&account, "own");
    iam(alice, "AttachGroupPolicy", &[("GroupName", "g1"), ("PolicyArn", &arn)]).assert_status(200);
    let whole = iam(alice, "GetAccountAuthorizationDetails", &[]).assert_status(200);
    assert_eq!(whole.element("IsTruncated").as_deref(), Some("false"));
    assert_eq!(whole.elements("UserName"), [name]);
    assert_eq!(whole.elements("GroupName"), ["g1", "g2"]);
    assert_eq!(whole.elements("RoleName"), [name]);
    assert!(whole.text().contains("<GroupList><member>g2</member></GroupList>"), "{whole}");
    assert!(whole.text().contains("<UserPolicyList><member><PolicyName>p</PolicyName>"), "{whole}");
    assert!(whole.elements("PolicyName").contains(&"AdministratorAccess".to_owned()), "{whole}");
    assert!(whole.text().contains("<AttachmentCount>1</AttachmentCount>"), "{whole}");

    let mut told = Vec::new();
    let mut marker = None;
    for _ in 0..40 {
        let mut parameters = vec![("MaxItems", "1")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = iam(alice, "GetAccountAuthorizationDetails", &parameters).assert_status(200);
        let ids: Vec<String> =
            ["UserId", "GroupId", "RoleId", "PolicyId"].iter().flat_map(|id| page.elements(id)).collect();
        assert!(ids.len() <= 1, "{page}");
        told.extend(ids);
        marker = page.element("Marker");
        if marker.is_none() {
            break;
        }
    }
    let all: Vec<String> =
        ["UserId", "GroupId", "RoleId", "PolicyId"].iter().flat_map(|id| whole.elements(id)).collect();
    assert_eq!(told, all);
    let some = [("Filter.member.1", "Group"), ("Filter.member.2", "LocalManagedPolicy")];
    let some = iam(alice, "GetAccountAuthorizationDetails", &some).assert_status(200);
    assert_eq!((some.elements("GroupId").len(), some.elements("PolicyId").len()), (2, 1), "{some}");
    assert!(some.elements("UserId").is_empty() && some.elements("RoleId").is_empty(), "{some}");
    for wrong in [("Filter.member.1", "Everything"), ("Marker", "nowhere")] {
        refused(&iam(alice, "GetAccountAuthorizationDetails", &[wrong]), 400, "ValidationError");
    }
}

#[test]
fn policies_have_tags_and_are_listed_by_their_use() {
    let account = apart();
    let alice = account.alice();
    let (used, unused) = (policy(&account, "used"), policy(&account, "unused"));
    let keys = || iam(alice, "ListPolicyTags", &[("PolicyArn", &used)]).assert_status(200).elements("Key");
    assert_eq!(keys(), ["k"]);
    let more = [("PolicyArn", used.as_str()), ("Tags.member.1.Key", "l"), ("Tags.member.1.Value", "")];
    iam(alice, "TagPolicy", &more).assert_status(200);
    assert_eq!(keys(), ["k", "l"]);
    iam(alice, "UntagPolicy", &[("PolicyArn", &used), ("TagKeys.member.1", "k")]).assert_status(200);
    assert_eq!(iam(alice, "GetPolicy", &[("PolicyArn", &used)]).assert_status(200).elements("Key"), ["l"]);
    refused(&iam(&bob(), "ListPolicyTags", &[("PolicyArn", &used)]), 404, "NoSuchEntity");

    iam(alice, "CreateGroup", &[("GroupName", "g")]).assert_status(200);
    iam(alice, "AttachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", &used)]).assert_status(200);
    let list = |more: &[(&str, &str)]| iam(alice, "ListPolicies", more).assert_status(200).elements("Arn");
    assert_eq!(list(&[("Scope", "Local")]), [unused.clone(), used.clone()]);
    assert_eq!(list(&[("OnlyAttached", "true")]), std::slice::from_ref(&used));
    assert_eq!(list(&[("OnlyAttached", "false"), ("Scope", "AWS")]).len(), list(&[]).len() - 2);
    assert!(list(&[("PolicyUsageFilter", "PermissionsBoundary")]).is_empty());
    refused(&iam(alice, "ListPolicies", &[("PolicyUsageFilter", "x")]), 400, "ValidationError");
}

#[test]
fn what_nobody_can_make_is_an_empty_list() {
    let account = Account::new();
    let (alice, user, name) = (account.alice(), account.user(), account.name.as_str());
    let aliases = iam(alice, "ListAccountAliases", &[]).assert_status(200);
    assert!(
        aliases.text().contains("<AccountAliases/>") || aliases.text().contains("<AccountAliases></AccountAliases>")
    );
    refused(&iam(&user, "ListAccountAliases", &[]), 403, "AccessDenied");
    refused(&iam(&user, "GetAccountAuthorizationDetails", &[]), 403, "AccessDenied");
    refused(&iam(alice, "ListInstanceProfilesForRole", &[("RoleName", name)]), 404, "NoSuchEntity");
    account.role(&trust("*"));
    let profiles = iam(alice, "ListInstanceProfilesForRole", &[("RoleName", name)]).assert_status(200);
    assert_eq!(profiles.element("IsTruncated").as_deref(), Some("false"), "{profiles}");
}
