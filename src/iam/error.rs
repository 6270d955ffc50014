//! Errors in the shape of the query APIs.

use bytes::Bytes;

use super::namespace;
use crate::s3::auth::Service;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::response::{ReplyBody, Response};
use crate::s3::xml::Document;

/// What a request is answered instead of a result.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    /// Whose fault: `Sender` or `Receiver`.
    fault: &'static str,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn sender(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, fault: "Sender", code, message: message.into() }
    }

    pub(super) fn receiver(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, fault: "Receiver", code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::sender(400, "ValidationError", message)
    }

    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::sender(403, "AccessDenied", message)
    }

    pub(super) fn answer(&self, service: Service, request_id: &str) -> Response {
        let mut out = Document::with_attributes("ErrorResponse", &[("xmlns", namespace(service))]);
        out.open("Error");
        out.text("Type", self.fault);
        out.text("Code", self.code);
        out.text("Message", &self.message);
        out.close();
        out.text("RequestId", request_id);
        let mut answer = Response::status(self.status);
        answer.set("content-type", "text/xml");
        if self.status == 503 {
            answer.header("retry-after", Bytes::from_static(b"1"));
        }
        answer.body = ReplyBody::Full(out.finish());
        answer
    }
}

/// Authentication speaks S3's language; these are the same errors as IAM and STS name them ("Common errors").
impl From<S3Error> for Refusal {
    fn from(error: S3Error) -> Self {
        let message = error.message.into_owned();
        match error.code {
            S3ErrorCode::InvalidAccessKeyId | S3ErrorCode::InvalidToken => {
                Self::sender(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
            }
            S3ErrorCode::ExpiredToken => {
                Self::sender(403, "ExpiredToken", "The security token included in the request is expired")
            }
            S3ErrorCode::SignatureDoesNotMatch | S3ErrorCode::XAmzContentSHA256Mismatch => {
                Self::sender(403, "SignatureDoesNotMatch", message)
            }
            S3ErrorCode::RequestTimeTooSkewed => Self::sender(400, "RequestExpired", message),
            S3ErrorCode::AccessDenied => Self::denied(message),
            S3ErrorCode::ServiceUnavailable | S3ErrorCode::SlowDown => {
                Self::receiver(503, "ServiceUnavailable", message)
            }
            S3ErrorCode::InternalError => Self::receiver(500, "ServiceFailure", message),
            S3ErrorCode::IncompleteBody => Self::sender(400, "IncompleteBody", message),
            _ => Self::sender(400, "IncompleteSignature", message),
        }
    }
}
