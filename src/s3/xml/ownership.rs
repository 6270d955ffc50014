//! `OwnershipControls`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::s3::ownership;
use crate::storage::Ownership;

/// Writes them.
#[must_use]
pub fn write(name: &str) -> Bytes {
    let mut out = Document::new("OwnershipControls");
    out.open("Rule");
    out.text("ObjectOwnership", name);
    out.finish()
}

/// Reads them.
///
/// # Errors
/// `MalformedXML`.
pub fn parse(document: &[u8]) -> Result<Ownership, S3Error> {
    let root = Element::parse(document, "OwnershipControls")?;
    match root.children.as_slice() {
        [rule] if rule.name == "Rule" => ownership::parse(rule.required("ObjectOwnership")?.trim())
            .ok_or_else(|| malformed("ObjectOwnership is none of those that there are")),
        _ => Err(malformed("OwnershipControls has to have one Rule")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_read_as_they_are_written() {
        for kept in [Ownership::BucketOwnerEnforced, Ownership::BucketOwnerPreferred, Ownership::ObjectWriter] {
            assert_eq!(parse(&write(ownership::name(kept).expect("has one"))).expect("parses"), kept);
        }
        let rule = "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>";
        for bad in [
            String::new(),
            "<OwnershipControls/>".to_owned(),
            format!("<OwnershipControls>{rule}{rule}</OwnershipControls>"),
            "<OwnershipControls><Rule/></OwnershipControls>".to_owned(),
            format!("<OwnershipControls>{}</OwnershipControls>", rule.replace("Writer", "Reader")),
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
