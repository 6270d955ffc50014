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
    iam(alice, "DeleteUser", &[("UserName", name)]).assert_status(200);
    alice.get(&target).assert_status(200).assert_body(text.as_str());
    alice.get(&account.object()).assert_status(200);
    alice.put(&target, text.as_str()).assert_error(400, "MalformedPolicy");
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
