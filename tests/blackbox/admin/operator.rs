//! Somebody who asks the interface, and believes no answer that is not as the document says.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::{Client, Connection};
use crate::harness::{ADMIN_TOKEN, Server};

/// What paths of the interface begin with.
const PREFIX: &str = "/admin/v1";

pub struct Operator {
    address: SocketAddr,
    s3: SocketAddr,
    token: String,
    document: Value,
    /// Names of the operations that were asked for with success.
    pub asked: RefCell<BTreeSet<String>>,
}

impl Operator {
    /// With the root token.
    pub fn of(server: &Server) -> Self {
        Self::with(server, ADMIN_TOKEN)
    }

    pub fn with(server: &Server, token: &str) -> Self {
        let asked = RefCell::default();
        let document = Value::Null;
        let mut new = Self { address: server.admin, s3: server.s3, token: token.to_owned(), document, asked };
        let (status, document) = new.send("GET", "/openapi.json", None);
        if status == 200 {
            new.document = document;
        }
        new
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The same with another token.
    pub fn token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), document: self.document.clone(), asked: RefCell::default(), ..*self }
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (host, token, length) = (self.address, &self.token, body.len());
        let head = format!(
            "{method} {PREFIX}{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let mut connection = Connection::open(self.address);
        connection.send(&[head.as_bytes(), body.as_bytes()].concat()).expect("sends");
        let reply = connection.read(false).expect("answers");
        assert_eq!(reply.header("cache-control").as_deref(), Some("no-store"), "{reply}");
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("no JSON: {reply}")))
    }

    /// Sends a request; the answer has been held against the document.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, answer) = self.send(method, path, Some(&body).filter(|body| !body.is_null()));
        let plain = path.split('?').next().unwrap_or_default();
        if let Some(operation) = operation_of(&self.document, method, &format!("{PREFIX}{plain}")) {
            let responses = &operation["responses"];
            let told = responses.get(status.to_string()).unwrap_or(&responses["default"]);
            let schema = &told["content"]["application/json"]["schema"];
            let wrong = differs(&self.document, schema, &answer, "");
            assert_eq!(wrong, None, "{method} {path}: {answer}");
            if status < 300 {
                self.asked.borrow_mut().insert(operation["operationId"].as_str().expect("a name").to_owned());
            }
        }
        (status, answer)
    }

    /// Sends a request that succeeds with this status.
    #[track_caller]
    pub fn expect(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        let (got, answer) = self.ask(method, path, body);
        assert_eq!(got, status, "{method} {path}: {answer}");
        answer
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.expect(200, "GET", path, Value::Null)
    }

    /// Sends a request that is refused with this code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, method: &str, path: &str, body: Value) -> Value {
        let (got, answer) = self.ask(method, path, body);
        assert_eq!((got, answer["error"]["code"].as_str()), (status, Some(code)), "{method} {path}: {answer}");
        answer["error"].clone()
    }

    /// A tenant of this name that nobody else has, and a client with a key of its own.
    #[track_caller]
    pub fn tenant(&self, name: &str) -> (String, Client) {
        // All tenants' names are one partition: of those who make some at once, one may be told that it is not known
        // whether it did.
        let made = (0..5).map(|_| fresh(name)).find(|name| {
            let (status, answer) = self.ask("POST", "/tenants", json!({ "name": name }));
            assert!(matches!(status, 201 | 503), "{status}: {answer}");
            status == 201
        });
        let name = made.expect("a tenant is made");
        let key = self.expect(201, "POST", &format!("/tenants/{name}/keys"), json!({}));
        let client = self.client(&key);
        (name, client)
    }

    /// A client with a key that was just made.
    #[track_caller]
    pub fn client(&self, key: &Value) -> Client {
        let half = |name: &str| key[name].as_str().unwrap_or_else(|| panic!("no {name} in {key}")).to_owned();
        Client::new(self.s3, &half("access_key"), &half("secret_key"))
    }
}

/// A name that nobody else uses.
pub fn fresh(name: &str) -> String {
    let bucket = crate::ops::fresh_bucket_name();
    format!("{name}-{bucket}")
}

/// The operation of a path, its `{…}` filled in.
fn operation_of<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let fits = |template: &str| {
        let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len() && wanted.iter().zip(&given).all(|(w, g)| w.starts_with('{') || w == g)
    };
    let items = document["paths"].as_object()?;
    let mut operations = items.iter().filter(|(template, _)| fits(template));
    operations.find_map(|(_, item)| item.get(method.to_ascii_lowercase()))
}

/// Where and how a value is not what a schema says; every member has to be known to it.
pub fn differs(document: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return differs(document, &document["components"]["schemas"][name], value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let all: Vec<_> = choices.iter().map(|choice| differs(document, choice, value, place)).collect();
        return if all.contains(&None) { None } else { all.into_iter().flatten().next() };
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().find_map(|one| differs(document, one, value, place));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    if !allowed {
        return Some(format!("{place} is {kind} and not {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Some(format!("{place} is none of {}", schema["enum"]));
    }
    match value {
        Value::Array(items) => {
            let mut differences = items.iter().enumerate();
            differences.find_map(|(i, item)| differs(document, &schema["items"], item, &format!("{place}[{i}]")))
        }
        Value::Object(members) => {
            let known = schema["properties"].as_object()?;
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(absent) = required.into_iter().find(|name| !members.contains_key(*name)) {
                return Some(format!("{place}.{absent} is not there"));
            }
            members.iter().find_map(|(name, member)| match known.get(name) {
                Some(schema) => differs(document, schema, member, &format!("{place}.{name}")),
                None => Some(format!("{place}.{name} is not in the document")),
            })
        }
        _ => None,
    }
}

#[test]
fn a_wrong_answer_is_seen() {
    let document = json!({"components": {"schemas": {"S": {"type": "string", "enum": ["a", "b"]}}}});
    let schema = json!({"type": "object", "required": ["n"], "properties": {
        "n": {"type": "integer"},
        "s": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/S"}]},
        "l": {"type": "array", "items": {"type": ["boolean", "null"]}},
    }});
    for right in [json!({"n": 1}), json!({"n": 1, "s": null, "l": [true, null]}), json!({"n": 1, "s": "b"})] {
        assert_eq!(differs(&document, &schema, &right, ""), None, "{right}");
    }
    let wrongs = [
        json!({}),
        json!({"n": "1"}),
        json!({"n": 1, "s": "c"}),
        json!({"n": 1, "l": [1]}),
        json!({"n": 1, "x": 1}),
        json!([]),
    ];
    for wrong in wrongs {
        assert!(differs(&document, &schema, &wrong, "").is_some(), "{wrong}");
    }
}
