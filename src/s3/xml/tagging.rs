//! `Tagging`: a set of tags.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::storage::Tag;

/// Writes a set of tags.
#[must_use]
pub fn write(tags: &[Tag]) -> Bytes {
    let mut out = Document::new("Tagging");
    out.open("TagSet");
    write_tags(&mut out, tags);
    out.finish()
}

/// Writes one element for each tag.
pub fn write_tags(out: &mut Document, tags: &[Tag]) {
    for tag in tags {
        out.open("Tag");
        out.text("Key", &tag.key);
        out.text("Value", &tag.value);
        out.close();
    }
}

/// Reads a set of tags; what they may be is checked elsewhere.
///
/// # Errors
/// `MalformedXML`.
pub fn parse(document: &[u8]) -> Result<Vec<Tag>, S3Error> {
    let root = Element::parse(document, "Tagging")?;
    let set = root.child("TagSet").ok_or_else(|| malformed("\"Tagging\" lacks \"TagSet\""))?;
    tags_in(set)
}

/// The tags in an element.
///
/// # Errors
/// `MalformedXML`.
pub fn tags_in(set: &Element) -> Result<Vec<Tag>, S3Error> {
    let tag =
        |tag: &Element| Ok(Tag { key: tag.required("Key")?.to_owned(), value: tag.required("Value")?.to_owned() });
    set.children
        .iter()
        .map(|child| if child.name == "Tag" { tag(child) } else { Err(malformed("a tag set holds tags only")) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_back_as_it_was_written() {
        let tags = vec![
            Tag { key: " k&".to_owned(), value: "<ü>\r".to_owned() },
            Tag { key: "x".to_owned(), value: String::new() },
        ];
        assert_eq!(parse(&write(&tags)).expect("parses"), tags);
        assert_eq!(parse(&write(&[])).expect("parses"), []);
        for bad in ["", "x", "<Other/>", "<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
