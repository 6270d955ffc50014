//! Who asks for what, and what conditions of policies can know of it.

use std::net::IpAddr;
use std::sync::Arc;

use crate::accounts::{AccountId, Identity, Principal};
use crate::policy::{Facts, Who, has_key};
use crate::s3::action::Action;
use crate::s3::auth::{Caller, SignatureKind, Signed, UNSIGNED_PAYLOAD};
use crate::s3::copy_source::CopySource;
use crate::s3::operation::{BodyKind, Row};
use crate::s3::request::{Headers, Query, WireHead};
use crate::s3::tags;
use crate::s3::target::Target;
use crate::s3::time::iso8601;
use crate::storage::{Tag, TenantId, Timestamp, VersionRef};

/// A request, as far as rights depend on it. Every decision about it, the later ones too, sees the same.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who sends it.
    pub caller: Caller,
    /// How it is signed.
    pub how: SignatureKind,
    /// When it was signed, as [`Signed::at`].
    pub signed_at: Option<i64>,
    /// The operation.
    pub row: &'static Row,
    /// Its headers, with those that a presigned URL carries as parameters and a form as fields.
    pub headers: Arc<Headers>,
    /// Its parameters.
    pub query: Query,
    /// Where it comes from.
    pub origin: Origin,
    /// The region that it was sent to: this installation's.
    pub region: Arc<str>,
    /// What a small document in the body says, by the names of condition keys; `None` where none was read.
    pub document: Option<Vec<(String, Vec<String>)>>,
}

/// What is known of a request before its sender and its operation are.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The client's address, after trusted proxies.
    pub client: IpAddr,
    /// Whether the client spoke TLS.
    pub secure: bool,
    /// The version of TLS that the client spoke to us itself.
    pub tls_version: Option<&'static str>,
    /// When it arrived.
    pub received: Timestamp,
}

impl From<&WireHead> for Origin {
    fn from(wire: &WireHead) -> Self {
        Self { client: wire.client, secure: wire.secure, tls_version: wire.tls_version, received: wire.received }
    }
}

impl Asked {
    /// A request whose sender and operation are known.
    #[must_use]
    pub fn new(
        Signed { caller, how, at: signed_at }: Signed,
        row: &'static Row,
        headers: &Arc<Headers>,
        target: &Target,
        origin: Origin,
        region: &Arc<str>,
    ) -> Self {
        let (headers, query, region) = (Arc::clone(headers), target.query.clone(), Arc::clone(region));
        Self { caller, how, signed_at, row, headers, query, origin, region, document: None }
    }

    /// Whether what is written gets the tags of the source of a copy (AWS API_CopyObject).
    pub(super) fn copies_tags(&self) -> bool {
        let replaced = || self.headers.get("x-amz-tagging-directive").is_some_and(|how| how == "REPLACE");
        self.row.name == "CopyObject" && !replaced()
    }

    /// The tags that a header puts; `None` where none does.
    pub(super) fn tags(&self) -> Option<Vec<Tag>> {
        let puts = matches!(self.row.name, "PutObject" | "PostObject" | "CopyObject" | "CreateMultipartUpload");
        if puts && !self.copies_tags() { tags::of_header(&self.headers).ok().flatten() } else { None }
    }

    /// Whoever signed.
    #[must_use]
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.caller.principal()
    }

    /// The tenant that whoever signed acts for.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.principal().map(|principal| principal.tenant.id)
    }

    /// Whoever asks, as policies name them.
    #[must_use]
    pub fn who(&self) -> Who {
        match self.principal() {
            None => Who::Anonymous,
            Some(principal) => principal.who(),
        }
    }
}

/// What one decision knows: the request, and the object that it is about.
pub(super) struct Known<'a> {
    pub asked: &'a Asked,
    /// What is decided about: each action has condition keys of its own.
    pub action: Action,
    /// The tags of the object, where there is one and it was read.
    pub tags: Option<&'a [Tag]>,
    /// The account that owns what the request is about.
    pub account: Option<AccountId>,
    /// The version that is decided about, where one is named.
    pub version: Option<VersionRef>,
    /// The ETag that one key of many has to have.
    pub etag: Option<&'a str>,
    /// The key that is not there, where the right to list it is asked for.
    pub prefix: Option<&'a str>,
}

