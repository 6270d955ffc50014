//! The model's requests as HTTP has them, and the answers as the model has them.

use crate::client::{Client, Reply, Request, encode};
use crate::ops::locks::{hold, retention as retention_document};
use crate::ops::multipart::document;
use crate::ops::{md5_base64, md5_hex};

use super::op::{Answer, Condition, Id, Listed, Lock, Mode, Op, Retention, Text};

const BYPASS: &str = "x-amz-bypass-governance-retention";

/// Somebody who sends requests about one bucket's keys.
#[derive(Clone)]
pub struct Desk {
    pub client: Client,
    pub bucket: String,
}

/// A copy to ask for.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Bucket and key.
    pub source: String,
    pub version: Option<Id>,
    /// `None`: those of the source.
    pub tags: Option<u8>,
    pub condition: Condition,
}

impl Desk {
    fn target(&self, key: &str, query: &str, version: Option<&Id>) -> String {
        let version = version.map(|id| format!("versionId={}", id.text()));
        let query: Vec<&str> =
            [query, version.as_deref().unwrap_or_default()].into_iter().filter(|q| !q.is_empty()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}/{}{mark}{}", self.bucket, encode(key), query.join("&"))
    }

    fn request(&self, method: &str, key: &str, query: &str, version: Option<&Id>) -> Request {
        self.client.request(method, &self.target(key, query, version))
    }

    /// Sends a request and reads its answer; `None` when its outcome is not known.
    pub fn perform(&self, key: &str, op: &Op) -> Option<Answer> {
        let reply = self.ask(key, op).send();
        let answer = known(&reply)?;
        Some(match op {
            _ if reply.status >= 300 => failure(op, answer),
            Op::Read { head, .. } => object(&reply, *head, answer),
            Op::Tags { .. } => Answer { tags: Some(tag(&reply)), ..answer },
            Op::Complete { .. } => Answer { etag: unquoted(reply.element("ETag")), ..answer },
            Op::Put { .. } => Answer { etag: unquoted(reply.header("etag")), ..answer },
            Op::List => Answer { versions: listed(&reply, key), ..answer },
            _ => answer,
        })
    }

    fn ask(&self, key: &str, op: &Op) -> Request {
        match op {
            Op::Put { body, tags, lock, condition } => {
                let bytes = body.bytes();
                let request = self.request("PUT", key, "", None).header("content-md5", md5_base64(&bytes)).body(bytes);
                under(locked(tagged(request, *tags), lock), condition)
            }
            Op::Paste { .. } | Op::Source { .. } => panic!("they are two sides of one copy"),
            Op::Complete { upload, condition } => {
                let request = self.request("POST", key, &format!("uploadId={}", upload.id), None);
                under(request.body(document(std::slice::from_ref(&upload.part))), condition)
            }
            Op::Abort { upload } => self.request("DELETE", key, &format!("uploadId={}", upload.id), None),
            Op::Delete { version, condition, bypass, .. } => {
                let request = under(self.request("DELETE", key, "", version.as_ref()), condition);
                if *bypass { request.header(BYPASS, "true") } else { request }
            }
            Op::Read { version, head } => self.request(if *head { "HEAD" } else { "GET" }, key, "", version.as_ref()),
            Op::Tag { version, tags: 0 } => self.request("DELETE", key, "tagging", version.as_ref()),
            Op::Tag { version, tags } => {
                let tag = format!("<Tag><Key>t</Key><Value>{tags}</Value></Tag>");
                let document = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
                self.request("PUT", key, "tagging", version.as_ref()).body(document)
            }
            Op::Tags { version } => self.request("GET", key, "tagging", version.as_ref()),
            Op::Retain { version, retention, bypass } => {
                let document = retention.map_or_else(
                    || "<Retention/>".to_owned(),
                    |r| retention_document(mode_name(r.mode), &date(r.until)),
                );
                let request = self.request("PUT", key, "retention", version.as_ref()).body(document);
                if *bypass { request.header(BYPASS, "true") } else { request }
            }
            Op::Hold { version, on } => {
                let document = hold(if *on { "ON" } else { "OFF" });
                self.request("PUT", key, "legal-hold", version.as_ref()).body(document)
            }
            Op::List => self.client.request("GET", &format!("/{}?versions&prefix={}", self.bucket, encode(key))),
        }
    }

