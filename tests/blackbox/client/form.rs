//! HTML forms: their fields, their policy, its signature, and the bytes that a browser sends.
//!
//! ```ignore
//! Form::new(&alice, "bucket").field("acl", "private").file("a.txt", b"bytes").send().assert_status(204);
//! ```
//!
//! The client says how the form is signed: by V2, by V4 or not at all. Its style says where the form is sent.

use serde_json::{Value, json};

use super::sign;
use super::{Client, How, Reply, Request, TOKEN, now};

const BOUNDARY: &str = "----FormBoundary7MA4YWxkTrZu0gW";

/// A form being filled in. Its policy allows its fields as they are, until told otherwise.
#[derive(Clone)]
pub struct Form {
    client: Client,
    bucket: String,
    fields: Vec<(String, String)>,
    after: Vec<u8>,
    conditions: Vec<Value>,
    expiration: Value,
    document: Option<String>,
    without: Vec<String>,
    file: Option<(Option<String>, Vec<u8>)>,
    time: i64,
}

impl Form {
    /// A form for a bucket, with a file and no key yet. The policy has the bucket's condition.
    pub fn bare(client: &Client, bucket: &str) -> Self {
        let form = Self {
            client: client.clone(),
            bucket: bucket.to_owned(),
            fields: Vec::new(),
            after: Vec::new(),
            conditions: vec![json!({ "bucket": bucket })],
            expiration: iso(now() + 600).into(),
            document: None,
            without: Vec::new(),
            file: Some((Some("file.txt".to_owned()), b"content".to_vec())),
            time: now(),
        };
        match &client.token {
            Some(token) => form.field(TOKEN, token),
            None => form,
        }
    }

    /// The same with the key `k`.
    pub fn new(client: &Client, bucket: &str) -> Self {
        Self::bare(client, bucket).field("key", "k")
    }

    /// A field, and the condition that it is what it is.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.condition(json!(["eq", format!("${name}"), value])).plain(name, value)
    }

    /// A field that no condition is about.
    pub fn plain(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A condition of the policy.
    pub fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The policy without the conditions so far.
    pub fn unconditional(mut self) -> Self {
        self.conditions.clear();
        self
    }

    /// Until when the policy is good.
    pub fn expiration(mut self, text: impl Into<Value>) -> Self {
        self.expiration = text.into();
        self
    }

    /// Signed at this time, seconds since 1970, where the signature says when.
    pub fn at(mut self, time: i64) -> Self {
        self.time = time;
        self
    }

    /// This as the policy, whatever it is.
    pub fn policy(mut self, document: impl Into<String>) -> Self {
        self.document = Some(document.into());
        self
    }

    /// Leaves a field out, after signing.
    pub fn without(mut self, name: &str) -> Self {
        self.without.push(name.to_owned());
        self
    }

    /// The file, and what it is called.
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.file = Some((Some(name.to_owned()), content.into()));
        self
    }

    /// The file, called nothing at all.
    pub fn nameless(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.file = Some((None, content.into()));
        self
    }

    /// No file.
    pub fn without_file(mut self) -> Self {
        self.file = None;
        self
    }

    /// A part after the file.
    pub fn after(mut self, name: &str, value: &str) -> Self {
        self.after.extend(part(&format!("name=\"{name}\""), value.as_bytes()));
        self
    }

    fn policy_text(&self, more: &[(String, String)]) -> String {
        let signed = more.iter().map(|(name, value)| json!({ name: value }));
        let conditions: Vec<Value> = self.conditions.iter().cloned().chain(signed).collect();
        let usual = json!({ "expiration": self.expiration, "conditions": conditions });
        let document = self.document.clone().unwrap_or_else(|| usual.to_string());
        data_encoding::BASE64.encode(document.as_bytes())
    }

    /// Every field before the file, with the signature's.
    pub fn signed(&self) -> Vec<(String, String)> {
        let signer = &self.client.signer;
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
        };
        let mut all = self.fields.clone();
        match self.client.how {
            How::Anonymous => {}
            How::V2Header | How::V2Query => {
                let policy = self.policy_text(&[]);
                let signature = signer.v2_of(&policy);
                all.extend(own(&[("AWSAccessKeyId", &signer.access), ("policy", &policy), ("signature", &signature)]));
            }
            How::V4Header | How::V4Query => {
                let time = self.time;
                let fields = own(&[
                    ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
                    ("x-amz-credential", &format!("{}/{}", signer.access, signer.scope(time))),
                    ("x-amz-date", &sign::iso(time)),
                ]);
                let policy = self.policy_text(&fields);
                let signature = signer.v4_of(&policy, time);
                all.extend(fields);
                all.extend(own(&[("policy", &policy), ("x-amz-signature", &signature)]));
            }
        }
        all.retain(|(name, _)| !self.without.iter().any(|w| w.eq_ignore_ascii_case(name)));
        all
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in self.signed() {
            body.extend(part(&format!("name=\"{name}\""), value.as_bytes()));
        }
        if let Some((name, content)) = &self.file {
            let name =
                name.as_ref().map(|n| format!("; filename=\"{n}\"\r\nContent-Type: text/x-file")).unwrap_or_default();
            body.extend(part(&format!("name=\"file\"{name}"), content));
        }
        body.extend(&self.after);
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        body
    }

    /// The request that a browser makes of it.
    pub fn request(&self) -> Request {
        let target = if self.client.bucket.is_some() { "/".to_owned() } else { format!("/{}", self.bucket) };
        let request = self.client.anonymous().request("POST", &target).body(self.body());
        request.header("Content-Type", self.content_type())
    }

    /// The request's `Content-Type`.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    #[track_caller]
    pub fn send(&self) -> Reply {
        self.request().send()
    }
}

/// ISO 8601 extended.
pub fn iso(time: i64) -> String {
    let basic = sign::iso(time);
    let (date, clock) = basic.split_at(8);
    format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..], &clock[1..3], &clock[3..5], &clock[5..7])
}

fn part(name: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {name}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}