impl Facts for Known<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        if !has_key(self.action.name(), key) {
            return None;
        }
        if let Some(document) = &self.asked.document {
            match document.iter().find(|(name, _)| name == key) {
                Some((_, values)) => return Some(values.clone()),
                // What the document leaves out is absent: a header that says it would not be enacted.
                None if is_of_documents(key) => return None,
                None => {}
            }
        }
        let Asked { origin, region, headers, .. } = self.asked;
        match key.split_once(':') {
            Some(("aws" | "s3", "resourceaccount")) => self.account.map(|account| vec![account.to_string()]),
            Some(("aws", name)) => global_fact(name, self.asked.principal(), *origin, region, headers),
            Some(("s3", name)) => self.of_s3(name),
            _ => None,
        }
        .filter(|values| !values.is_empty())
    }
}

impl Known<'_> {
    /// AWS, "Actions, resources, and condition keys for Amazon S3".
    fn of_s3(&self, name: &str) -> Option<Vec<String>> {
        let asked = self.asked;
        let one = |text: &str| Some(vec![text.to_owned()]);
        match name {
            "prefix" if self.prefix.is_some() => one(self.prefix?),
            // Whoever lists may; other requests with that right do nothing with these parameters.
            "prefix" | "delimiter" | "max-keys" => one(asked.query.get(name).filter(|_| lists(asked.row.name))?),
            "versionid" => self.version(),
            "if-match" if asked.row.name == "DeleteObjects" => one(self.etag?),
            "if-match" | "if-none-match" => self.header(name),
            "object-lock-mode" | "object-lock-retain-until-date" | "object-lock-legal-hold" => {
                self.header(&format!("x-amz-{name}"))
            }
            "object-lock-remaining-retention-days" => self.remaining_days(),
            // A form may have fields of these names, and is no copy.
            "x-amz-copy-source" | "x-amz-metadata-directive" if !copies(asked.row.name) => None,
            "x-amz-copy-source" => {
                let source = CopySource::parse(&asked.headers).ok()?;
                Some(vec![format!("{}/{}", source.bucket, source.key)])
            }
            "signatureversion" => one(match asked.how {
                SignatureKind::V2Header | SignatureKind::V2Query | SignatureKind::V2Form => "AWS",
                SignatureKind::V4Header | SignatureKind::V4Query | SignatureKind::V4Form => "AWS4-HMAC-SHA256",
                SignatureKind::Anonymous => return None,
            }),
            "authtype" => one(match asked.how {
                SignatureKind::V2Header | SignatureKind::V4Header => "REST-HEADER",
                SignatureKind::V2Query | SignatureKind::V4Query => "REST-QUERY-STRING",
                SignatureKind::V2Form | SignatureKind::V4Form => "POST",
                SignatureKind::Anonymous => return None,
            }),
            "signatureage" => one(&self.signature_age()?.to_string()),
            "x-amz-content-sha256" => self.content_sha256(),
            "tlsversion" => one(asked.origin.tls_version?),
            "objectcreationoperation" => one(&creates(asked.row.name)?.to_string()),
            "requestobjecttagkeys" => Some(self.asked.tags()?.into_iter().map(|tag| tag.key).collect()),
            _ => match name.split_once('/') {
                Some(("requestobjecttag", key)) => tag(&self.asked.tags()?, key),
                Some(("existingobjecttag", key)) => tag(self.tags?, key),
                None if name.starts_with("x-amz-") => self.header(name),
                _ => None,
            },
        }
    }

    /// The version that is acted on: of one key of many, or of a copy's source, it is not the target's.
    fn version(&self) -> Option<Vec<String>> {
        let own = || self.asked.query.get("versionId").filter(|_| acts_on_its_target(self.asked.row.name));
        let named = self.version.map(crate::s3::ops::object::version::text);
        named.or_else(|| own().map(str::to_owned)).map(|text| vec![text])
    }

    /// Milliseconds. Source: AWS, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys", where V2 is always 0.
    fn signature_age(&self) -> Option<i64> {
        match self.asked.how {
            SignatureKind::Anonymous => None,
            SignatureKind::V2Header | SignatureKind::V2Query | SignatureKind::V2Form => Some(0),
            SignatureKind::V4Header | SignatureKind::V4Query | SignatureKind::V4Form => {
                let age = self.asked.origin.received.seconds().saturating_sub(self.asked.signed_at?);
                Some(age.max(0).saturating_mul(1_000))
            }
        }
    }

    /// What the signature says about the body. A link's says nothing unless it is told to, a form's never does, whatever
    /// its fields say.
    fn content_sha256(&self) -> Option<Vec<String>> {
        let unsigned = || Some(vec![UNSIGNED_PAYLOAD.to_owned()]);
        match self.asked.how {
            SignatureKind::V4Form => unsigned(),
            SignatureKind::V4Query => self.header("x-amz-content-sha256").or_else(unsigned),
            _ if self.asked.row.body == BodyKind::Form => None,
            _ => self.header("x-amz-content-sha256"),
        }
    }

    fn header(&self, name: &str) -> Option<Vec<String>> {
        header(&self.asked.headers, name)
    }

    fn remaining_days(&self) -> Option<Vec<String>> {
        let until = self.asked.headers.get("x-amz-object-lock-retain-until-date")?;
        let until = crate::s3::time::parse_moment(until)?;
        Some(vec![remaining_days(until, self.asked.origin.received).to_string()])
    }
}

