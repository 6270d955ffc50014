use super::*;
use crate::ops::bucket::create_bucket::tagged;
use crate::ops::fresh_bucket_name;

#[test]
fn a_user_may_what_its_policies_say() {
    let account = Account::new();
    let user = account.user();
    user.get(&account.object()).assert_error(403, "AccessDenied");
    account.let_user("s3:GetObject");
    user.get(&account.object()).assert_status(200).assert_body("object");
    user.put(&account.object(), "x").assert_error(403, "AccessDenied");
    iam(account.alice(), "DeleteUserPolicy", &[("UserName", &account.name), ("PolicyName", "p")]).assert_status(200);
    user.get(&account.object()).assert_error(403, "AccessDenied");
}

#[test]
fn a_disabled_or_deleted_key_stops_at_once() {
    let account = Account::new();
    let user = account.user();
    account.let_user("s3:*");
    user.get(&account.object()).assert_status(200);
    let key = user.signer().access.clone();
    let status = |status: &str| {
        let parameters = [("UserName", account.name.as_str()), ("AccessKeyId", &key), ("Status", status)];
        iam(account.alice(), "UpdateAccessKey", &parameters).assert_status(200);
    };
    status("Inactive");
    user.get(&account.object()).assert_error(403, "InvalidAccessKeyId");
    status("Active");
    user.get(&account.object()).assert_status(200);
    let listed = iam(account.alice(), "ListAccessKeys", &[("UserName", &account.name)]).assert_status(200);
    assert_eq!(listed.elements("AccessKeyId"), std::slice::from_ref(&key));
    assert!(!listed.text().contains("Secret"), "{listed}");
    let parameters = [("UserName", account.name.as_str()), ("AccessKeyId", key.as_str())];
    iam(account.alice(), "DeleteAccessKey", &parameters).assert_status(200);
    user.get(&account.object()).assert_error(403, "InvalidAccessKeyId");
    refused(&iam(account.alice(), "DeleteAccessKey", &parameters), 404, "NoSuchEntity");
}

#[test]
fn a_group_lets_its_users() {
    let account = Account::new();
    let (user, name) = (account.user(), account.name.as_str());
    let both = [("GroupName", name), ("UserName", name)];
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    iam(account.alice(), "CreateGroup", &[("GroupName", name)]).assert_status(200);
    iam(account.alice(), "AttachGroupPolicy", &[("GroupName", name), ("PolicyArn", arn)]).assert_status(200);
    user.get(&account.object()).assert_error(403, "AccessDenied");
    iam(account.alice(), "AddUserToGroup", &both).assert_status(200);
    user.get(&account.object()).assert_status(200);
    user.delete(&account.object()).assert_error(403, "AccessDenied");
    refused(&iam(account.alice(), "DeleteGroup", &[("GroupName", name)]), 409, "DeleteConflict");
    iam(account.alice(), "RemoveUserFromGroup", &both).assert_status(200);
    user.get(&account.object()).assert_error(403, "AccessDenied");
}

#[test]
fn users_call_iam_only_as_their_policies_say() {
    let account = Account::new();
    let (user, name) = (account.user(), account.name.as_str());
    refused(&iam(&user, "ListUsers", &[]), 403, "AccessDenied");
    refused(&iam(&user, "CreateAccessKey", &[]), 403, "AccessDenied");
    let own = format!("arn:aws:iam::{}:user/${{aws:username}}", account.number());
    let document = allow("iam:*AccessKey*").replace("\"*\"}]", &format!("\"{own}\"}}]"));
    let parameters = [("UserName", name), ("PolicyName", "own"), ("PolicyDocument", &document)];
    iam(account.alice(), "PutUserPolicy", &parameters).assert_status(200);
    assert_eq!(iam(&user, "ListAccessKeys", &[]).assert_status(200).elements("AccessKeyId").len(), 1);
    refused(&iam(&user, "ListAccessKeys", &[("UserName", "somebody")]), 403, "AccessDenied");
    iam(&user, "CreateAccessKey", &[]).assert_status(200);
    refused(&iam(&user, "CreateAccessKey", &[]), 409, "LimitExceeded");
    refused(&iam(&bob(), "GetUser", &[("UserName", name)]), 404, "NoSuchEntity");
}

#[test]
fn policies_of_its_own_are_listed_by_their_names() {
    let account = Account::new();
    let (user, name) = (account.user(), account.name.as_str());
    for policy in ["b", "a", "C"] {
        let document = allow("s3:GetObject");
        let parameters = [("UserName", name), ("PolicyName", policy), ("PolicyDocument", document.as_str())];
        iam(account.alice(), "PutUserPolicy", &parameters).assert_status(200);
    }
    let listed = iam(account.alice(), "ListUserPolicies", &[("UserName", name)]).assert_status(200);
    assert_eq!(listed.elements("member"), ["C", "a", "b"]);
    user.get(&account.object()).assert_status(200);
}

