//! Operations on multipart uploads.

mod abort_multipart_upload;
mod checksums;
mod complete_multipart_upload;
mod create_multipart_upload;
mod list_multipart_uploads;
mod list_parts;
mod upload_part;
mod upload_part_copy;

use crate::client::Reply;
use crate::ops::{Ground, md5_base64, md5_hex};

/// The smallest part that need not be the last.
pub const PART_BYTES_MIN: usize = 5 << 20;

/// An open upload.
pub struct Multipart<'a> {
    ground: &'a Ground,
    pub key: String,
    pub id: String,
}

/// A part as a completion names it: number and ETag.
pub type NamedPart = (u32, String);

impl<'a> Multipart<'a> {
    /// Opens one.
    #[track_caller]
    pub fn open(ground: &'a Ground, key: &str) -> Self {
        Self::open_with(ground, key, &[])
    }

    /// Opens one with these headers.
    #[track_caller]
    pub fn open_with(ground: &'a Ground, key: &str, headers: &[(&str, &str)]) -> Self {
        let request = ground.alice.request("POST", &format!("{}?uploads", ground.path(key)));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let reply = request.send().assert_status(200);
        let id = reply.element("UploadId").expect("an upload has an id");
        Self { ground, key: key.to_owned(), id }
    }

    /// The upload as a target, with further parameters (`partNumber=1&`).
    pub fn target(&self, parameters: &str) -> String {
        format!("{}?{parameters}uploadId={}", self.ground.path(&self.key), self.id)
    }

    /// Uploads a part.
    #[track_caller]
    pub fn part(&self, number: u32, body: impl Into<Vec<u8>>) -> NamedPart {
        let body = body.into();
        let expected = md5_hex(&body);
        let request = self.ground.alice.request("PUT", &self.target(&format!("partNumber={number}&")));
        // Where parts will be locked they have to come with a digest.
        let request = request.header("content-md5", md5_base64(&body));
        assert_eq!(request.body(body).send().assert_status(200).etag(), expected);
        (number, expected)
    }

    /// Asks for completion.
    #[track_caller]
    pub fn complete(&self, parts: &[NamedPart]) -> Reply {
        self.ground.alice.post(&self.target(""), document(parts))
    }
}

/// A completion's document.
pub fn document(parts: &[NamedPart]) -> String {
    let part =
        |(number, etag): &NamedPart| format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>");
    let parts: String = parts.iter().map(part).collect();
    format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
    )
}

/// The ETag of an object of these parts.
pub fn etag_of(parts: &[NamedPart]) -> String {
    let digests: Vec<u8> =
        parts.iter().flat_map(|(_, etag)| data_encoding::HEXLOWER.decode(etag.as_bytes()).expect("an MD5")).collect();
    format!("{}-{}", md5_hex(&digests), parts.len())
}
