//! `PublicAccessBlockConfiguration`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::storage::PublicAccessBlock;

const ROOT: &str = "PublicAccessBlockConfiguration";

/// Writes it, in the namespace of S3 or of S3 Control.
#[must_use]
pub fn write(block: PublicAccessBlock, namespace: &str) -> Bytes {
    let mut out = Document::with_attributes(ROOT, &[("xmlns", namespace)]);
    out.flag("BlockPublicAcls", block.block_public_acls);
    out.flag("IgnorePublicAcls", block.ignore_public_acls);
    out.flag("BlockPublicPolicy", block.block_public_policy);
    out.flag("RestrictPublicBuckets", block.restrict_public_buckets);
    out.finish()
}

/// Reads it; a switch that is not named is off.
///
/// # Errors
/// `MalformedXML`, also for a switch that is not known: it must not be taken for none.
pub fn parse(document: &[u8]) -> Result<PublicAccessBlock, S3Error> {
    let root = Element::parse(document, ROOT)?;
    let mut block = PublicAccessBlock::default();
    for element in &root.children {
        let switch = match element.name.as_str() {
            "BlockPublicAcls" => &mut block.block_public_acls,
            "IgnorePublicAcls" => &mut block.ignore_public_acls,
            "BlockPublicPolicy" => &mut block.block_public_policy,
            "RestrictPublicBuckets" => &mut block.restrict_public_buckets,
            _ => return Err(malformed("it has a switch that is not known")),
        };
        *switch = match element.text.trim() {
            on if on.eq_ignore_ascii_case("true") => true,
            off if off.eq_ignore_ascii_case("false") => false,
            _ => return Err(malformed("a switch is neither true nor false")),
        };
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_as_they_are_written() {
        for bits in 0..16_u8 {
            let on = |bit: u8| bits & 1 << bit != 0;
            let block = PublicAccessBlock {
                block_public_acls: on(0),
                ignore_public_acls: on(1),
                block_public_policy: on(2),
                restrict_public_buckets: on(3),
            };
            assert_eq!(parse(&write(block, "x")).expect("parses"), block);
        }
        let one = |name: &str, value: &str| format!("<{ROOT}><{name}>{value}</{name}></{ROOT}>");
        assert!(parse(one("IgnorePublicAcls", "TRUE").as_bytes()).expect("parses").ignore_public_acls);
        assert_eq!(parse(format!("<{ROOT}/>").as_bytes()).expect("parses"), PublicAccessBlock::default());
        for bad in [String::new(), one("BlockPublicAcls", "yes"), one("BlockEverything", "true")] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
