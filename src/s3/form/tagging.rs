//! The `tagging` field: XML in a form, `x-amz-tagging` in a PUT.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::s3::error::S3Error;
use crate::s3::xml;
use crate::s3::xml::reader::malformed;

/// The header that says the same as the field's document.
///
/// # Errors
/// `MalformedXML`.
pub fn header(document: &str) -> Result<String, S3Error> {
    let document = document.trim();
    if document.is_empty() {
        return Err(malformed("the field tagging is empty"));
    }
    let tags = xml::tagging::parse(document.as_bytes())?;
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs: Vec<String> = tags.iter().map(|tag| format!("{}={}", encode(&tag.key), encode(&tag.value))).collect();
    Ok(pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_the_header() {
        let two = "<Tagging><TagSet><Tag><Key>0</Key><Value>ü</Value></Tag>\
                   <Tag><Key>a=b</Key><Value></Value></Tag></TagSet></Tagging>";
        assert_eq!(header(two).expect("is well formed"), "0=%C3%BC&a%3Db=");
        assert_eq!(header("<Tagging><TagSet/></Tagging>").expect("is well formed"), "");
    }
}
