//! A bucket of Alice's whose policy changes, and those of Bob's account who ask for what is in it.

use serde_json::{Map, Value, json};

use super::Row;
use crate::client::{Client, Form, Request, form_date, now};
use crate::iam::{allow, iam, sts, trust, with_keys};
use crate::ops::acls::id;
use crate::ops::bucket::put_bucket_policy::put;
use crate::ops::{Ground, fresh_bucket_name, locks, md5_base64};

/// A bucket, what is in it, and who asks.
pub struct Scene {
    pub g: Ground,
    /// Users of Bob's account whose own policies allow everything.
    pub user: Client,
    pub second: Client,
    /// A session of a role of Bob's.
    pub session: Client,
    /// A user of Bob's who has but the policy of the row.
    pub maker: Client,
    /// What stands for words in braces.
    words: Vec<(&'static str, String)>,
}

fn user(root: &Client, name: &str) -> Client {
    iam(root, "CreateUser", &[("UserName", name)]).assert_status(200);
    with_keys(root, &iam(root, "CreateAccessKey", &[("UserName", name)]).assert_status(200))
}

fn user_with_rights(root: &Client, name: &str) -> Client {
    let made = user(root, name);
    put_policy(root, name, &allow("s3:*"));
    made
}

fn put_policy(root: &Client, name: &str, document: &str) {
    let parameters = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", document)];
    iam(root, "PutUserPolicy", &parameters).assert_status(200);
}

fn session(root: &Client) -> Client {
    let trusts = trust("*");
    let made = iam(root, "CreateRole", &[("RoleName", "role"), ("AssumeRolePolicyDocument", &trusts)]);
    let arn = made.assert_status(200).element("Arn").expect("an ARN");
    let document = allow("s3:*");
    let parameters = [("RoleName", "role"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    iam(root, "PutRolePolicy", &parameters).assert_status(200);
    let made = sts(root, "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "nightly")]).assert_status(200);
    let element = |name: &str| made.element(name).expect("a session has it");
    root.session(&element("AccessKeyId"), &element("SecretAccessKey"), &element("SessionToken"))
}

fn account(client: &Client) -> String {
    sts(client, "GetCallerIdentity", &[]).assert_status(200).element("Account").expect("a number")
}

impl Scene {
    pub fn new() -> Self {
        let g = Ground::apart();
        g.versioning("Enabled");
        locks::configure(&g, "").assert_status(200);
        let (user, second) = (user_with_rights(&g.bob, "ula"), user_with_rights(&g.bob, "uwe"));
        let (session, maker) = (session(&g.bob), self::user(&g.bob, "max"));
        let version = |body: &str| g.put("k", body).header("x-amz-version-id").expect("an id");
        let (first, _) = (version("1"), version("2"));
        for (key, tags) in [("red", "Team=red"), ("blue", "Team=blue")] {
            g.alice.request("PUT", &g.path(key)).header("x-amz-tagging", tags).body("x").send().assert_status(200);
        }
        for key in ["in/a", "out/a"] {
            g.put(key, "x");
        }
        let me = sts(&user, "GetCallerIdentity", &[]).assert_status(200);
        let (arn, user_id) = (me.element("Arn").expect("an ARN"), me.element("UserId").expect("an id"));
        let hour = 3_600;
        let words = vec![
            ("{owner}", account(&g.alice)),
            ("{other}", account(&g.bob)),
            ("{alice}", id(&g.alice)),
            ("{bucket}", g.bucket.clone()),
            ("{arn}", arn),
            ("{user-id}", user_id),
            ("{first}", first),
            ("{before}", form_date(now() - hour)),
            ("{after}", form_date(now() + hour)),
            ("{before-epoch}", (now() - hour).to_string()),
            ("{after-epoch}", (now() + hour).to_string()),
            ("{sha256-of-x}", crate::client::sign::sha256(b"x")),
        ];
        Self { g, user, second, session, maker, words }
    }

    /// A text with its words in braces filled in.
    pub fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }

    fn condition(&self, text: &str) -> Value {
        let mut operators = Map::new();
        for clause in text.split(" & ") {
            let [operator, key, value] = clause.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
            let before = operators.insert(operator.to_owned(), json!({ key: self.fill(value) }));
            assert_eq!(before, None, "{text}: {operator} is there twice");
        }
        operators.into()
    }

    /// Lets do what the row says, under this condition.
    #[track_caller]
    pub fn allow(&self, row: &Row, condition: &str) {
        let bucket = format!("arn:aws:s3:::{}", self.g.bucket);
        let resource = if row.own { json!("*") } else { json!([bucket, format!("{bucket}/*")]) };
        let statement = |actions: &[&str]| {
            let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
            if !row.own {
                statement["Principal"] = json!("*");
            }
            statement
        };
        let mut statements = vec![statement(row.actions)];
        statements[0]["Condition"] = self.condition(condition);
        if !row.also.is_empty() {
            statements.push(statement(row.also));
        }
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        if row.own {
            put_policy(&self.g.bob, "max", &text);
        } else {
            let reply = put(&self.g, text);
            assert_eq!(reply.status, 204, "{condition}: {reply}");
        }
    }

    /// Alice stores an object; its ETag.
    pub fn store(&self, key: &str) -> String {
        self.g.put(key, "x").etag()
    }

    pub fn get(&self, key: &str) -> Request {
        self.of(&self.user, key)
    }

    /// Somebody reads an object.
    pub fn of(&self, who: &Client, key: &str) -> Request {
        who.request("GET", &self.g.path(key))
    }

    /// The user, or else somebody else, reads `k`.
    pub fn user_or(&self, user: bool, other: &Client) -> Request {
        self.of(if user { &self.user } else { other }, "k")
    }

    /// The user asks for the bucket with these parameters.
    pub fn list(&self, parameters: &str) -> Request {
        self.user.request("GET", &format!("{}?{parameters}", self.g.root()))
    }

    /// The user stores an object, which is Bob's then: no policy of Alice's lets anybody read it.
    pub fn put(&self, key: &str) -> Request {
        self.put_by(&self.user, key)
    }

    /// Somebody stores an object.
    pub fn put_by(&self, who: &Client, key: &str) -> Request {
        who.request("PUT", &self.g.path(key)).body("x")
    }

    /// The user copies an object.
    pub fn copy(&self, source: &str) -> Request {
        let put = self.user.request("PUT", &self.g.path("copy"));
        put.header("x-amz-copy-source", format!("/{}/{source}", self.g.bucket))
    }

    /// The user stores an object under a lock.
    pub fn lock(&self, mode: &str, until: &str) -> Request {
        let put = self.put("locked").header("content-md5", md5_base64(b"x"));
        put.header("x-amz-object-lock-mode", mode).header("x-amz-object-lock-retain-until-date", until)
    }

    /// The user changes a sub-resource of `k`.
    pub fn change(&self, sub_resource: &str, document: String) -> Request {
        let put = self.user.request("PUT", &format!("{}?{sub_resource}", self.g.path("k")));
        put.header("content-md5", md5_base64(document.as_bytes())).body(document)
    }

    /// The user sets the bucket's list: a grant to Alice, or to Bob.
    pub fn grant(&self, header: &str, alice: bool) -> Request {
        let whom = id(if alice { &self.g.alice } else { &self.g.bob });
        let put = self.user.request("PUT", &format!("{}?acl", self.g.root()));
        put.header(header, format!("id={whom}"))
    }

    /// The user begins an upload.
    pub fn begin(&self) -> Request {
        self.user.request("POST", &format!("{}?uploads", self.g.path("upload")))
    }

    /// The user's form.
    pub fn form(&self) -> Form {
        Form::bare(&self.user, &self.g.bucket).field("key", "new")
    }

    /// The same, signed by V2.
    pub fn v2_form(&self) -> Form {
        Form::bare(&self.user.v2(), &self.g.bucket).field("key", "new")
    }

    /// The user deletes an object in bulk, perhaps if it has an ETag.
    pub fn bulk_delete(&self, key: &str, etag: &str) -> Request {
        let etag = if etag.is_empty() { String::new() } else { format!("<ETag>{etag}</ETag>") };
        let text = format!("<Delete><Object><Key>{key}</Key>{etag}</Object></Delete>");
        let request = self.user.request("POST", &format!("{}?delete", self.g.root()));
        request.header("content-md5", md5_base64(text.as_bytes())).body(text)
    }

    /// Somebody without other rights makes a bucket with a tag.
    pub fn make_tagged_bucket(&self, key: &str, value: &str) -> Request {
        let tags = format!("<Tags><Tag><Key>{key}</Key><Value>{value}</Value></Tag></Tags>");
        let make = self.maker.request("PUT", &format!("/{}", fresh_bucket_name()));
        make.body(format!("<CreateBucketConfiguration>{tags}</CreateBucketConfiguration>"))
    }

    /// Somebody without other rights makes a bucket.
    pub fn make_bucket(&self, location: &str) -> Request {
        let make = self.maker.request("PUT", &format!("/{}", fresh_bucket_name()));
        match location {
            "" => make,
            location => make.body(format!(
                "<CreateBucketConfiguration><LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
            )),
        }
    }
}
