//! SimulatePrincipalPolicy and SimulateCustomPolicy.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | what the policies say of each action on each resource | policies_say_what_they_would_say, a_user_may_what_it_and_its_groups_may |
//! | 400 InvalidInput | an action, a policy, an ARN or a marker is none, or what is not simulated is asked for | what_cannot_be_simulated |
//! | 400 ValidationError | a parameter is missing | what_cannot_be_simulated |
//! | 403 AccessDenied | the caller has no right to it | a_user_may_what_it_and_its_groups_may |
//! | 404 NoSuchEntity | there is no such user, group or role | what_cannot_be_simulated |

use super::*;

/// The names of the elements of one result, and what follows: action, resource, decision.
fn decisions(reply: &Reply) -> Vec<(String, String, String)> {
    let elements = |name: &str| reply.elements(name);
    let (actions, resources) = (elements("EvalActionName"), elements("EvalResourceName"));
    let both = actions.into_iter().zip(resources).zip(elements("EvalDecision"));
    both.map(|((action, resource), decision)| (action, resource, decision)).collect()
}

#[test]
fn policies_say_what_they_would_say() {
    let account = Account::new();
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
        {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/secret"}]}"#;
    let ask = |address: &str, more: &[(&str, &str)]| {
        let mut parameters = vec![
            ("PolicyInputList.member.1", document),
            ("ActionNames.member.1", "s3:GetObject"),
            ("ActionNames.member.2", "s3:PutObject"),
            ("ResourceArns.member.1", "arn:aws:s3:::a/open"),
            ("ResourceArns.member.2", "arn:aws:s3:::a/secret"),
            ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
            ("ContextEntries.member.1.ContextKeyType", "ip"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", address),
        ];
        parameters.extend(more);
        iam(account.alice(), "SimulateCustomPolicy", &parameters).assert_status(200)
    };
    let words = |reply: &Reply| decisions(reply).into_iter().map(|(.., decision)| decision).collect::<Vec<_>>();
    let inside = ask("10.1.2.3", &[]);
    assert_eq!(words(&inside), ["allowed", "explicitDeny", "implicitDeny", "implicitDeny"]);
    assert_eq!(inside.elements("SourcePolicyId"), ["PolicyInputList.1"; 2]);
    let (action, resource) = ("s3:PutObject".to_owned(), "arn:aws:s3:::a/open".to_owned());
    assert_eq!(decisions(&inside)[2], (action, resource, "implicitDeny".to_owned()));
    assert_eq!(words(&ask("11.1.2.3", &[])), ["implicitDeny", "explicitDeny", "implicitDeny", "implicitDeny"]);
    let first = ask("10.1.2.3", &[("MaxItems", "3")]);
    assert_eq!((words(&first).len(), first.element("IsTruncated").as_deref()), (3, Some("true")));
    let marker = first.element("Marker").expect("a marker");
    let rest = ask("10.1.2.3", &[("MaxItems", "3"), ("Marker", &marker)]);
    assert_eq!((words(&rest).len(), rest.element("IsTruncated").as_deref()), (1, Some("false")));
}

#[test]
fn a_user_may_what_it_and_its_groups_may() {
    let account = Account::new();
    let (alice, user, name, number) = (account.alice(), account.user(), account.name.as_str(), account.number());
    let source = format!("arn:aws:iam::{number}:user/{name}");
    let parameters = [
        ("PolicySourceArn", source.as_str()),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ResourceArns.member.1", &format!("arn:aws:s3:::home/{name}/x")),
    ];
    let words = || {
        let reply = iam(alice, "SimulatePrincipalPolicy", &parameters).assert_status(200);
        decisions(&reply).into_iter().map(|(.., decision)| decision).collect::<Vec<_>>()
    };
    assert_eq!(words(), ["implicitDeny", "implicitDeny"]);
    refused(&iam(&user, "SimulatePrincipalPolicy", &parameters), 403, "AccessDenied");
    let own = "arn:aws:s3:::home/${aws:username}/*";
    let document = allow("s3:PutObject").replace("\"*\"}]", &format!("\"{own}\"}}]"));
    let policy = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", &document)];
    iam(alice, "PutUserPolicy", &policy).assert_status(200);
    iam(alice, "CreateGroup", &[("GroupName", name)]).assert_status(200);
    iam(alice, "AddUserToGroup", &[("GroupName", name), ("UserName", name)]).assert_status(200);
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    iam(alice, "AttachGroupPolicy", &[("GroupName", name), ("PolicyArn", arn)]).assert_status(200);
    assert_eq!(words(), ["allowed", "allowed"]);
    let reply = iam(alice, "SimulatePrincipalPolicy", &parameters).assert_status(200);
    assert_eq!(reply.elements("SourcePolicyId"), ["AmazonS3ReadOnlyAccess", &format!("user_{name}_p")]);
    assert_eq!(reply.elements("SourcePolicyType"), ["aws-managed", "user"]);
    let mut with = parameters.to_vec();
    let denial = allow("s3:PutObject").replace("Allow", "Deny");
    with.push(("PolicyInputList.member.1", &denial));
    let reply = iam(alice, "SimulatePrincipalPolicy", &with).assert_status(200);
    assert_eq!(reply.elements("EvalDecision"), ["allowed", "explicitDeny"]);
}

#[test]
fn what_cannot_be_simulated() {
    let account = Account::new();
    let (alice, number) = (account.alice(), account.number());
    let document = allow("s3:GetObject");
    let custom = |more: &[(&str, &str)]| {
        let mut parameters = vec![("PolicyInputList.member.1", document.as_str())];
        parameters.extend(more);
        iam(alice, "SimulateCustomPolicy", &parameters)
    };
    refused(&custom(&[]), 400, "ValidationError");
    refused(&iam(alice, "SimulateCustomPolicy", &[("ActionNames.member.1", "s3:GetObject")]), 400, "ValidationError");
    for action in ["GetObject", "s3:*"] {
        refused(&custom(&[("ActionNames.member.1", action)]), 400, "InvalidInput");
    }
    let action = ("ActionNames.member.1", "s3:GetObject");
    for extra in [("ResourcePolicy", document.as_str()), ("Marker", "x"), ("PolicyInputList.member.2", "{}")] {
        refused(&custom(&[action, extra]), 400, "InvalidInput");
    }
    for (source, status, code) in [
        (format!("arn:aws:iam::{number}:user/nobody"), 404, "NoSuchEntity"),
        (format!("arn:aws:iam::{number}:root"), 400, "InvalidInput"),
        ("arn:aws:iam::000000000001:user/x".to_owned(), 400, "InvalidInput"),
    ] {
        let parameters = [("PolicySourceArn", source.as_str()), action];
        refused(&iam(alice, "SimulatePrincipalPolicy", &parameters), status, code);
    }
}
