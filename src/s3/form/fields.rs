//! A form's fields: by name without regard to case, and as the headers that the same request by PUT would have.

use bytes::Bytes;

use super::tagging;
use crate::s3::checksum::Algorithm;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;

/// Fields that are headers of the same name, unless they are empty.
const PLAIN: [&str; 7] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
];
/// Fields whose header has another name.
const RENAMED: [(&str, &str); 2] = [("acl", "x-amz-acl"), ("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm")];
/// Fields about the signature and not about the object.
const SIGNATURE: [&str; 5] =
    ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"];
const USER_PREFIX: &str = "x-amz-meta-";

/// The fields before the file, in order.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Adds one. Fields of the same name are one, joined by commas (AWS, "Policy construction").
    pub fn add(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(&name)) {
            Some((_, there)) => *there = format!("{there},{value}"),
            None => self.0.push((name, value)),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All of them, named as sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Fills the file's name in for `${filename}`. Without one the variable stays, which is what S3 does.
    pub fn expand(&mut self, file_name: Option<&str>) {
        let Some(path) = file_name else { return };
        // Some browsers give the whole path.
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        self.0.iter_mut().for_each(|(_, value)| *value = value.replace("${filename}", name));
    }

    /// The key that the file is to get.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none or an empty one.
    pub fn key(&self) -> Result<&str, S3Error> {
        match self.required("key")? {
            "" => Err(argument("key", "").saying("User key must have a length greater than 0.")),
            key => Ok(key),
        }
    }

    /// A field that has to be there; its name spelled as errors have it.
    ///
    /// # Errors
    /// `InvalidArgument`, in S3's words.
    pub fn required(&self, name: &str) -> Result<&str, S3Error> {
        self.get(name).ok_or_else(|| {
            argument(name, "").saying(format!(
                "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
            ))
        })
    }

    /// The headers that a PUT of the same object would have.
    ///
    /// # Errors
    /// `InvalidArgument` for what no header can carry, `InvalidRequest` for a checksum's name without its value,
    /// `MalformedXML` for tags that are none.
    pub fn headers(&self) -> Result<Headers, S3Error> {
        self.check_algorithm()?;
        let mut headers = Headers::default();
        for (sent, value) in self.iter() {
            let name = sent.to_ascii_lowercase();
            if let Some((_, header)) = RENAMED.iter().find(|(field, _)| *field == name) {
                headers.push(*header, header_value(sent, value)?);
            } else if name == "tagging" {
                headers.push("x-amz-tagging", tagging::header(value)?);
            } else if PLAIN.contains(&name.as_str()) {
                if !value.is_empty() {
                    headers.push(name, header_value(sent, value)?);
                }
            } else if name.starts_with("x-amz-") && !SIGNATURE.contains(&name.as_str()) {
                if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)) {
                    return Err(argument(sent, value).saying("The field's name cannot be a header's."));
                }
                let value = match name.starts_with(USER_PREFIX) && value.contains(unprintable) {
                    true => encoded_word(value),
                    false => header_value(sent, value)?,
                };
                headers.push(name, value);
            }
        }
        Ok(headers)
    }

    /// AWS, "POST Object": whoever names a checksum has to send it.
    fn check_algorithm(&self) -> Result<(), S3Error> {
        for field in ["x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"] {
            let Some(name) = self.get(field) else { continue };
            if Algorithm::parse(name).is_none_or(|algorithm| self.get(algorithm.header()).is_none()) {
                return Err(S3ErrorCode::InvalidRequest.because(format!(
                    "{field} is specified, but there is no x-amz-checksum- field of the algorithm it names."
                )));
            }
        }
        Ok(())
    }
}

/// An `InvalidArgument` error about a field, to be given its reason.
#[must_use]
pub fn argument(name: &str, value: &str) -> S3Error {
    S3Error::from(S3ErrorCode::InvalidArgument).field("ArgumentName", name).field("ArgumentValue", value)
}

fn unprintable(c: char) -> bool {
    c.is_ascii_control() && c != '\t'
}

fn header_value(name: &str, value: &str) -> Result<Bytes, S3Error> {
    match value.contains(unprintable) {
        true => Err(argument(name, value).saying("The field has characters that no header can have.")),
        false => Ok(Bytes::copy_from_slice(value.trim().as_bytes())),
    }
}

/// RFC 2047, which is how S3 keeps user metadata that no header could carry.
fn encoded_word(value: &str) -> Bytes {
    Bytes::from(format!("=?UTF-8?B?{}?=", data_encoding::BASE64.encode(value.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(n, v)| fields.add((*n).to_owned(), (*v).to_owned()));
        fields
    }

    #[test]
    fn fields_of_one_name_are_joined() {
        let fields = fields(&[("X-Amz-Meta-Tag", "Ninja"), ("key", "k"), ("x-amz-meta-tag", "Stallman")]);
        assert_eq!(fields.get("x-amz-meta-TAG"), Some("Ninja,Stallman"));
        assert_eq!(fields.iter().count(), 2);
    }

    #[test]
    fn the_file_name_is_filled_in_without_its_folders() {
        for (name, key) in [
            (Some("a.txt"), "u/a.txt/a.txt"),
            (Some("C:\\Program Files\\a.txt"), "u/a.txt/a.txt"),
            (Some("../../etc/a.txt"), "u/a.txt/a.txt"),
            (Some(""), "u//"),
            (Some("${filename}"), "u/${filename}/${filename}"),
            (None, "u/${filename}/${filename}"),
        ] {
            let mut fields = fields(&[("key", "u/${filename}/${filename}")]);
            fields.expand(name);
            assert_eq!(fields.key().expect("is there"), key, "{name:?}");
        }
    }

    #[test]
    fn fields_become_the_headers_of_a_put() {
        let headers = fields(&[
            ("key", "k"),
            ("ACL", "private"),
            ("Content-Type", "a/b"),
            ("Cache-Control", ""),
            ("x-amz-meta-A", "ü"),
            ("x-amz-meta-b", "1\r\n2"),
            ("X-Amz-Signature", "s"),
            ("x-amz-storage-class", " STANDARD "),
            ("tagging", "<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;d</Value></Tag></TagSet></Tagging>"),
            ("submit", "go"),
        ])
        .headers()
        .expect("are headers");
        let all: Vec<_> = headers.iter().map(|(n, v)| (n, std::str::from_utf8(v).expect("is text"))).collect();
        assert_eq!(
            all,
            [
                ("x-amz-acl", "private"),
                ("content-type", "a/b"),
                ("x-amz-meta-a", "ü"),
                ("x-amz-meta-b", "=?UTF-8?B?MQ0KMg==?="),
                ("x-amz-storage-class", "STANDARD"),
                ("x-amz-tagging", "a%20b=c%26d"),
            ]
        );
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for (name, value, code) in [
            ("Content-Type", "a/b\r\nSet-Cookie: x", S3ErrorCode::InvalidArgument),
            ("x-amz-meta-a b", "x", S3ErrorCode::InvalidArgument),
            ("x-amz-meta-ä", "x", S3ErrorCode::InvalidArgument),
            ("x-amz-checksum-algorithm", "SHA256", S3ErrorCode::InvalidRequest),
            ("tagging", "no", S3ErrorCode::MalformedXML),
        ] {
            assert_eq!(fields(&[(name, value)]).headers().expect_err(name).code, code, "{name}: {value:?}");
        }
    }
}
