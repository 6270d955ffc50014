//! The point of view of a strict client: every operation of the table with each header and parameter that S3 knows empty,
//! twice, over-long, not text and nonsensical. Nothing is answered 5xx (but `NotImplemented`, which is documented), every
//! error is one of the table with its own status, and the ones below are the right ones.

use dolium::s3::error::S3ErrorCode;
use dolium::s3::operation::{BodyKind, ROWS, Row};
use dolium::s3::request::Method;

use crate::client::{Reply, Request};
use crate::harness::cassandra_nodes;
use crate::ops::Ground;
use crate::ops::access::{self, Subject};
use crate::ops::control;
use crate::ops::multipart::Multipart;

/// Headers of S3's requests. Those that frame the body are left to the tests of the wire.
const HEADERS: &[&str] = &[
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "date",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "origin",
    "range",
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bypass-governance-retention",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-mode",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-copy-source-range",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-max-parts",
    "x-amz-meta-a",
    "x-amz-metadata-directive",
    "x-amz-mfa",
    "x-amz-mp-object-size",
    "x-amz-object-attributes",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-ownership",
    "x-amz-optional-object-attributes",
    "x-amz-part-number-marker",
    "x-amz-request-payer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-trailer",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// Parameters of S3's requests: those that page, name or override, and sub-resources.
const PARAMETERS: &[&str] = &[
    "acl",
    "allow-unordered",
    "attributes",
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "legal-hold",
    "lifecycle",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "policy",
    "prefix",
    "response-cache-control",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "start-after",
    "tagging",
    "torrent",
    "upload-id-marker",
    "uploadId",
    "uploads",
    "version-id-marker",
    "versionId",
    "versioning",
    "versions",
    "website",
    "X-Amz-Algorithm",
    "x-id",
];

/// How a header or parameter is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
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
            Self::Empty => Vec::new(),
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
    (BODIES, "x-amz-sdk-checksum-algorithm", NO_VALUE, "InvalidRequest"),
    (BODIES, "x-amz-content-sha256", NO_VALUE, "InvalidArgument"),
    (WRITES, "x-amz-storage-class", TEXT, "InvalidStorageClass"),
    (LISTED, "x-amz-acl", TEXT, "InvalidArgument"),
    (LISTED, "x-amz-grant-read", TEXT, "InvalidArgument"),
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
    (&["CopyObject", "UploadPartCopy"], "x-amz-copy-source-if-match", &[How::Nonsense], "PreconditionFailed"),
    (&["UploadPartCopy"], "x-amz-copy-source-range", TEXT, "InvalidArgument"),
    (&["GetObject"], "range", &HOWS, ""),
    (&["GetObject"], "if-modified-since", &HOWS, ""),
    (&["GetObject"], "if-unmodified-since", &HOWS, ""),
    (&["GetObject"], "x-amz-checksum-mode", TEXT, ""),
    (&["GetObject"], "partNumber", NO_VALUE, "InvalidArgument"),
    (&["GetObject"], "response-content-type", NO_VALUE, ""),
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
        if how == How::NotText && (acted_on || what == "if-match") && headers_count {
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

    fn headers(&mut self, chosen: &mut impl FnMut() -> bool) {
        for name in HEADERS {
            for how in HOWS.into_iter().filter(|_| chosen()) {
                let request = self.request("").header(name, how.value());
                let request = if how == How::Twice { request.header(name, how.value()) } else { request };
                self.check(name, how, request.send());
            }
        }
    }

    fn parameters(&mut self, chosen: &mut impl FnMut() -> bool) {
        for name in PARAMETERS {
            for how in HOWS.into_iter().filter(|_| chosen()) {
                let value = String::from_utf8_lossy(&how.value()).into_owned();
                let one = match how {
                    How::Empty => (*name).to_owned(),
                    How::NotText => format!("{name}=a%ff"),
                    _ => format!("{name}={value}"),
                };
                let query = if how == How::Twice { format!("{one}&{one}") } else { one };
                let reply = self.request(&query).send();
                self.check(name, how, reply);
            }
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

/// What is in the way of a request by its own row: the key and the query are checked before anything else.
fn names(g: &Ground) {
    for row in ROWS {
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

/// All of them on the embedded store; on Cassandra, where a write is slower, every seventh.
#[test]
fn nothing_a_client_sends_is_answered_5xx() {
    names(&Ground::new());
    let step = if cassandra_nodes().is_some() { 7 } else { 1 };
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || {
                for (at, row) in ROWS.iter().enumerate().filter(|(at, _)| at % 4 == worker) {
                    let mut count = at;
                    let mut chosen = || {
                        count += 1;
                        count % step == 0
                    };
                    let g = Ground::new();
                    let mut field = Field::new(&g, row);
                    field.headers(&mut chosen);
                    field.parameters(&mut chosen);
                    field.bodies();
                }
            });
        }
    });
}
