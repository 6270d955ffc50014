//! The question that browsers ask before a request from another site. It carries no signature, so it comes before
//! authentication. Source: AWS API_OptionsObject; the messages and their order are those of AWS's answers.

use crate::s3::cors::asked::{self, REQUEST_METHOD};
use crate::s3::cors::validate::METHODS;
use crate::s3::cors::{self, Asked};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::WireHead;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;

/// Says what a page of another site may send.
///
/// # Errors
/// `BadRequest` for what is no such question, `AccessForbidden` where no rule allows it, what the store fails with.
pub async fn answer(wire: &WireHead, target: &Target, services: &Services) -> Result<Response, S3Error> {
    let headers = &wire.headers;
    if !headers.has("origin") {
        return Err(S3ErrorCode::BadRequest.because("Insufficient information. Origin request header needed."));
    }
    let method = headers.get(REQUEST_METHOD);
    let about = |error: S3Error, resource: &'static str| {
        error.field("Method", method.unwrap_or("OPTIONS")).field("ResourceType", resource)
    };
    let rules = match cors::holding(target, services).await? {
        (_, Some(rules)) => rules,
        (bucket, None) => {
            let why = if bucket { "CORS is not enabled for this bucket." } else { "Bucket not found" };
            let error = S3ErrorCode::AccessForbidden.because(format!("CORSResponse: {why}"));
            return Err(about(error, "BUCKET"));
        }
    };
    if !method.is_some_and(|method| METHODS.contains(&method)) {
        let named = method.unwrap_or("null");
        return Err(S3ErrorCode::BadRequest.because(format!("Invalid Access-Control-Request-Method: {named}")));
    }
    if let Some(name) = asked::no_name(headers) {
        let why = format!("Access-Control-Request-Headers \"{name}\" contains invalid character.");
        return Err(S3ErrorCode::BadRequest.because(why));
    }
    let allowed = Asked::read(headers, None).and_then(|asked| rules.judge(&asked));
    let allowed = allowed.ok_or_else(|| {
        about(S3ErrorCode::AccessForbidden.into(), if target.key.is_some() { "OBJECT" } else { "BUCKET" })
    })?;
    let mut answer = Response::status(200);
    allowed.write(&mut answer);
    Ok(answer)
}