    /// Copies; what is answered to the source's reading and to the write, where it came to that.
    pub fn copy(&self, key: &str, copy: &Copy) -> Reply {
        let version = copy.version.as_ref().map(|id| format!("?versionId={}", id.text())).unwrap_or_default();
        let request = self.request("PUT", key, "", None);
        let request = request.header("x-amz-copy-source", format!("/{}{version}", copy.source));
        let request = request.header("x-amz-metadata-directive", "REPLACE");
        let request = match copy.tags {
            None => request,
            Some(tags) => tagged(request.header("x-amz-tagging-directive", "REPLACE"), tags),
        };
        under(request, &copy.condition).send()
    }

    /// Deletes several keys by one request. Each of `deletes` is an [`Op::Delete`]; all set governance aside or none.
    pub fn delete_all(&self, deletes: &[(String, Op)]) -> Vec<Option<Answer>> {
        let mut objects = String::new();
        let mut aside = false;
        for (key, op) in deletes {
            let Op::Delete { version, condition, bypass, .. } = op else { panic!("{op:?} is no delete") };
            aside |= bypass;
            let version = version.as_ref().map(|id| format!("<VersionId>{}</VersionId>", id.text()));
            let etag = match condition {
                Condition::Match(etag) => format!("<ETag>\"{etag}\"</ETag>"),
                _ => String::new(),
            };
            objects += &format!("<Object><Key>{key}</Key>{}{etag}</Object>", version.unwrap_or_default());
        }
        let document = format!("<Delete>{objects}</Delete>");
        let digest = md5_base64(document.as_bytes());
        let request = self.client.request("POST", &format!("/{}?delete", self.bucket)).header("content-md5", digest);
        let request = if aside { request.header(BYPASS, "true") } else { request };
        let reply = request.body(document).send();
        let Some(Answer { status: 200, .. }) = known(&reply) else {
            assert_eq!(reply.status, 503, "{reply}");
            return vec![None; deletes.len()];
        };
        let text = reply.text();
        deletes.iter().map(|(key, _)| deleted(&text, key)).collect()
    }
}

/// What a copy's answer says about its source, and about the key that it writes. `missing`: it speaks of the source.
pub fn sides(reply: &Reply, missing: bool) -> (Option<Answer>, Option<Answer>) {
    let Some(answer) = known(reply) else { return (None, None) };
    if missing {
        return (Some(Answer { version: None, marker: false, ..answer }), None);
    }
    if reply.status != 200 {
        return (None, Some(answer));
    }
    let etag = unquoted(reply.element("ETag"));
    let version = reply.header("x-amz-copy-source-version-id").map(|text| Id::told(&text));
    let source = Answer { version, etag: etag.clone(), ..Answer::status(200) };
    (Some(source), Some(Answer { etag, ..answer }))
}

/// The parts that all answers have; `None` when the outcome is not known.
fn known(reply: &Reply) -> Option<Answer> {
    let code = reply.code();
    if reply.status == 503 || code.as_deref() == Some("ConditionalRequestConflict") {
        return None;
    }
    assert!(reply.status < 500, "{reply}");
    let version = reply.header("x-amz-version-id").map(|text| Id::told(&text));
    let marker = reply.header("x-amz-delete-marker").as_deref() == Some("true");
    Some(Answer { code: code.map(Into::into), version, marker, ..Answer::status(reply.status) })
}

/// The answer to HEAD has no document, so its code is the one that goes with the status.
fn failure(op: &Op, answer: Answer) -> Answer {
    let Op::Read { version, head: true } = op else { return answer };
    let code = match (answer.status, version) {
        (405, _) => "MethodNotAllowed",
        (404, Some(_)) => "NoSuchVersion",
        _ => "NoSuchKey",
    };
    Answer { code: Some(code.into()), ..answer }
}

fn object(reply: &Reply, head: bool, answer: Answer) -> Answer {
    let etag = reply.etag();
    if !head && !etag.contains('-') {
        assert_eq!(md5_hex(&reply.body), etag, "the bytes are others");
    }
    let retention = reply.header("x-amz-object-lock-mode").map(|mode| {
        let until = reply.header("x-amz-object-lock-retain-until-date").expect("both or none");
        Retention { mode: mode_named(&mode), until: until_told(&until) }
    });
    let hold = reply.header("x-amz-object-lock-legal-hold").map(|on| on == "ON");
    let tags = reply.header("x-amz-tagging-count").map_or(0, |count| count.parse().expect("a number"));
    Answer { etag: Some(etag.into()), tags: Some(tags), lock: Lock { retention, hold }, ..answer }
}

