//! A store that fails: an error is never an empty answer, and what may not have happened is never a success.
//!
//! The only tests here without a process: the pipeline runs on a store whose calls fail one by one.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use dolium::accounts::{AccountId, Accounts, Principal, Settings, StaticKey};
use dolium::s3::access::Policies;
use dolium::s3::auth::{Credential, CredentialSource, Lookup};
use dolium::s3::operation::{Level, ROWS, Row};
use dolium::s3::pipeline;
use dolium::s3::request::{Headers, Method, WireHead};
use dolium::s3::response::{ReplyBody, Response};
use dolium::s3::services::{ChunkMemory, Rules, Services};
use dolium::s3::target::Domains;
use dolium::storage::embedded::{self, EmbeddedConfig};
use dolium::storage::faulty::{Fault, Plan, faulty};
use dolium::storage::names::NameRules;
use dolium::storage::{Ownership, StorageError, Timestamp};
use futures::StreamExt;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::client::{Client, Request, Wire};
use crate::harness::ALICE;
use crate::ops::access::{Subject, request};
use crate::ops::locks::FAR;
use crate::ops::multipart::{document, etag_of};
use crate::ops::{bytes, fresh_bucket_name, md5_base64, md5_hex};

/// Large enough to be a blob, in more than one piece.
const BODY_BYTES: usize = 1_200_000;

/// The pipeline on a store that fails by plan.
struct Front {
    runtime: Runtime,
    services: Arc<Services>,
    plan: Plan,
    alice: Client,
    _folder: TempDir,
}

/// An answer, and whether its body was cut off.
pub struct Answer {
    pub status: u16,
    retry_after: bool,
    body: Vec<u8>,
    cut: bool,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn element(&self, name: &str) -> String {
        let text = self.text();
        let inner = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
        inner.unwrap_or_else(|| panic!("no {name} in {text}")).0.trim_matches('"').to_owned()
    }
}

struct OneKey(Credential);

#[async_trait]
impl CredentialSource for OneKey {
    async fn find(&self, access_key: &str, _token: Option<&str>) -> Result<Lookup, StorageError> {
        let known = access_key == self.0.access_key;
        Ok(if known { Lookup::Known(self.0.clone()) } else { Lookup::Unknown })
    }
}

