//! The question that browsers ask before a request from another site. It carries no signature, so it comes before
//! authentication. Source: AWS API_OptionsObject.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;

/// The answer where no bucket can be configured for other sites.
#[must_use]
pub fn refuse(headers: &Headers) -> S3Error {
    if !headers.has("origin") {
        return S3ErrorCode::BadRequest.because("Insufficient information. Origin request header needed.");
    }
    if !headers.has("access-control-request-method") {
        return S3ErrorCode::BadRequest.because("Invalid Access-Control-Request-Method: null");
    }
    S3ErrorCode::AccessForbidden.because("CORSResponse: CORS is not enabled for this bucket.")
}
