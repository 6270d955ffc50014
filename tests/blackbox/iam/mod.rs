//! The query APIs of IAM and STS, from outside, and what S3 makes of those who are made there.

mod bucket_policies;
mod details;
mod renames;
mod requests;
mod sessions;
mod simulations;
mod users;

use crate::client::{Client, Reply, encode_value};
use crate::harness::{BOB, Server};
use crate::ops::{Ground, client};

/// Calls an action of IAM.
#[track_caller]
pub fn iam(client: &Client, action: &str, parameters: &[(&str, &str)]) -> Reply {
    call(client, "iam", action, parameters)
}

/// Calls an action of STS.
#[track_caller]
pub fn sts(client: &Client, action: &str, parameters: &[(&str, &str)]) -> Reply {
    call(client, "sts", action, parameters)
}

#[track_caller]
fn call(client: &Client, service: &'static str, action: &str, parameters: &[(&str, &str)]) -> Reply {
    let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
    let mut body = format!("Action={action}&Version={version}");
    for (name, value) in parameters {
        body.push_str(&format!("&{name}={}", encode_value(value)));
    }
    let request = client.service(service).request("POST", "/");
    request.header("content-type", "application/x-www-form-urlencoded; charset=utf-8").body(body).send()
}

/// An error in the query APIs' shape.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_deref()), (status, Some(code)), "{reply}");
    assert!(reply.text().contains("<ErrorResponse xmlns=") && reply.element("RequestId").is_some(), "{reply}");
}

/// A policy that allows an action on everything.
pub fn allow(action: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#)
}

/// A trust policy.
pub fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

/// A bucket of an Alice's with an object, and a name for what the test makes in her account. She is the test's own: an
/// account is one partition, and those who make something in it at once may be told to come again.
struct Account {
    ground: Ground,
    name: String,
}

impl Account {
    fn new() -> Self {
        let ground = Ground::apart();
        ground.put("k", "object");
        Self { name: format!("n-{}", ground.bucket), ground }
    }

    fn alice(&self) -> &Client {
        &self.ground.alice
    }

    fn object(&self) -> String {
        self.ground.path("k")
    }

    /// Alice's account number.
    fn number(&self) -> String {
        sts(self.alice(), "GetCallerIdentity", &[]).assert_status(200).element("Account").expect("a number")
    }

    /// A user of this test's name, and a client with a key of hers.
    fn user(&self) -> Client {
        iam(self.alice(), "CreateUser", &[("UserName", &self.name)]).assert_status(200);
        let made = iam(self.alice(), "CreateAccessKey", &[("UserName", &self.name)]).assert_status(200);
        with_keys(self.alice(), &made)
    }

    /// A role of this test's name; its ARN.
    fn role(&self, trust: &str) -> String {
        let parameters = [("RoleName", self.name.as_str()), ("AssumeRolePolicyDocument", trust)];
        iam(self.alice(), "CreateRole", &parameters).assert_status(200).element("Arn").expect("an ARN")
    }

    #[track_caller]
    fn let_user(&self, action: &str) {
        let document = allow(action);
        let parameters = [("UserName", self.name.as_str()), ("PolicyName", "p"), ("PolicyDocument", &document)];
        iam(self.alice(), "PutUserPolicy", &parameters).assert_status(200);
    }

    #[track_caller]
    fn let_role(&self, action: &str) {
        let document = allow(action);
        let parameters = [("RoleName", self.name.as_str()), ("PolicyName", "p"), ("PolicyDocument", &document)];
        iam(self.alice(), "PutRolePolicy", &parameters).assert_status(200);
    }
}

/// The keys that an answer tells.
pub fn with_keys(client: &Client, made: &Reply) -> Client {
    let element = |name: &str| made.element(name).unwrap_or_else(|| panic!("no {name} in {made}"));
    client.keys(&element("AccessKeyId"), &element("SecretAccessKey"))
}

fn bob() -> Client {
    client(Server::shared(), BOB)
}