impl Front {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let (services, plan) = runtime.block_on(async {
            let store = embedded::open(EmbeddedConfig::new(folder.path().join("data"))).await.expect("opens");
            let tenant = store.metadata.ensure_tenant(ALICE.tenant).await.expect("makes a tenant");
            let key = StaticKey {
                access_key: ALICE.access.to_owned(),
                secret_key: ALICE.secret.to_owned().into(),
                tenant: ALICE.tenant.to_owned(),
                signature_v2: None,
            };
            let accounts = Accounts::open(&store, Settings::default(), vec![key]).await.expect("opens");
            let plan = Plan::default();
            let credential = Credential {
                access_key: ALICE.access.to_owned(),
                secret_key: ALICE.secret.to_owned().into(),
                principal: Principal::root(tenant.clone(), AccountId::of(tenant.id, 0), ALICE.access.to_owned()).into(),
                signature_v2: None,
            };
            let services = Services {
                accounts: Arc::new(accounts),
                storage: faulty(store, &plan),
                credentials: Arc::new(OneKey(credential)),
                policies: Policies::default(),
                domains: Domains { endpoints: vec!["localhost".to_owned()], refuse_unknown_host: false },
                rules: rules(),
                cors: dolium::s3::cors::Rules::default(),
                limits: dolium::s3::limits::Limits::new(Default::default(), None),
                memory: ChunkMemory::new(64 << 20),
                host_id: "test".to_owned(),
            };
            (Arc::new(services), plan)
        });
        let alice = Client::new((Ipv4Addr::LOCALHOST, 80).into(), ALICE.access, ALICE.secret);
        Self { runtime, services, plan, alice, _folder: folder }
    }

    fn ask(&self, request: Request) -> Answer {
        let Wire { head, body } = request.wire();
        self.runtime.block_on(async {
            let head = wire_head(&head);
            let pieces: Vec<_> = body.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let reply = match pipeline::head(head, &self.services).await {
                Ok(ready) => {
                    let body = futures::stream::iter(pieces).boxed_local();
                    pipeline::finish(ready, body, &self.services).await
                }
                Err(reply) => reply,
            };
            collect(reply).await
        })
    }

    fn must(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let answer = self.ask(self.alice.request(method, target).body(body));
        assert!((200..300).contains(&answer.status) && !answer.cut, "{method} {target}: {}", answer.text());
        answer
    }

    /// A bucket with an object and an open upload of the same key.
    fn prepare(&self, row: &Row) -> Subject {
        self.plan.forget();
        let bucket = fresh_bucket_name();
        let (account, key) = (String::new(), "k".to_owned());
        let mut subject = Subject { bucket, account, key, upload: String::new(), part: String::new() };
        if row.name == "CreateBucket" {
            return subject;
        }
        let locks = row.query.iter().any(|name| ["object-lock", "retention", "legal-hold"].contains(name));
        let create = self.alice.request("PUT", &format!("/{}", subject.bucket));
        let create = if locks { create.header("x-amz-bucket-object-lock-enabled", "true") } else { create };
        assert_eq!(self.ask(create).status, 200);
        // What answers an error where nothing is configured.
        let configured = match row.name {
            "GetBucketTagging"
            | "GetBucketLifecycleConfiguration"
            | "GetBucketCors"
            | "GetBucketPolicy"
            | "GetBucketOwnershipControls"
            | "GetPublicAccessBlock" => Some(row.query),
            "GetBucketPolicyStatus" => Some(&["policy"] as &[&str]),
            _ => None,
        };
        if let Some(query) = configured {
            let put = ROWS.iter().find(|put| put.query == query && put.level == row.level && put.method == Method::Put);
            let answer = self.ask(request(put.expect("what is read can be put"), &subject, &self.alice));
            assert!((200..300).contains(&answer.status), "{}: {}", row.name, answer.text());
        }
        if row.name == "DeleteBucket" {
            self.plan.forget();
            return subject;
        }
        let target = format!("/{}/k", subject.bucket);
        let body = bytes(BODY_BYTES);
        let put = self.alice.request("PUT", &target).header("content-md5", md5_base64(&body)).body(body);
        let put = if locks { locked(put) } else { put };
        assert_eq!(self.ask(put).status, 200);
        subject.upload = self.must("POST", &format!("{target}?uploads"), b"").element("UploadId");
        let part = format!("{target}?partNumber=1&uploadId={}", subject.upload);
        self.must("PUT", &part, b"part one");
        subject.part = md5_hex(b"part one");
        self.plan.forget();
        subject
    }
}

fn locked(put: Request) -> Request {
    let put = put.header("x-amz-object-lock-mode", "GOVERNANCE").header("x-amz-object-lock-legal-hold", "ON");
    put.header("x-amz-object-lock-retain-until-date", FAR)
}

pub fn rules() -> Rules {
    Rules {
        region: "us-east-1".into(),
        strict_region: false,
        signature_v2: true,
        v2_expires_seconds_max: None,
        bucket_names: NameRules::S3,
        location_aliases: Vec::new(),
        ownership: Ownership::ObjectWriter,
        block_public_access: false,
        body_bytes_max: 5 << 30,
    }
}

pub fn wire_head(text: &str) -> WireHead {
    let mut lines = text.trim_end().split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().and_then(Method::parse);
    let raw_target = first.next().expect("a target").to_owned();
    let mut headers = Headers::default();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.push(name, value.trim().to_owned());
    }
    let client = Ipv4Addr::LOCALHOST.into();
    let request_id = "0".repeat(16);
    WireHead {
        method,
        raw_target,
        headers,
        client,
        secure: false,
        tls_version: None,
        received: Timestamp::now(),
        request_id,
    }
}

