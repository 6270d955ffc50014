//! The point of view of a strict client: every operation of the table with each header and parameter that S3 knows empty,
//! twice, over-long, not text and nonsensical; with what it needs missing; with links whose parameters are so. Nothing is answered 5xx (but `NotImplemented`, which is documented), every
//! error is one of the table with its own status, and the ones below are the right ones.

mod links;
mod missing;
mod names;

use dolium::s3::error::S3ErrorCode;
use dolium::s3::operation::{BodyKind, ROWS, Row};
use dolium::s3::ops::bucket::unconfigured;
use dolium::s3::request::Method;

use crate::client::{Reply, Request};
use crate::harness::cassandra_nodes;
use crate::ops::Ground;
use crate::ops::access::{self, Subject};
use crate::ops::control;
use crate::ops::multipart::Multipart;
use names::{HEADERS, NUMBERS, PARAMETERS, SUB_RESOURCES};

/// How a header or parameter is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Missing,
    Empty,
    Nonsense,
    Negative,
    Twice,
    Long,
    NotText,
}

const HOWS: [How; 6] = [How::Empty, How::Nonsense, How::Negative, How::Twice, How::Long, How::NotText];

impl How {
    fn value(self) -> Vec<u8> {
        match self {
            Self::Missing | Self::Empty => Vec::new(),
            Self::Nonsense | Self::Twice => b"nonsense".to_vec(),
            Self::Negative => b"-1".to_vec(),
            Self::Long => vec![b'9'; 3_000],
            Self::NotText => b"a\xff".to_vec(),
        }
    }
}

const WRITES: &[&str] = &["PutObject", "CreateMultipartUpload", "CopyObject"];
/// What gets an access control list.
const LISTED: &[&str] = &["CreateBucket", "PutObject", "CreateMultipartUpload", "CopyObject"];
const BODIES: &[&str] = &["PutObject", "UploadPart"];
const LISTS: &[&str] = &["ListObjects", "ListObjectsV2"];
const COPIES: &[&str] = &["CopyObject", "UploadPartCopy"];
/// What encryption by the server could be asked of.
const CIPHERED: &[&str] =
    &["PutObject", "CreateMultipartUpload", "CopyObject", "UploadPart", "GetObject", "GetObjectAttributes"];
/// What clients send with headers that say nothing to S3, whatever they are.
const EXPECTING: &[&str] = &["PutObject", "CreateBucket", "GetObject"];
/// What shows how signatures are taken.
const SIGNED: &[&str] = &["GetObject", "ListObjects", "PutObject", "GetBucketVersioning"];
const ALL_BUT_LONG: &[How] = &[How::Empty, How::Nonsense, How::Negative, How::Twice, How::NotText];
const TEXT: &[How] = &[How::Empty, How::Nonsense, How::Negative, How::Twice, How::Long];
const ONCE: &[How] = &[How::Empty, How::Nonsense, How::Negative, How::Long];
const NO_VALUE: &[How] = &[How::Nonsense, How::Negative, How::Twice, How::Long];

