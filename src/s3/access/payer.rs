//! Requester Pays: whoever is not the owner has to say that they know it costs them. Source: AWS, "Using Requester Pays
//! buckets for storage transfers and usage".

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::{Bucket, TenantId};

/// The header that says that the sender pays.
pub const CHARGED: &str = "x-amz-request-charged";

/// Whether this request is charged to its sender: `None` sends anonymously. `headers` hold what a presigned URL carries
/// as parameters and a form as fields.
///
/// # Errors
/// `AccessDenied` to whoever would be charged and has not agreed, and to whoever cannot be.
pub(super) fn charged(caller: Option<TenantId>, bucket: &Bucket, headers: &Headers) -> Result<bool, S3Error> {
    if !bucket.settings.requester_pays || caller == Some(bucket.owner) {
        return Ok(false);
    }
    // AWS compares the value without regard to case; s3cmd and the SDKs send it in lower case.
    let agrees = headers.get("x-amz-request-payer").is_some_and(|who| who.eq_ignore_ascii_case("requester"));
    match caller {
        Some(_) if agrees => Ok(true),
        Some(_) => Err(S3ErrorCode::AccessDenied
            .because("The requester pays for this bucket: send x-amz-request-payer with the value requester.")),
        None => {
            Err(S3ErrorCode::AccessDenied
                .because("The requester pays for this bucket, which anonymous requests cannot."))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{BucketId, BucketName, BucketSettings, Timestamp};

    const OWNER: TenantId = TenantId([1; 32]);
    const OTHER: TenantId = TenantId([2; 32]);

    fn bucket(requester_pays: bool) -> Bucket {
        Bucket {
            name: BucketName::existing("paid").expect("a name"),
            id: BucketId::fresh(),
            owner: OWNER,
            region: String::new(),
            created: Timestamp(0),
            settings: Arc::new(BucketSettings { requester_pays, ..BucketSettings::default() }),
        }
    }

    #[test]
    fn whoever_is_charged_has_to_agree() {
        let (silent, mut agreeing, mut odd) = (Headers::default(), Headers::default(), Headers::default());
        agreeing.push("x-amz-request-payer", "requester");
        odd.push("x-amz-request-payer", "somebody");
        for (caller, headers, wanted) in [
            (Some(OWNER), &silent, Some(false)),
            (Some(OWNER), &agreeing, Some(false)),
            (Some(OTHER), &silent, None),
            (Some(OTHER), &odd, None),
            (Some(OTHER), &agreeing, Some(true)),
            (None, &silent, None),
            (None, &agreeing, None),
        ] {
            let answer = charged(caller, &bucket(true), headers);
            assert_eq!(answer.as_ref().ok(), wanted.as_ref(), "{caller:?} {headers:?}");
            assert!(answer.is_ok() || answer.is_err_and(|error| error.code == S3ErrorCode::AccessDenied));
            assert!(matches!(charged(caller, &bucket(false), headers), Ok(false)), "{caller:?}: the owner pays");
        }
    }
}