fn tag(reply: &Reply) -> u8 {
    reply.element("Value").map_or(0, |value| value.parse().expect("a number"))
}

/// The versions of a key in a listing that may have others.
pub fn listed(reply: &Reply, key: &str) -> Vec<Listed> {
    assert_eq!(reply.element("IsTruncated").as_deref(), Some("false"), "{reply}");
    listed_of_page(reply).into_iter().filter(|(of, _)| of == key).map(|(_, listed)| listed).collect()
}

/// Key and version of each entry of a page, in order.
pub fn listed_of_page(reply: &Reply) -> Vec<(String, Listed)> {
    let text = reply.text();
    let mut entries = Vec::new();
    for entry in pieces(&text, &["<Version>", "<DeleteMarker>"]) {
        let id = Id::told(&inner(entry, "VersionId").expect("a version has an id"));
        let etag = inner(entry, "ETag").map(|etag| etag.replace("&quot;", "").replace('"', ""));
        assert_eq!(etag.is_none(), entry.starts_with("<DeleteMarker>"), "{text}");
        let latest = inner(entry, "IsLatest").as_deref() == Some("true");
        entries.push((inner(entry, "Key").expect("it has a key"), Listed { id, etag: etag.map(Into::into), latest }));
    }
    entries
}

/// What a bulk delete says about a key.
fn deleted(text: &str, key: &str) -> Option<Answer> {
    let about = pieces(text, &["<Deleted>", "<Error>"]);
    let about = about.into_iter().find(|piece| inner(piece, "Key").as_deref() == Some(key));
    let about = about.unwrap_or_else(|| panic!("nothing about {key} in {text}"));
    if let Some(code) = inner(about, "Code") {
        let status = match code.as_str() {
            "AccessDenied" => 403,
            "PreconditionFailed" => 412,
            "NoSuchKey" => 404,
            "ServiceUnavailable" | "SlowDown" | "ConditionalRequestConflict" => return None,
            _ => panic!("{about}"),
        };
        return Some(Answer::error(status, &code));
    }
    let version = inner(about, "DeleteMarkerVersionId").or_else(|| inner(about, "VersionId"));
    let marker = inner(about, "DeleteMarker").as_deref() == Some("true");
    Some(Answer { version: version.map(|text| Id::told(&text)), marker, ..Answer::status(204) })
}

/// The pieces of a text that begin with one of these.
fn pieces<'t>(text: &'t str, begins: &[&str]) -> Vec<&'t str> {
    let mut starts: Vec<usize> = begins.iter().flat_map(|begin| text.match_indices(begin).map(|(at, _)| at)).collect();
    starts.sort_unstable();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

/// The text of the first element of this name; nothing here needs XML's escapes.
fn inner(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.to_owned())
}

fn unquoted(etag: Option<String>) -> Option<Text> {
    etag.map(|etag| etag.trim_matches('"').into())
}

fn under(request: Request, condition: &Condition) -> Request {
    match condition {
        Condition::None => request,
        Condition::Absent => request.header("if-none-match", "*"),
        Condition::Match(etag) => request.header("if-match", format!("\"{etag}\"")),
    }
}

fn tagged(request: Request, tags: u8) -> Request {
    if tags == 0 { request } else { request.header("x-amz-tagging", format!("t={tags}")) }
}

fn locked(mut request: Request, lock: &Lock) -> Request {
    if let Some(Retention { mode, until }) = lock.retention {
        request = request.header("x-amz-object-lock-mode", mode_name(mode));
        request = request.header("x-amz-object-lock-retain-until-date", date(until));
    }
    match lock.hold {
        Some(on) => request.header("x-amz-object-lock-legal-hold", if on { "ON" } else { "OFF" }),
        None => request,
    }
}

/// A mode as documents and headers have it.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Governance => "GOVERNANCE",
        Mode::Compliance => "COMPLIANCE",
    }
}

fn mode_named(name: &str) -> Mode {
    [Mode::Governance, Mode::Compliance].into_iter().find(|mode| mode_name(*mode) == name).expect("a mode")
}

fn date(until: u8) -> String {
    format!("2099-01-0{until}T00:00:00.000Z")
}

fn until_told(date: &str) -> u8 {
    let day = date.strip_prefix("2099-01-0").and_then(|rest| rest.strip_suffix("T00:00:00.000Z"));
    day.map_or(0, |day| day.parse().expect("one of the days asked for"))
}
