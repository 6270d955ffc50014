use super::*;
use crate::client::now;

#[test]
fn answers_have_awss_shape() {
    let account = Account::new();
    let reply = sts(account.alice(), "GetCallerIdentity", &[]).assert_status(200);
    let text = reply.text();
    assert!(text.contains("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"), "{text}");
    assert!(text.contains("</GetCallerIdentityResult><ResponseMetadata><RequestId>"), "{text}");
    assert_eq!(reply.header("content-type").as_deref(), Some("text/xml"));
    assert_eq!(reply.header("x-amzn-requestid"), reply.element("RequestId"));
    let number = account.number();
    assert_eq!(reply.element("Arn"), Some(format!("arn:aws:iam::{number}:root")));
}

#[test]
fn unknown_actions_and_missing_parameters_are_told() {
    let account = Account::new();
    refused(&iam(account.alice(), "CreateAccountAlias", &[("AccountAlias", "x")]), 400, "InvalidAction");
    refused(&sts(account.alice(), "CreateUser", &[("UserName", "x")]), 400, "InvalidAction");
    refused(&iam(account.alice(), "CreateUser", &[]), 400, "ValidationError");
    let boundary =
        [("UserName", account.name.as_str()), ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    refused(&iam(account.alice(), "CreateUser", &boundary), 400, "InvalidInput");
    refused(&iam(account.alice(), "GetUser", &[("UserName", &account.name)]), 404, "NoSuchEntity");
}

#[test]
fn only_good_signatures_for_the_service_are_taken() {
    let account = Account::new();
    let alice = account.alice();
    refused(&sts(&alice.keys("AKIAUNKNOWN", "secret"), "GetCallerIdentity", &[]), 403, "InvalidClientTokenId");
    let wrong = alice.keys(&alice.signer().access.clone(), "wrong");
    refused(&sts(&wrong, "GetCallerIdentity", &[]), 403, "SignatureDoesNotMatch");
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let late = alice.service("sts").request("POST", "/").body(body).at(now() - 3600).send();
    refused(&late, 400, "RequestExpired");
    let other = alice.service("sts").request("POST", "/").body(body);
    let other = other.tamper(|wire| wire.body = b"Action=GetCallerIdentity&Version=2011-06-16".to_vec()).send();
    refused(&other, 403, "SignatureDoesNotMatch");
    alice.anonymous().post("/", body).assert_error(405, "MethodNotAllowed");
    alice.service("s3").request("POST", "/").body(body).send().assert_error(405, "MethodNotAllowed");
    alice.service("iam").get(&account.object()).assert_error(400, "AuthorizationHeaderMalformed");
    let asked = alice.service("sts").get(&format!("/?{body}"));
    assert!(asked.assert_status(200).element("Account").is_some());
    let large = alice.service("iam").request("POST", "/").body(vec![b'a'; 200_000]).send();
    refused(&large, 413, "RequestEntityTooLarge");
}

/// IAM and STS are no way around what slows those down who guess secrets.
#[test]
fn guessed_secrets_are_throttled_here_too() {
    let server = Server::with(&[("limits", "failed_signatures_per_minute = 2")]);
    let alice = client(&server, crate::harness::ALICE);
    let guess = |secret: &str| sts(&alice.keys(crate::harness::ALICE.access, secret), "GetCallerIdentity", &[]).status;
    assert_eq!(guess("wrong 0"), 403);
    let last = (1..12).fold(None, |_, i| Some(guess(&format!("wrong {i}"))));
    assert_eq!(last, Some(503));
    refused(&sts(&alice, "GetCallerIdentity", &[]), 503, "ServiceUnavailable");
}