/// Judged by the signature before anything else is.
const OF_THE_SIGNATURE: &[&str] = &["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

/// What AWS documents: operations, header or parameter, how it is wrong, the error's code (empty: none).
const RIGHT: &[(&[&str], &str, &[How], &str)] = &[
    (BODIES, "content-md5", &HOWS, "InvalidDigest"),
    (BODIES, "x-amz-checksum-crc32", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-crc32c", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-crc64nvme", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-sha1", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-sha256", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-sha512", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-md5", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-xxhash64", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-xxhash3", TEXT, "BadDigest"),
    (BODIES, "x-amz-checksum-xxhash128", TEXT, "BadDigest"),
    (BODIES, "x-amz-sdk-checksum-algorithm", NO_VALUE, "InvalidRequest"),
    (BODIES, "x-amz-content-sha256", NO_VALUE, "InvalidArgument"),
    (WRITES, "x-amz-storage-class", TEXT, "InvalidStorageClass"),
    (LISTED, "x-amz-acl", TEXT, "InvalidArgument"),
    (LISTED, "x-amz-grant-read", TEXT, "InvalidArgument"),
    (LISTED, "x-amz-grant-read-acp", TEXT, "InvalidArgument"),
    (LISTED, "x-amz-grant-write", TEXT, "InvalidArgument"),
    (LISTED, "x-amz-grant-write-acp", TEXT, "InvalidArgument"),
    (CIPHERED, "x-amz-server-side-encryption", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-aws-kms-key-id", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-bucket-key-enabled", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-context", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-customer-algorithm", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-customer-key", TEXT, "NotImplemented"),
    (CIPHERED, "x-amz-server-side-encryption-customer-key-md5", TEXT, "NotImplemented"),
    (COPIES, "x-amz-copy-source-server-side-encryption-customer-algorithm", TEXT, "NotImplemented"),
    (COPIES, "x-amz-copy-source-server-side-encryption-customer-key", TEXT, "NotImplemented"),
    (COPIES, "x-amz-copy-source-server-side-encryption-customer-key-md5", TEXT, "NotImplemented"),
    (WRITES, "x-amz-object-lock-event-hold", TEXT, "NotImplemented"),
    (&["PutBucketPolicy"], "x-amz-confirm-remove-self-bucket-access", TEXT, ""),
    (&["PutBucketLifecycleConfiguration"], "x-amz-transition-default-minimum-object-size", TEXT, "InvalidRequest"),
    (&["CreateBucket"], "x-amz-object-ownership", TEXT, "InvalidArgument"),
    (WRITES, "x-amz-website-redirect-location", NO_VALUE, "InvalidRedirectLocation"),
    (WRITES, "x-amz-website-redirect-location", &[How::Empty], ""),
    (WRITES, "x-amz-object-lock-mode", TEXT, "InvalidArgument"),
    (WRITES, "x-amz-object-lock-retain-until-date", TEXT, "InvalidArgument"),
    (WRITES, "x-amz-object-lock-legal-hold", TEXT, "InvalidArgument"),
    (&["CreateBucket"], "x-amz-bucket-object-lock-enabled", TEXT, "InvalidArgument"),
    (WRITES, "x-amz-meta-a", &[How::Long], "MetadataTooLarge"),
    (WRITES, "x-amz-meta-a", ALL_BUT_LONG, ""),
    (WRITES, "cache-control", &HOWS, ""),
    (WRITES, "expires", &HOWS, ""),
    (&["CreateMultipartUpload", "CopyObject"], "x-amz-checksum-algorithm", TEXT, "InvalidRequest"),
    (&["CreateMultipartUpload"], "x-amz-checksum-type", TEXT, "InvalidRequest"),
    (&["CompleteMultipartUpload"], "x-amz-checksum-type", TEXT, "InvalidRequest"),
    (&["CompleteMultipartUpload"], "x-amz-checksum-sha1", ONCE, "BadDigest"),
    (&["CompleteMultipartUpload"], "x-amz-checksum-sha1", &[How::Twice], "InvalidRequest"),
    (&["CompleteMultipartUpload"], "x-amz-mp-object-size", TEXT, "InvalidRequest"),
    (&["PutObject", "CopyObject"], "if-none-match", TEXT, ""),
    (&["PutObject", "CopyObject", "GetObject"], "if-match", &[How::Nonsense, How::Negative], "PreconditionFailed"),
    (&["DeleteObject"], "x-amz-if-match-size", &[How::Empty, How::Nonsense, How::Negative], "InvalidArgument"),
    (&["DeleteObject"], "x-amz-if-match-last-modified-time", &[How::Empty, How::Nonsense], "InvalidArgument"),
    (COPIES, "x-amz-copy-source-if-match", &[How::Nonsense], "PreconditionFailed"),
    (&["UploadPartCopy"], "x-amz-copy-source-range", TEXT, "InvalidArgument"),
    (&["GetObject"], "range", &HOWS, ""),
    (&["GetObject"], "if-modified-since", &HOWS, ""),
    (&["GetObject"], "if-unmodified-since", &HOWS, ""),
    (&["GetObject"], "x-amz-checksum-mode", TEXT, ""),
    (&["GetObject"], "partNumber", NO_VALUE, "InvalidArgument"),
    (&["GetObject"], "if-range", TEXT, ""),
    (&["GetObject"], "response-cache-control", TEXT, ""),
    (&["GetObject"], "response-content-disposition", TEXT, ""),
    (&["GetObject"], "response-content-encoding", TEXT, ""),
    (&["GetObject"], "response-content-language", TEXT, ""),
    (&["GetObject"], "response-content-type", TEXT, ""),
    (&["GetObject"], "response-expires", TEXT, ""),
    (&["GetObject"], "versionId", NO_VALUE, "InvalidArgument"),
    (&["ListBucketAnalyticsConfigurations"], "id", TEXT, "NoSuchConfiguration"),
    (&["DeleteBucketAnalyticsConfiguration"], "id", TEXT, ""),
    // Signed twice, by a header and by this.
    (SIGNED, "X-Amz-Algorithm", TEXT, "InvalidArgument"),
    (SIGNED, "X-Amz-Credential", TEXT, "InvalidArgument"),
    (SIGNED, "X-Amz-SignedHeaders", TEXT, "InvalidArgument"),
    (SIGNED, "X-Amz-Signature", TEXT, "InvalidArgument"),
    (SIGNED, "AWSAccessKeyId", TEXT, "InvalidArgument"),
    (SIGNED, "Signature", TEXT, "InvalidArgument"),
    // Mean nothing without the others.
    (SIGNED, "X-Amz-Date", TEXT, ""),
    (SIGNED, "X-Amz-Expires", TEXT, ""),
    (SIGNED, "Expires", TEXT, ""),
    (SIGNED, "authorization", NO_VALUE, "InvalidArgument"),
    (SIGNED, "authorization", &[How::Empty, How::NotText], "AccessDenied"),
    (SIGNED, "content-length", &HOWS, "BadRequest"),
    (EXPECTING, "expect", &HOWS, ""),
    (EXPECTING, "user-agent", &HOWS, ""),
    (EXPECTING, "connection", &HOWS, ""),
    (EXPECTING, "accept-encoding", &HOWS, ""),
    (EXPECTING, "access-control-request-method", &HOWS, ""),
    (EXPECTING, "access-control-request-headers", &HOWS, ""),
    (&["GetObjectAttributes"], "x-amz-max-parts", NO_VALUE, "InvalidArgument"),
    (&["GetObjectAttributes"], "x-amz-part-number-marker", NO_VALUE, "InvalidArgument"),
    (LISTS, "max-keys", NO_VALUE, "InvalidArgument"),
    (LISTS, "max-keys", &[How::Empty], ""),
    (LISTS, "encoding-type", NO_VALUE, "InvalidArgument"),
    (LISTS, "x-amz-optional-object-attributes", NO_VALUE, "InvalidArgument"),
    (LISTS, "prefix", NO_VALUE, ""),
    (LISTS, "prefix", &[How::NotText], "InvalidURI"),
    (&["ListObjectsV2"], "continuation-token", NO_VALUE, "InvalidArgument"),
    (&["ListObjectsV2"], "continuation-token", &[How::Empty], ""),
    (&["ListParts"], "max-parts", NO_VALUE, "InvalidArgument"),
    (&["ListParts"], "part-number-marker", NO_VALUE, "InvalidArgument"),
    (&["ListMultipartUploads"], "max-uploads", NO_VALUE, "InvalidArgument"),
    (&["ListMultipartUploads"], "upload-id-marker", TEXT, ""),
    (&["ListBuckets"], "max-buckets", NO_VALUE, "InvalidArgument"),
    (&["HeadBucket", "GetObject", "PutObject"], "x-amz-expected-bucket-owner", NO_VALUE, "AccessDenied"),
];

/// One operation's bucket, with an object, an upload and a part of it.
struct Field<'a> {
    g: &'a Ground,
    row: &'static Row,
    subject: Subject,
}

impl<'a> Field<'a> {
    fn new(g: &'a Ground, row: &'static Row) -> Self {
        let mut field = Self {
            g,
            row,
            subject: Subject {
                bucket: g.bucket.clone(),
                account: control::account(&g.alice),
                key: "k".into(),
                upload: String::new(),
                part: String::new(),
            },
        };
        field.prepare();
        field
    }

    /// Puts back what the operation may have taken away.
    fn prepare(&mut self) {
        self.g.put("k", "x");
        let upload = Multipart::open(self.g, "k");
        let (_, etag) = upload.part(1, "x");
        (self.subject.upload, self.subject.part) = (upload.id, etag);
    }

    /// The operation as it should be, with a small body.
    fn request(&self, more: &str) -> Request {
        let request = access::request(self.row, &self.subject, &self.g.alice).more_query(more);
        if self.row.body == BodyKind::Data { request.body("x") } else { request }
    }

    #[track_caller]
    fn check(&mut self, what: &str, how: How, reply: Reply) {
        let case = format!("{} with {what} {how:?}", self.row.name);
        let code = reply.code();
        let known = S3ErrorCode::ALL.iter().find(|known| Some(known.name()) == code.as_deref());
        if let Some(known) = known {
            assert_eq!(reply.status, known.status(), "{case}: {reply}");
        }
        let to_head = self.row.method == Method::Head;
        let fine = match reply.status {
            200..=299 | 304 => code.is_none(),
            400..=499 | 501 => known.is_some() || to_head,
            _ => false,
        };
        assert!(fine, "{case}: {reply}");
        let acted_on = what.starts_with("x-amz-") && what != "x-amz-meta-a" && !OF_THE_SIGNATURE.contains(&what);
        // A form's headers are its fields.
        let headers_count = !to_head && self.row.body != BodyKind::Form;
        let judges = ["if-match", "if-none-match", "if-range"].contains(&what);
        if how == How::NotText && (acted_on || judges) && headers_count {
            assert_eq!(code.as_deref(), Some("InvalidArgument"), "{case}: {reply}");
        }
        for (operations, name, hows, right) in RIGHT {
            if operations.contains(&self.row.name) && *name == what && hows.contains(&how) && !to_head {
                assert_eq!(code.as_deref().unwrap_or_default(), *right, "{case}: {reply}");
            }
        }
        let takes_away = ["AbortMultipartUpload", "CompleteMultipartUpload"].contains(&self.row.name);
        let gone = self.row.method == Method::Delete || self.row.name == "DeleteObjects";
        if reply.status < 300 && (takes_away || gone) {
            self.prepare();
        }
    }

    fn headers(&mut self, step: &mut Step) {
        for name in HEADERS {
            for how in HOWS.into_iter().filter(|how| step.asks(self.row, name, *how)) {
                let value = how.value();
                let request = match *name {
                    "host" => self.request("").tamper(move |wire| say_host(&mut wire.head, how, &value)),
                    _ if how == How::Twice => self.request("").header(name, &value).header(name, &value),
                    _ => self.request("").header(name, value),
                };
                self.check(name, how, request.send());
            }
        }
    }

    fn parameters(&mut self, step: &mut Step) {
        let of_value = PARAMETERS.iter().flat_map(|name| HOWS.map(|how| (*name, how)));
        let bare = SUB_RESOURCES.iter().flat_map(|name| [How::Empty, How::Twice].map(|how| (*name, how)));
        for (name, how) in of_value.chain(bare).filter(|(name, how)| step.asks(self.row, name, *how)) {
            let reply = self.request(&parameter(name, how)).send();
            self.check(name, how, reply);
        }
    }

    /// Documents that are none, and bodies where there should be none.
    fn bodies(&mut self) {
        if self.row.body == BodyKind::Data || !matches!(self.row.method, Method::Put | Method::Post) {
            return;
        }
        for body in [&b""[..], b"nonsense", b"<", b"<a>\xff</a>", b"<a/>", &[b' '; 70_000]] {
            let request = self.request("").body(body);
            let request = request.header("content-md5", crate::ops::md5_base64(body));
            self.check("body", How::Nonsense, request.send());
        }
    }
}

/// A parameter that is wrong so, as a query has it.
fn parameter(name: &str, how: How) -> String {
    let one = match how {
        How::Missing => String::new(),
        How::Empty => name.to_owned(),
        How::NotText => format!("{name}=a%ff"),
        _ => format!("{name}={}", String::from_utf8_lossy(&how.value())),
    };
    if how == How::Twice { format!("{one}&{one}") } else { one }
}

/// Puts another host in the place of the first one.
fn say_host(head: &mut String, how: How, value: &[u8]) {
    let (before, after) = head.split_once("Host: ").expect("has a host");
    let (_, after) = after.split_once("\r\n").expect("the line ends");
    let value: String = value.iter().map(|byte| char::from(*byte)).collect();
    let line = format!("Host: {value}\r\n").repeat(if how == How::Twice { 2 } else { 1 });
    *head = format!("{before}{line}{after}");
}

/// Which of all questions are asked: every one, or every seventh of an operation that has little of its own and where a
/// write is slow; the first of each line of [`RIGHT`] in any case. What is below nothing is asked of numbers.
struct Step {
    count: usize,
    every: usize,
}

impl Step {
    fn asks(&mut self, row: &Row, name: &str, how: How) -> bool {
        self.count += 1;
        let first = |(operations, of, hows, _): &(&[&str], &str, &[How], &str)| {
            operations.contains(&row.name) && *of == name && hows.first() == Some(&how)
        };
        let makes_sense = how != How::Negative || NUMBERS.contains(&name);
        self.count.is_multiple_of(self.every) && makes_sense || RIGHT.iter().any(first)
    }
}

/// What is in the way of a request by its own row: the key and the query are checked before anything else.
fn names_and_methods(g: &Ground) {
    for row in ROWS.iter().chain(unconfigured::ROWS) {
        let subject = |bucket: &str, key: &str| Subject {
            bucket: bucket.to_owned(),
            account: String::new(),
            key: key.to_owned(),
            upload: "nonsense".into(),
            part: "0".repeat(32),
        };
        let long = "k".repeat(1_100);
        for (bucket, key) in
            [(g.bucket.as_str(), "%ff"), (g.bucket.as_str(), long.as_str()), (&long, "k"), ("A_b", "k")]
        {
            let reply = access::request(row, &subject(bucket, key), &g.alice).send();
            assert!(reply.status < 500, "{} of {bucket}/{key}: {reply}", row.name);
        }
    }
    for method in ["PATCH", "TRACE", "OPTIONS", "PROPFIND"] {
        for target in ["/", &g.root(), &g.path("k")] {
            let reply = g.alice.request(method, target).send();
            assert!((400..500).contains(&reply.status), "{method} {target}: {reply}");
        }
    }
}

/// Every operation, beginning at this one and then each fourth; `every` is how many are asked of those that have much.
fn ask_all(worker: usize, every: usize) {
    let few = 7;
    let rows = ROWS.iter().map(|row| (*row, every)).chain(unconfigured::ROWS.iter().map(|row| (*row, few)));
    for (at, (row, every)) in rows.enumerate().filter(|(at, _)| at % 4 == worker) {
        let mut step = Step { count: at, every };
        let g = Ground::new();
        let mut field = Field::new(&g, row);
        field.headers(&mut step);
        field.parameters(&mut step);
        field.bodies();
    }
}

/// All of them on the embedded store; on Cassandra, where a write is slower, every seventh.
#[test]
fn nothing_a_client_sends_is_answered_5xx() {
    names_and_methods(&Ground::new());
    let every = if cassandra_nodes().is_some() { 7 } else { 1 };
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || ask_all(worker, every));
        }
    });
}
