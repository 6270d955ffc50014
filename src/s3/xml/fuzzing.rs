//! Every document that clients send.

use super::reader::Element;
use super::{
    Document, acl, buckets, cors, delete, lifecycle, lock, multipart, ownership, public_access, tagging, versioning,
};
use crate::s3::acl::NamedGrantee;
use crate::s3::cors::validate as cors_rules;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::{Rules, validate};
use crate::storage::{Permission, Tag};

/// The root elements of what clients send.
const ROOTS: [&str; 14] = [
    "AccessControlPolicy",
    "CORSConfiguration",
    "CompleteMultipartUpload",
    "CreateBucketConfiguration",
    "Delete",
    "LegalHold",
    "LifecycleConfiguration",
    "ObjectLockConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
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
            Err(error) if input.is_empty() => assert_eq!(error.code, S3ErrorCode::MissingRequestBodyError),
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
    kept("AccessControlPolicy", input, acl::parse, grants);
    kept("OwnershipControls", input, ownership::parse, |kept| {
        ownership::write(crate::s3::ownership::name(*kept).unwrap_or_default())
    });
    kept("PublicAccessBlockConfiguration", input, public_access::parse, |block| {
        public_access::write(*block, super::NAMESPACE)
    });
}

/// Whatever elements there are: written plainly, they are read as the same.
fn tree(element: &Element, root: &str) {
    fn write(element: &Element, out: &mut String) {
        let escaped = element.text.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
        let kind = if element.kind.is_empty() { String::new() } else { format!(" xsi:type=\"{}\"", element.kind) };
        out.push_str(&format!("<{}{kind}>{escaped}", element.name));
        element.children.iter().for_each(|child| write(child, out));
        out.push_str(&format!("</{}>", element.name));
    }
    fn plain(element: &Element) -> bool {
        element.name.chars().all(|c| c.is_ascii_alphanumeric())
            && !element.name.is_empty()
            && element.kind.chars().all(|c| c.is_ascii_alphanumeric())
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

fn grants(policy: &acl::Policy) -> bytes::Bytes {
    let mut out = Document::new("AccessControlPolicy");
    out.open("Owner");
    out.text("ID", &policy.owner);
    out.close();
    out.open("AccessControlList");
    for grant in &policy.grants {
        out.open("Grant");
        out.open("Grantee");
        match &grant.grantee {
            NamedGrantee::Id(id) => out.text("ID", id),
            NamedGrantee::Email(email) => out.text("EmailAddress", email),
            NamedGrantee::Uri(uri) => out.text("URI", uri),
        }
        out.close();
        out.text(
            "Permission",
            match grant.permission {
                Permission::Unknown => "",
                Permission::Read => "READ",
                Permission::Write => "WRITE",
                Permission::ReadAcp => "READ_ACP",
                Permission::WriteAcp => "WRITE_ACP",
                Permission::FullControl => "FULL_CONTROL",
            },
        );
        out.close();
    }
    out.finish()
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
