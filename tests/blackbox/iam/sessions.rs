use super::*;
use crate::client::{Form, How, TOKEN};

/// Assumes the test's role with these further parameters: a client and its token.
#[track_caller]
fn assume(who: &Client, arn: &str, more: &[(&str, &str)]) -> (Client, String) {
    let mut parameters = vec![("RoleArn", arn), ("RoleSessionName", "session")];
    parameters.extend(more);
    let made = sts(who, "AssumeRole", &parameters).assert_status(200);
    (with_keys(who, &made), made.element("SessionToken").expect("a token"))
}

#[test]
fn a_session_signs_in_every_way() {
    let account = Account::new();
    let arn = account.role(&trust("*"));
    account.let_role("s3:*");
    let (session, token) = assume(account.alice(), &arn, &[]);
    for how in [How::V2Header, How::V2Query, How::V4Header, How::V4Query] {
        let session = session.how(how);
        let ask = || session.request("GET", &account.object());
        let signed = match how {
            How::V2Query | How::V4Query => ask().in_query(TOKEN, &token),
            _ => ask().header(TOKEN, &token),
        };
        signed.send().assert_status(200).assert_body("object");
        ask().send().assert_error(403, "InvalidAccessKeyId");
        let late = ask().late_header(TOKEN, &token).send();
        assert_eq!(late.status, 403, "{how:?}: a token that is not signed: {late}");
    }
    for how in [How::V2Header, How::V4Header] {
        let form = Form::bare(&session.how(how), &account.ground.bucket).field("key", "formed");
        form.clone().field(TOKEN, &token).send().assert_status(204);
        form.send().assert_error(403, "InvalidAccessKeyId");
    }
}

#[test]
fn wrong_tokens_are_refused() {
    let account = Account::new();
    let arn = account.role(&trust("*"));
    let ((one, _), (_, others)) = (assume(account.alice(), &arn, &[]), assume(account.alice(), &arn, &[]));
    for token in ["nonsense", &others] {
        let reply = one.request("GET", &account.object()).header(TOKEN, token).send();
        reply.assert_error(400, "InvalidToken");
    }
    let reply = account.alice().request("GET", &account.object()).header(TOKEN, &others).send();
    reply.assert_error(400, "InvalidToken");
}

#[test]
fn a_session_has_what_role_and_session_policy_both_allow() {
    let account = Account::new();
    let arn = account.role(&trust("*"));
    account.let_role("s3:GetObject");
    let ask = |(session, token): &(Client, String), method: &str| {
        session.request(method, &account.object()).header(TOKEN, token).send().status
    };
    let (whole, less) =
        (assume(account.alice(), &arn, &[]), assume(account.alice(), &arn, &[("Policy", &allow("s3:PutObject"))]));
    assert_eq!((ask(&whole, "GET"), ask(&whole, "PUT")), (200, 403));
    assert_eq!((ask(&less, "GET"), ask(&less, "PUT")), (403, 403));
    account.let_role("s3:*");
    assert_eq!(
        (ask(&whole, "PUT"), ask(&less, "PUT"), ask(&less, "GET")),
        (200, 200, 403),
        "rights are looked up fresh"
    );
    let managed = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    let reader = assume(account.alice(), &arn, &[managed]);
    assert_eq!((ask(&reader, "GET"), ask(&reader, "PUT")), (200, 403));
    iam(account.alice(), "DeleteRolePolicy", &[("RoleName", &account.name), ("PolicyName", "p")]).assert_status(200);
    iam(account.alice(), "DeleteRole", &[("RoleName", &account.name)]).assert_status(200);
    assert_eq!(ask(&whole, "GET"), 403, "the role is gone");
}

#[test]
fn a_role_is_assumed_by_whom_it_trusts() {
    let account = Account::new();
    let (user, number) = (account.user(), account.number());
    let parameters =
        |arn: &str| [("RoleArn".to_owned(), arn.to_owned()), ("RoleSessionName".to_owned(), "ab".to_owned())];
    let try_it = |who: &Client, arn: &str| {
        let owned = parameters(arn);
        let pairs: Vec<_> = owned.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        sts(who, "AssumeRole", &pairs).status
    };
    let arn = account.role(&trust(&number));
    assert_eq!((try_it(&user, &arn), try_it(&bob(), &arn)), (403, 403), "the account is trusted, not all its users");
    account.let_user("sts:AssumeRole");
    assert_eq!(try_it(&user, &arn), 200);
    let direct = trust(&format!("arn:aws:iam::{number}:user/{}", account.name));
    let change = |document: &str| {
        let parameters = [("RoleName", account.name.as_str()), ("PolicyDocument", document)];
        iam(account.alice(), "UpdateAssumeRolePolicy", &parameters).assert_status(200);
    };
    change(&direct);
    iam(account.alice(), "DeleteUserPolicy", &[("UserName", &account.name), ("PolicyName", "p")]).assert_status(200);
    assert_eq!((try_it(&user, &arn), try_it(&bob(), &arn)), (200, 403), "named itself");
    let bobs = sts(&bob(), "GetCallerIdentity", &[]).element("Account").expect("a number");
    change(&trust(&bobs));
    assert_eq!((try_it(&user, &arn), try_it(&bob(), &arn)), (403, 200), "across accounts");
    assert_eq!(try_it(account.alice(), &arn.replace(&account.name, "nobody")), 403, "no such role");
}

#[test]
fn sessions_last_as_long_as_they_may() {
    let account = Account::new();
    let arn = account.role(&trust("*"));
    let ask = |seconds: &str| {
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "ab"), ("DurationSeconds", seconds)];
        sts(account.alice(), "AssumeRole", &parameters)
    };
    ask("900").assert_status(200);
    ask("3600").assert_status(200);
    for seconds in ["899", "3601", "x"] {
        refused(&ask(seconds), 400, "ValidationError");
    }
    let longer = [("RoleName", account.name.as_str()), ("MaxSessionDuration", "7200")];
    iam(account.alice(), "UpdateRole", &longer).assert_status(200);
    ask("7200").assert_status(200);
    account.let_role("sts:AssumeRole");
    let (session, token) = assume(account.alice(), &arn, &[]);
    let body = |seconds: u32| {
        let arn = crate::client::encode_value(&arn);
        format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=ab&DurationSeconds={seconds}")
    };
    let chain =
        |seconds| session.service("sts").request("POST", "/").header(TOKEN, &token).body(body(seconds)).send().status;
    assert_eq!((chain(3600), chain(7200)), (200, 400), "role chaining");
}

#[test]
fn a_session_token_is_its_users() {
    let account = Account::new();
    let user = account.user();
    account.let_user("s3:GetObject");
    let made = sts(&user, "GetSessionToken", &[]).assert_status(200);
    let (session, token) = (with_keys(&user, &made), made.element("SessionToken").expect("a token"));
    let get = || session.request("GET", &account.object()).header(TOKEN, &token).send();
    get().assert_status(200);
    let again = session.service("sts").request("POST", "/").header(TOKEN, &token);
    let again = again.body("Action=GetSessionToken&Version=2011-06-15").send();
    refused(&again, 403, "AccessDenied");
    let key = user.signer().access.clone();
    let off = [("UserName", account.name.as_str()), ("AccessKeyId", key.as_str()), ("Status", "Inactive")];
    iam(account.alice(), "UpdateAccessKey", &off).assert_status(200);
    get().assert_error(403, "InvalidAccessKeyId");
}
