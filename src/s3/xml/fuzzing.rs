//! Every document that clients send.

use super::reader::Element;
use super::{Document, acl, buckets, cors, delete, lifecycle, lock, multipart, tagging, versioning};
use crate::s3::cors::validate as cors_rules;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::{Rules, validate};
use crate::storage::{Tag, Tenant, TenantId};

/// The root elements of what clients send.
const ROOTS: [&str; 12] = [
    "AccessControlPolicy",
    "CORSConfiguration",
    "CompleteMultipartUpload",
    "CreateBucketConfiguration",
    "Delete",
    "LegalHold",
    "LifecycleConfiguration",
    "ObjectLockConfiguration",
    "RestoreRequest",
    "Retention",
    "Tagging",
    "VersioningConfiguration",
];

/// Input: a document. What is read of one, written and read again is the same.
pub(crate) fn documents(input: &[u8]) {
    for root in ROOTS {
        match Element::parse(input, root) {
            Ok(element) => tree(&element, root),
            Err(error) => assert_eq!(error.code, S3ErrorCode::MalformedXML),
        }
    }
    kept("Tagging", input, tagging::parse, |tags| tagging::write(tags));
    kept("VersioningConfiguration", input, versioning::parse, |state| versioning::write(*state));
    kept("ObjectLockConfiguration", input, lock::parse_configuration, lock::configuration);
    kept("LegalHold", input, lock::parse_legal_hold, |on| lock::legal_hold(*on));
    kept("Retention", input, lock::parse_retention, |retention| match retention {
        Some(retention) => lock::retention(*retention),
        None => Document::new("Retention").finish(),
    });
    kept("Delete", input, delete::parse, deletion);
    kept("CompleteMultipartUpload", input, multipart::parts_to_complete, |parts| completion(parts));
    kept("CreateBucketConfiguration", input, creation, |(location, tags)| created(location.as_deref(), tags));
    kept("LifecycleConfiguration", input, lifecycle::parse, |rules| {
        lifecycle::write(&Rules { rules: rules.clone(), ..Rules::default() })
    });
    kept("CORSConfiguration", input, cors::parse, cors::write);
    if let Ok(rules) = cors::parse(input) {
        let _ = rules.rules.iter().try_for_each(cors_rules::check);
    }
    if let Ok(rules) = lifecycle::parse(input) {
        let _ = validate::check(&rules);
    }
    let owner = Tenant { id: TenantId([7; 32]), name: "anna".to_owned() };
    let _ = acl::restates_private(input, &owner);
}

/// Whatever elements there are: written plainly, they are read as the same.
fn tree(element: &Element, root: &str) {
    fn write(element: &Element, out: &mut String) {
        let escaped = element.text.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
        out.push_str(&format!("<{0}>{escaped}", element.name));
        element.children.iter().for_each(|child| write(child, out));
        out.push_str(&format!("</{}>", element.name));
    }
    fn plain(element: &Element) -> bool {
        element.name.chars().all(|c| c.is_ascii_alphanumeric())
            && !element.name.is_empty()
            && element.children.iter().all(plain)
    }
    if plain(element) {
        let mut written = String::new();
        write(element, &mut written);
        assert_eq!(Element::parse(written.as_bytes(), root).expect(&written), *element, "{written}");
    }
}

fn kept<T: PartialEq + std::fmt::Debug>(
    root: &str,
    input: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, S3Error>,
    write: impl Fn(&T) -> bytes::Bytes,
) {
    let Ok(read) = parse(input) else { return };
    let written = write(&read);
    let text = String::from_utf8_lossy(&written);
    assert!(Element::parse(&written, root).is_ok(), "{text}");
    assert_eq!(parse(&written).ok().as_ref(), Some(&read), "{text}");
}

fn deletion(request: &delete::Request) -> bytes::Bytes {
    let mut out = Document::new("Delete");
    out.flag("Quiet", request.quiet);
    for item in &request.objects {
        out.open("Object");
        out.text("Key", &item.key);
        out.maybe("VersionId", item.version_id.as_deref());
        out.maybe("ETag", item.etag.as_deref());
        out.maybe("LastModifiedTime", item.modified.as_deref());
        out.maybe("Size", item.size.as_deref());
        out.close();
    }
    out.finish()
}

fn completion(parts: &[multipart::NamedPart]) -> bytes::Bytes {
    let mut out = Document::new("CompleteMultipartUpload");
    for part in parts {
        out.open("Part");
        out.number("PartNumber", part.number.into());
        out.text("ETag", &format!("\"{}\"", part.etag));
        super::checksum::members(&mut out, part.checksum.as_slice());
        out.close();
    }
    out.finish()
}

type Creation = (Option<String>, Vec<Tag>);

fn creation(document: &[u8]) -> Result<Creation, S3Error> {
    buckets::asks_for_more(document)?;
    Ok((buckets::location_constraint(document)?, buckets::tags(document)?))
}

fn created(location: Option<&str>, tags: &[Tag]) -> bytes::Bytes {
    let mut out = Document::new("CreateBucketConfiguration");
    out.maybe("LocationConstraint", location);
    out.open("Tags");
    for tag in tags {
        out.open("Tag");
        out.text("Key", &tag.key);
        out.text("Value", &tag.value);
        out.close();
    }
    out.finish()
}