/// What every request has, by the name behind `aws:`, lower case. Source: AWS, "AWS global condition context keys".
#[must_use]
pub fn global_fact(
    name: &str,
    principal: Option<&Arc<Principal>>,
    origin: Origin,
    region: &str,
    headers: &Headers,
) -> Option<Vec<String>> {
    let one = |text: String| Some(vec![text]);
    match name {
        "sourceip" => one(origin.client.to_canonical().to_string()),
        "securetransport" => one(origin.secure.to_string()),
        "requestedregion" => one(region.to_owned()),
        "referer" => header(headers, "referer"),
        "useragent" => header(headers, "user-agent"),
        "currenttime" => one(iso8601(origin.received)),
        "epochtime" => one(origin.received.seconds().to_string()),
        // Nobody here acts on somebody else's behalf.
        "viaawsservice" | "principalisawsservice" => one("false".to_owned()),
        "principaltype" => one(principal_type(principal).to_owned()),
        _ => {
            let principal = principal?;
            match (name, &principal.identity) {
                ("username", Identity::User { name, .. }) => one(name.clone()),
                ("userid", _) => one(principal.user_id()),
                ("principalarn", _) => one(principal.role_arn().unwrap_or_else(|| principal.arn())),
                ("principalaccount", _) => one(principal.account.to_string()),
                // There are no MFA devices here; AWS says so of temporary credentials, and nothing of keys.
                ("multifactorauthpresent", _) => principal.session.as_ref().and_then(|_| one("false".to_owned())),
                ("tokenissuetime", _) => one(iso8601(principal.session.as_ref()?.issued)),
                _ => None,
            }
        }
    }
}

fn header(headers: &Headers, name: &str) -> Option<Vec<String>> {
    let first = headers.bytes(name)?;
    // Bytes that are no text fit nothing that a policy can say, and must not be taken for absent.
    let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
    // Every grant is enacted, in how many headers ever; of all others the first is.
    let grants = name.starts_with("x-amz-grant-");
    let value =
        if grants { headers.all(name).map(|value| text(value)).collect::<Vec<_>>().join(",") } else { text(first) };
    Some(vec![value])
}

/// Condition keys of what a request puts in a document, where it can put it in one.
fn is_of_documents(key: &str) -> bool {
    key.starts_with("s3:requestobjecttag") || key.starts_with("s3:object-lock-")
}

fn copies(operation: &str) -> bool {
    matches!(operation, "CopyObject" | "UploadPartCopy")
}

fn lists(operation: &str) -> bool {
    matches!(operation, "ListObjects" | "ListObjectsV2" | "ListObjectVersions")
}

fn acts_on_its_target(operation: &str) -> bool {
    !copies(operation) && operation != "DeleteObjects"
}

/// Whole days from now until then.
pub(super) fn remaining_days(until: Timestamp, now: Timestamp) -> i64 {
    until.seconds().saturating_sub(now.seconds()).max(0) / 86_400
}

/// Tag keys in condition keys are compared without regard to case, as condition keys are; so that none hides behind
/// another of the same letters, each counts.
fn tag(tags: &[Tag], key: &str) -> Option<Vec<String>> {
    let values: Vec<_> = tags.iter().filter(|tag| tag.key.eq_ignore_ascii_case(key)).collect();
    (!values.is_empty()).then(|| values.iter().map(|tag| tag.value.clone()).collect())
}

fn principal_type(principal: Option<&Arc<Principal>>) -> &'static str {
    match principal.map(|principal| &principal.identity) {
        None => "Anonymous",
        Some(Identity::Root) => "Account",
        Some(Identity::User { .. }) => "User",
        Some(Identity::Role { .. }) => "AssumedRole",
    }
}

/// Whether an operation that needs `s3:PutObject` makes an object, or only a piece of an upload (AWS, "Enforce
/// conditional writes on Amazon S3 buckets").
pub(super) fn creates(operation: &str) -> Option<bool> {
    match operation {
        "PutObject" | "PostObject" | "CopyObject" | "CompleteMultipartUpload" => Some(true),
        "CreateMultipartUpload" | "UploadPart" | "UploadPartCopy" => Some(false),
        _ => None,
    }
}
