//! The `Error` document.

use bytes::Bytes;

use super::Document;
use crate::s3::error::S3Error;

/// Writes the error of a request (AWS, "Error responses": "REST error responses").
#[must_use]
pub fn document(error: &S3Error, resource: &str, request_id: &str, host_id: &str) -> Bytes {
    let mut out = Document::with_attributes("Error", &[]);
    out.text("Code", error.code.name());
    out.text("Message", &error.message);
    for (name, value) in &error.fields {
        out.text(name, value);
    }
    out.text("Resource", resource);
    out.text("RequestId", request_id);
    out.text("HostId", host_id);
    out.finish()
}
