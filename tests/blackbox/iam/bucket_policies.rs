//! Whom the policies of buckets may name, and what users may do with the policies of their account's buckets.

use super::*;
use crate::admin::operator::Operator;
use crate::ops::acls::id;
use crate::ops::bucket::put_bucket_policy::policy;

const INVALID: &str = "<Message>Invalid principal in policy</Message>";
const CONFIRM: &str = "x-amz-confirm-remove-self-bucket-access";

fn target(account: &Account) -> String {
    format!("{}?policy", account.ground.root())
}

/// A policy that allows somebody to read.
fn reads(account: &Account, principal: &str) -> String {
    policy("Allow", principal, "s3:GetObject", &account.ground.bucket)
}

#[test]
fn whom_a_policy_names_has_to_be_there() {
    let account = Account::new();
    let (alice, target, number, name) = (account.alice(), target(&account), account.number(), account.name.as_str());
    let at = |principal: &str| format!(r#"{{"AWS":"{principal}"}}"#);
    let made = [("UserName", name), ("Path", "/staff/")];
    iam(alice, "CreateUser", &made).assert_status(200);
    account.role(&trust("*"));
    let (_, tenant) = Operator::of(Server::shared()).tenant("named");
    let (bobs, canonical) = (id(&bob()), format!(r#"{{"CanonicalUser":"{}"}}"#, id(&tenant)));
    let user = at(&format!("arn:aws:iam::{number}:user/staff/{name}"));
    for known in [
        user.clone(),
        canonical.clone(),
        at(&number),
        at(&format!("arn:aws:iam::{number}:root")),
        at(&format!("arn:aws:iam::{number}:role/{name}")),
        at(&format!("arn:aws:sts::{number}:assumed-role/{name}/nightly")),
        at("AIDAEXAMPLEEXAMPLE00"),
        format!(r#"{{"CanonicalUser":"{bobs}","Service":"logging.s3.amazonaws.com"}}"#),
    ] {
        alice.put(&target, reads(&account, &known)).assert_status(204);
        alice.put(&target, reads(&account, &known).replace("\"Principal\"", "\"NotPrincipal\"")).assert_status(204);
    }
    let text = reads(&account, &user);
    alice.put(&target, text.as_str()).assert_status(204);
    for unknown in [
        at("000000000001"),
        at("arn:aws:iam::000000000001:root"),
        at(&format!("arn:aws:iam::{number}:user/{name}")),
        at(&format!("arn:aws:iam::{number}:user/nobody")),
        at(&format!("arn:aws:iam::{number}:role/staff/{name}")),
        at(&format!("arn:aws:sts::{number}:assumed-role/nobody/nightly")),
        at("arn:aws:sts::000000000001:federated-user/x"),
        format!(r#"{{"CanonicalUser":"{}"}}"#, "f".repeat(64)),
        format!(r#"{{"AWS":["{number}","000000000001"]}}"#),
    ] {
        for element in ["\"Principal\"", "\"NotPrincipal\""] {
            let reply = alice.put(&target, reads(&account, &unknown).replace("\"Principal\"", element));
            let reply = reply.assert_error(400, "MalformedPolicy");
            assert!(reply.text().contains(INVALID), "{unknown}: {reply}");
        }
    }
    alice.get(&target).assert_status(200).assert_body(text.as_str());
    let id = iam(alice, "GetUser", &[("UserName", name)]).element("UserId").expect("an id");
    iam(alice, "DeleteUser", &[("UserName", name)]).assert_status(200);
    let by_id = text.replace(&format!("arn:aws:iam::{number}:user/staff/{name}"), &id);
    alice.get(&target).assert_status(200).assert_body(by_id.as_str());
    alice.get(&account.object()).assert_status(200);
    alice.put(&target, text.as_str()).assert_error(400, "MalformedPolicy");
}

/// What was given to a user is that user's, whatever it is called, and nobody's when it is gone.
#[test]
fn a_later_user_of_the_name_gets_nothing_that_the_former_one_had() {
    let account = Account::new();
    let (alice, target, number, name) = (account.alice(), target(&account), account.number(), account.name.as_str());
    let arn = |name: &str| format!("arn:aws:iam::{number}:user/{name}");
    let at = |name: &str| format!(r#"{{"AWS":"{name}"}}"#);
    let user = account.user();
    user.get(&account.object()).assert_error(403, "AccessDenied");
    let given = reads(&account, &at(&arn(name)));
    alice.put(&target, given.as_str()).assert_status(204);
    user.get(&account.object()).assert_status(200);
    alice.get(&target).assert_status(200).assert_body(given.as_str());

    let new = format!("{name}-new");
    iam(alice, "UpdateUser", &[("UserName", name), ("NewUserName", &new)]).assert_status(200);
    user.get(&account.object()).assert_status(200);
    alice.get(&target).assert_status(200).assert_body(reads(&account, &at(&arn(&new))));
    let namesake = account.user();
    namesake.get(&account.object()).assert_error(403, "AccessDenied");

    let id = iam(&account.ground.alice, "GetUser", &[("UserName", &new)]).element("UserId").expect("an id");
    let key = user.signer().access.clone();
    iam(alice, "DeleteAccessKey", &[("UserName", &new), ("AccessKeyId", &key)]).assert_status(200);
    iam(alice, "DeleteUser", &[("UserName", &new)]).assert_status(200);
    alice.get(&target).assert_status(200).assert_body(reads(&account, &at(&id)));
    iam(alice, "UpdateUser", &[("UserName", name), ("NewUserName", &new)]).assert_status(200);
    namesake.get(&account.object()).assert_error(403, "AccessDenied");
    alice.get(&target).assert_status(200).assert_body(reads(&account, &at(&id)));
    alice.put(&target, reads(&account, &at(&arn(&new)))).assert_status(204);
    namesake.get(&account.object()).assert_status(200);
}

#[test]
fn a_later_role_of_the_name_gets_nothing_that_the_former_one_had() {
    let account = Account::new();
    let (alice, target, name) = (account.alice(), target(&account), account.name.as_str());
    let role = account.role(&trust("*"));
    let read = |with: &str| {
        let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", with)];
        let made = sts(alice, "AssumeRole", &parameters).assert_status(200);
        let told = |name: &str| made.element(name).expect("temporary credentials");
        let session = alice.session(&told("AccessKeyId"), &told("SecretAccessKey"), &told("SessionToken"));
        session.get(&account.object()).status
    };
    let nightly = format!("{}/nightly", role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"));
    for (given, daily) in [(&role, 200), (&nightly, 403)] {
        let document = reads(&account, &format!(r#"{{"AWS":"{given}"}}"#));
        alice.put(&target, document.as_str()).assert_status(204);
        assert_eq!((read("nightly"), read("daily")), (200, daily), "{given}");
        let id = iam(alice, "GetRole", &[("RoleName", name)]).element("RoleId").expect("an id");
        iam(alice, "DeleteRole", &[("RoleName", name)]).assert_status(200);
        account.role(&trust("*"));
        assert_eq!((read("nightly"), read("daily")), (403, 403), "{given}");
        let text = alice.get(&target).assert_status(200).text();
        assert!(text.contains(&format!("\"{id}")) && !text.contains(given), "{text}");
    }
}

#[test]
fn a_role_trusts_the_user_that_was_meant_and_no_namesake() {
    let account = Account::new();
    let (alice, number, name) = (account.alice(), account.number(), account.name.as_str());
    let user = account.user();
    let arn = format!("arn:aws:iam::{number}:user/{name}");
    let role = account.role(&trust(&arn));
    let assume =
        |who: &Client| sts(who, "AssumeRole", &[("RoleArn", role.as_str()), ("RoleSessionName", "session")]).status;
    let trusted = || {
        let told = iam(alice, "GetRole", &[("RoleName", name)]).assert_status(200);
        told.element("AssumeRolePolicyDocument").expect("a policy")
    };
    let encoded = |principal: &str| principal.replace(':', "%3A").replace('/', "%2F");
    assert!(assume(&user) == 200 && trusted().contains(&encoded(&arn)));
    let new = format!("{name}-new");
    let found = iam(alice, "GetUser", &[("UserName", name)]).element("UserId").expect("an id");
    iam(alice, "UpdateUser", &[("UserName", name), ("NewUserName", &new)]).assert_status(200);
    let namesake = account.user();
    assert_eq!((assume(&user), assume(&namesake)), (200, 403));
    assert!(trusted().contains(&encoded(&format!("{arn}-new%22"))), "{}", trusted());
    let key = user.signer().access.clone();
    iam(alice, "DeleteAccessKey", &[("UserName", &new), ("AccessKeyId", &key)]).assert_status(200);
    iam(alice, "DeleteUser", &[("UserName", &new)]).assert_status(200);
    assert!(trusted().contains(&format!("%22{found}%22")), "{}", trusted());
    assert_eq!(assume(&namesake), 403);
}

#[test]
fn a_role_trusts_those_who_are_there() {
    let account = Account::new();
    let number = account.number();
    let nobody = trust(&format!("arn:aws:iam::{number}:user/nobody"));
    let parameters = [("RoleName", account.name.as_str()), ("AssumeRolePolicyDocument", nobody.as_str())];
    let reply = iam(account.alice(), "CreateRole", &parameters);
    refused(&reply, 400, "MalformedPolicyDocument");
    assert!(reply.text().contains("Invalid principal in policy: "), "{reply}");
    account.role(&trust(&number));
    let parameters = [("RoleName", account.name.as_str()), ("PolicyDocument", nobody.as_str())];
    refused(&iam(account.alice(), "UpdateAssumeRolePolicy", &parameters), 400, "MalformedPolicyDocument");
}

#[test]
fn a_user_has_to_mean_it_to_lose_the_policy_and_the_account_keeps_it() {
    let account = Account::new();
    let (user, target) = (account.user(), target(&account));
    account.let_user("s3:*");
    let own = format!(r#"{{"AWS":"arn:aws:iam::{}:user/{}"}}"#, account.number(), account.name);
    let deny = |principal: &str, action: &str| policy("Deny", principal, action, &account.ground.bucket);
    let put = |text: String, confirm: &str| user.request("PUT", &target).header(CONFIRM, confirm).body(text).send();
    for (principal, action) in
        [("\"*\"", "s3:*"), (own.as_str(), "s3:PutBucketPolicy"), (own.as_str(), "s3:Put*Policy")]
    {
        user.put(&target, deny(principal, action)).assert_error(403, "AccessDenied");
        put(deny(principal, action), "false").assert_error(403, "AccessDenied");
        account.alice().get(&target).assert_error(404, "NoSuchBucketPolicy");
        put(deny(principal, action), "true").assert_status(204);
        user.put(&target, reads(&account, "\"*\"")).assert_error(403, "AccessDenied");
        put(reads(&account, "\"*\""), "true").assert_error(403, "AccessDenied");
        account.alice().get(&target).assert_status(200).assert_body(deny(principal, action));
        account.alice().put(&target, deny(principal, action)).assert_status(204);
        account.alice().delete(&target).assert_status(204);
    }
    let others = format!(r#"{{"CanonicalUser":"{}"}}"#, id(&bob()));
    user.put(&target, deny(&others, "s3:*")).assert_status(204);
    user.put(&target, deny(&own, "s3:DeleteObject")).assert_status(204);
    user.delete(&target).assert_status(204);
}