#[test]
fn a_user_may_be_let_see_the_account() {
    let account = Account::new();
    let (user, name) = (account.user(), account.name.as_str());
    refused(&iam(&user, "ListRoles", &[]), 403, "AccessDenied");
    refused(&iam(&user, "GetAccountSummary", &[]), 403, "AccessDenied");
    let arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    iam(account.alice(), "AttachUserPolicy", &[("UserName", name), ("PolicyArn", arn)]).assert_status(200);
    iam(&user, "ListRoles", &[]).assert_status(200);
    let summary = iam(&user, "GetAccountSummary", &[]).assert_status(200);
    let (names, numbers) = (summary.elements("key"), summary.elements("value"));
    let number = |name: &str| {
        let at = names.iter().position(|key| key == name).unwrap_or_else(|| panic!("no {name} in {summary}"));
        numbers[at].parse::<u32>().expect("a number")
    };
    assert!(number("Users") >= 1, "{summary}");
    assert_eq!((number("UsersQuota"), number("AccessKeysPerUserQuota")), (5_000, 2));
    refused(&iam(&user, "DeleteUser", &[("UserName", name)]), 403, "AccessDenied");
}

#[test]
fn accounts_outlive_the_process() {
    let mut server = Server::start();
    let alice = client(&server, crate::harness::ALICE);
    iam(&alice, "CreateUser", &[("UserName", "kept")]).assert_status(200);
    let made = iam(&alice, "CreateAccessKey", &[("UserName", "kept")]).assert_status(200);
    server.kill9();
    server.resume();
    let reply = sts(&with_keys(&alice, &made), "GetCallerIdentity", &[]).assert_status(200);
    assert!(reply.element("Arn").is_some_and(|arn| arn.ends_with(":user/kept")));
    assert!(!server.log().contains(&made.element("SecretAccessKey").expect("a secret")));
}

#[test]
fn policies_of_users_and_sessions_know_whose_things_are_and_where_requests_go() {
    let account = Account::new();
    let (user, name, number) = (account.user(), account.name.as_str(), account.number());
    let role = account.role(&trust("*"));
    account.let_role("s3:*");
    let bobs = sts(&bob(), "GetCallerIdentity", &[]).element("Account").expect("a number");
    for (key, own, other) in [
        ("aws:ResourceAccount", number.as_str(), bobs.as_str()),
        ("s3:ResourceAccount", &number, &bobs),
        ("aws:RequestedRegion", "us-east-1", "eu-west-1"),
    ] {
        for (value, status) in [(own, 200), (other, 403)] {
            let condition = format!(r#""Condition":{{"StringEquals":{{"{key}":"{value}"}}}},"Action""#);
            let document = allow("*").replace("\"Action\"", &condition);
            let parameters = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", &document)];
            iam(account.alice(), "PutUserPolicy", &parameters).assert_status(200);
            let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "ab"), ("Policy", &document)];
            let made = sts(account.alice(), "AssumeRole", &parameters).assert_status(200);
            let told = |name: &str| made.element(name).expect("temporary credentials");
            let session = user.session(&told("AccessKeyId"), &told("SecretAccessKey"), &told("SessionToken"));
            for target in [account.object().as_str(), "/"] {
                let by_user = user.get(target);
                assert_eq!(by_user.status, status, "{key} {value} {target}: {by_user}");
                let by_session = session.get(target);
                assert_eq!(by_session.status, status, "{key} {value} {target}, a session: {by_session}");
            }
            if key.starts_with("aws:") {
                let listed = iam(&user, "ListUsers", &[]);
                assert_eq!(listed.status, status, "{key} {value}: {listed}");
            }
        }
    }
}

#[test]
fn whoever_tags_a_new_bucket_needs_the_right_to() {
    let account = Account::new();
    let (user, name) = (account.user(), account.name.as_str());
    let create = |tags: &[(&str, &str)]| user.put(&format!("/{}", fresh_bucket_name()), tagged(tags));
    account.let_user("s3:CreateBucket");
    create(&[]).assert_status(200);
    create(&[("env", "prod")]).assert_error(403, "AccessDenied");
    let condition = r#""Condition":{"StringEquals":{"aws:RequestTag/env":"prod"},"ForAllValues:StringEquals":{"aws:TagKeys":["env"]}}"#;
    let document = allow("s3:TagResource").replace(r#""Resource":"*""#, &format!(r#""Resource":"*",{condition}"#));
    let parameters = [("UserName", name), ("PolicyName", "tags"), ("PolicyDocument", &document)];
    iam(account.alice(), "PutUserPolicy", &parameters).assert_status(200);
    create(&[("env", "prod")]).assert_status(200);
    create(&[("env", "dev")]).assert_error(403, "AccessDenied");
    create(&[("env", "prod"), ("more", "x")]).assert_error(403, "AccessDenied");
}