pub async fn collect(reply: Response) -> Answer {
    let retry_after = reply.headers.iter().any(|(name, _)| name == "retry-after");
    let mut answer = Answer { status: reply.status, retry_after, body: Vec::new(), cut: false };
    let mut stream = match reply.body {
        ReplyBody::Empty | ReplyBody::HeadOf(_) => return answer,
        ReplyBody::Full(bytes) => {
            answer.body = bytes.to_vec();
            return answer;
        }
        ReplyBody::Stream { stream, .. } | ReplyBody::Unsized(stream) => stream,
    };
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(bytes) => answer.body.extend_from_slice(&bytes),
            Err(_) => answer.cut = true,
        }
    }
    answer
}

fn unavailable() -> Fault {
    Fault::Refuse(StorageError::Unavailable("as planned".to_owned()))
}

fn lost() -> Fault {
    Fault::LoseReply(StorageError::OutcomeUnknown("as planned".to_owned()))
}

/// Every call that every operation makes into the store fails once, before it is made.
#[test]
fn a_refused_call_is_an_error_and_changes_nothing() {
    each_call(&unavailable(), |front, subject, row, case| {
        if matches!(row.name, "CreateBucket" | "DeleteBucket") {
            return;
        }
        front.plan.forget();
        let target = format!("/{}/k", subject.bucket);
        assert!(front.must("GET", &target, b"").body == bytes(BODY_BYTES), "{case}: the object changed");
        let parts = front.must("GET", &format!("{target}?uploadId={}", subject.upload), b"").text();
        assert_eq!(parts.matches("<PartNumber>").count(), 1, "{case}: {parts}");
    });
}

/// The same, but each call is made and its answer is lost: nobody may be told that it worked, nor that it did not.
#[test]
fn a_lost_reply_is_neither_a_success_nor_a_refusal() {
    each_call(&lost(), |_, _, _, _| {});
}

fn each_call(fault: &Fault, after: impl Fn(&Front, &Subject, &Row, &str)) {
    let front = Front::new();
    let mut cases = 0;
    // What is known of accounts is kept elsewhere.
    for row in ROWS.iter().filter(|row| row.level != Level::Account) {
        let subject = front.prepare(row);
        let answer = front.ask(request(row, &subject, &front.alice));
        // Nothing is archived, so that nothing can be restored.
        let expected = if row.name == "RestoreObject" { 403..404 } else { 200..300 };
        assert!(expected.contains(&answer.status) && !answer.cut, "{}: {}", row.name, answer.text());
        let called = front.plan.called();
        assert!(!called.is_empty(), "{} asks the store nothing", row.name);
        for (i, verb) in called.iter().enumerate() {
            let skip = called[..i].iter().filter(|earlier| *earlier == verb).count();
            let case = format!("{}, call {skip} of {verb}", row.name);
            let subject = front.prepare(row);
            front.plan.add(verb.as_str(), skip, fault.clone());
            let answer = front.ask(request(row, &subject, &front.alice));
            assert_eq!(front.plan.left(), 0, "{case}: not called this time");
            judge(row, &answer, &case);
            after(&front, &subject, row, &case);
            cases += 1;
        }
    }
    assert!(cases > 2 * ROWS.len(), "only {cases} cases");
}

fn judge(row: &Row, answer: &Answer, case: &str) {
    let text = answer.text();
    match (row.name, answer.status) {
        // Each key has its own outcome; and a long copy begins its answer before it knows.
        ("DeleteObjects" | "UploadPartCopy", 200) => {
            assert!(text.contains("<Code>ServiceUnavailable</Code>"), "{case}: {text}");
        }
        // An object's bytes had begun to flow: the client must see that they are not all.
        ("GetObject", 200) => assert!(answer.cut, "{case}: a whole answer of {} bytes", answer.body.len()),
        _ => {
            assert_eq!(answer.status, 503, "{case}: {text}");
            assert!(answer.retry_after, "{case}: no Retry-After");
            if row.method != Method::Head {
                assert!(text.contains("<Code>ServiceUnavailable</Code>"), "{case}: {text}");
            }
        }
    }
}

