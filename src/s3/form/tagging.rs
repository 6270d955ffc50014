//! The `tagging` field: XML in a form, `x-amz-tagging` in a PUT.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::s3::error::S3Error;
use crate::s3::xml::Element;
use crate::s3::xml::reader::malformed;

/// The header that says the same as the field's document.
///
/// # Errors
/// `MalformedXML`.
pub fn header(document: &str) -> Result<String, S3Error> {
    let root = Element::parse(document.trim().as_bytes(), "Tagging")?;
    let set = root.child("TagSet").ok_or_else(|| malformed("\"Tagging\" lacks \"TagSet\""))?;
    let pairs = set.all("Tag").map(|tag| Ok((tag.required("Key")?, tag.required("Value")?)));
    let pairs: Vec<(&str, &str)> = pairs.collect::<Result<_, S3Error>>()?;
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs: Vec<String> = pairs.into_iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
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
        for bad in ["", "x", "<Other/>", "<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"] {
            assert!(header(bad).is_err(), "{bad}");
        }
    }
}