#[test]
fn a_stream_that_breaks_is_seen_to_be_short() {
    let front = Front::new();
    let subject = front.prepare(ROWS[0]);
    let broken = StorageError::Corrupt("as planned".to_owned());
    for pieces in [0, 1] {
        front.plan.add("read", 0, Fault::BreakStream(pieces, broken.clone()));
        let answer = front.ask(front.alice.request("GET", &format!("/{}/k", subject.bucket)));
        assert!(answer.cut || answer.status >= 500, "after {pieces}: {} {}", answer.status, answer.body.len());
        assert!(answer.cut || answer.status != 200);
    }
}

#[test]
fn damage_and_a_full_store_have_answers_of_their_own() {
    let front = Front::new();
    let subject = front.prepare(ROWS[0]);
    let target = format!("/{}/k", subject.bucket);
    front.plan.add("read_head", 0, Fault::Refuse(StorageError::Corrupt("as planned".to_owned())));
    let answer = front.ask(front.alice.request("GET", &target));
    assert_eq!((answer.status, answer.element("Code").as_str()), (500, "InternalError"));
    for full in [StorageError::Full("as planned".to_owned()), StorageError::Stopped("as planned".to_owned())] {
        front.plan.add("change_head", 0, Fault::Refuse(full));
        let answer = front.ask(front.alice.request("PUT", &target).body("x"));
        let told = (answer.status, answer.element("Code"), answer.retry_after);
        assert_eq!(told, (503, "ServiceUnavailable".to_owned(), true), "{}", answer.text());
    }
    assert!(front.must("GET", &target, b"").body == bytes(BODY_BYTES));
}

/// Completes an upload of one part twice at once; the first request is held at this call of the store until the second is
/// answered. Both answers, the slower one's first.
fn complete_twice(held_at: &'static str, condition: Option<(&str, &str)>) -> [Answer; 2] {
    let front = Front::new();
    let bucket = format!("/{}", fresh_bucket_name());
    front.must("PUT", &bucket, b"");
    let id = front.must("POST", &format!("{bucket}/k?uploads"), b"").element("UploadId");
    let target = format!("{bucket}/k?uploadId={id}");
    front.must("PUT", &format!("{target}&partNumber=1"), b"part");
    let document = document(&[(1, md5_hex(b"part"))]);
    let until = Arc::new(Notify::new());
    front.plan.add(held_at, 0, Fault::Hold(Arc::clone(&until)));
    let complete = || {
        let request = front.alice.request("POST", &target);
        let request = condition.iter().fold(request, |request, (name, value)| request.header(name, value));
        front.ask(request.body(document.as_bytes()))
    };
    std::thread::scope(|scope| {
        let slower = scope.spawn(complete);
        let end = Instant::now() + Duration::from_secs(60);
        while front.plan.left() > 0 && Instant::now() < end && !slower.is_finished() {
            std::thread::yield_now();
        }
        assert_eq!(front.plan.left(), 0, "{held_at} is never called");
        let faster = complete();
        until.notify_one();
        [slower.join().expect("answers"), faster]
    })
}

/// What a condition finds may be the object that the same completion, sent twice, has made.
#[test]
fn a_conditional_completion_is_not_refused_because_of_its_own_object() {
    for answer in complete_twice("read_version", Some(("if-none-match", "*"))) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// The faster of two takes the parts with it, and the slower has the same to tell.
#[test]
fn a_completion_whose_twin_was_faster_answers_the_same() {
    let etag = etag_of(&[(1, md5_hex(b"part"))]);
    for answer in complete_twice("list_parts", None) {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.element("ETag").contains(&etag), "{}", answer.text());
    }
}
