//! Every S3 error code once, and the error that operations return.

use std::borrow::Cow;

use crate::accounts::AccountError;
use crate::storage::StorageError;

macro_rules! codes {
    ($($variant:ident $status:literal $message:literal,)*) => {
        /// An S3 error code (AWS, "Error responses": "List of error codes").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum S3ErrorCode { $($variant,)* }

        impl S3ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As in the `Code` element.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What the `Message` element says when there is nothing more exact to say.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported 400 "The bucket does not allow ACLs",
    AccessDenied 403 "Access Denied",
    AccessForbidden 403 "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    AuthorizationHeaderMalformed 400 "The authorization header that you provided is not valid.",
    AuthorizationQueryParametersError 400 "The authorization query parameters that you provided are not valid.",
    BadDigest 400 "The Content-MD5 you specified did not match what we received.",
    BadRequest 400 "Bad Request",
    BucketAlreadyExists 409 "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    BucketAlreadyOwnedByYou 409 "Your previous request to create the named bucket succeeded and you already own it.",
    BucketNotEmpty 409 "The bucket you tried to delete is not empty",
    ConditionalRequestConflict 409 "The conditional request cannot succeed due to a conflicting operation against this resource.",
    EntityTooLarge 400 "Your proposed upload exceeds the maximum allowed size",
    EntityTooSmall 400 "Your proposed upload is smaller than the minimum allowed size",
    ExpiredToken 400 "The provided token has expired.",
    IllegalLocationConstraintException 400 "The location constraint does not fit the endpoint that the request was sent to.",
    IllegalVersioningConfigurationException 400 "The Versioning element must be specified",
    IncompleteBody 400 "You did not provide the number of bytes specified by the Content-Length HTTP header",
    IncorrectNumberOfFilesInPostRequest 400 "POST requires exactly one file upload per request.",
    InternalError 500 "We encountered an internal error. Please try again.",
    InvalidAccessKeyId 403 "The AWS Access Key Id you provided does not exist in our records.",
    InvalidArgument 400 "Invalid Argument",
    InvalidBucketAclWithBlockPublicAccessError 400 "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    InvalidBucketAclWithObjectOwnership 400 "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    InvalidBucketName 400 "The specified bucket is not valid.",
    InvalidBucketState 409 "The request is not valid for the current state of the bucket.",
    InvalidDigest 400 "The Content-MD5 you specified is not valid.",
    InvalidLocationConstraint 400 "The specified location-constraint is not valid",
    InvalidObjectState 403 "The operation is not valid for the current state of the object.",
    InvalidPart 400 "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    InvalidPartOrder 400 "The list of parts was not in ascending order. Parts must be ordered by part number.",
    InvalidPolicyDocument 400 "The content of the form does not meet the conditions specified in the policy document.",
    InvalidRange 416 "The requested range is not satisfiable",
    InvalidRedirectLocation 400 "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    InvalidRequest 400 "Invalid Request",
    InvalidRetentionPeriod 400 "The retention period must be a positive number of days or years.",
    InvalidStorageClass 400 "The storage class you specified is not valid",
    InvalidTag 400 "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.",
    InvalidToken 400 "The provided token is malformed or otherwise not valid.",
    InvalidURI 400 "Couldn't parse the specified URI.",
    KeyTooLongError 400 "Your key is too long",
    MalformedACLError 400 "The XML you provided was not well-formed or did not validate against our published schema",
    MalformedPOSTRequest 400 "The body of your POST request is not well-formed multipart/form-data.",
    MalformedPolicy 400 "Policy has invalid resource",
    MalformedXML 400 "The XML you provided was not well-formed or did not validate against our published schema",
    MaxMessageLengthExceeded 400 "Your request was too big.",
    MaxPostPreDataLengthExceeded 400 "Your POST request fields preceding the upload file were too large.",
    MetadataConfigurationNotFound 404 "The metadata configuration does not exist",
    MetadataTooLarge 400 "Your metadata headers exceed the maximum allowed metadata size",
    MethodNotAllowed 405 "The specified method is not allowed against this resource.",
    MissingContentLength 411 "You must provide the Content-Length HTTP header.",
    MissingRequestBodyError 400 "Request Body is empty",
    MissingSecurityHeader 400 "Your request was missing a required header",
    NoSuchBucket 404 "The specified bucket does not exist",
    NoSuchBucketPolicy 404 "The bucket policy does not exist",
    NoSuchCORSConfiguration 404 "The CORS configuration does not exist",
    NoSuchConfiguration 404 "The specified configuration does not exist.",
    NoSuchKey 404 "The specified key does not exist.",
    NoSuchLifecycleConfiguration 404 "The lifecycle configuration does not exist",
    NoSuchObjectLockConfiguration 404 "The specified object does not have a ObjectLock configuration",
    NoSuchPublicAccessBlockConfiguration 404 "The public access block configuration was not found",
    NoSuchTagSet 404 "The TagSet does not exist",
    NoSuchUpload 404 "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    NoSuchVersion 404 "The specified version does not exist.",
    NoSuchWebsiteConfiguration 404 "The specified bucket does not have a website configuration",
    NotImplemented 501 "A header you provided implies functionality that is not implemented",
    NotModified 304 "Not Modified",
    ObjectLockConfigurationNotFoundError 404 "Object Lock configuration does not exist for this bucket",
    OperationAborted 409 "A conflicting conditional operation is currently in progress against this resource. Please try again.",
    OwnershipControlsNotFoundError 404 "The bucket ownership controls were not found",
    PermanentRedirect 301 "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    PreconditionFailed 412 "At least one of the pre-conditions you specified did not hold",
    ReplicationConfigurationNotFoundError 404 "The replication configuration was not found",
    RequestHeaderSectionTooLarge 400 "Your request header section exceeds the maximum allowed size.",
    RequestTimeTooSkewed 403 "The difference between the request time and the current time is too large.",
    RequestTimeout 400 "Your socket connection to the server was not read from or written to within the timeout period.",
    ServerSideEncryptionConfigurationNotFoundError 404 "The server side encryption configuration was not found",
    ServiceUnavailable 503 "Service is unable to handle request.",
    SignatureDoesNotMatch 403 "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    SlowDown 503 "Please reduce your request rate.",
    TooManyBuckets 400 "You have attempted to create more buckets than allowed",
    TooManyParts 400 "You have attempted to add more parts than the maximum of 10000 that are allowed for this object.",
    UnexpectedContent 400 "This request does not support content",
    UnresolvableGrantByEmailAddress 400 "The email address you provided does not match any account on record.",
    UserKeyMustBeSpecified 400 "The bucket POST must contain the specified field name. If it is specified, check the order of the fields.",
    XAmzContentSHA256Mismatch 400 "The provided 'x-amz-content-sha256' header does not match what was computed.",
}

/// What an operation answers instead of a result.
#[derive(Debug, Clone)]
pub struct S3Error {
    /// The code.
    pub code: S3ErrorCode,
    /// What happened, to what, and what to do.
    pub message: Cow<'static, str>,
    /// Further elements of the document, such as `Region` or `MaxSizeAllowed`, in order.
    pub fields: Vec<(&'static str, String)>,
    /// Further headers of the answer.
    pub headers: Vec<(&'static str, String)>,
}

impl From<S3ErrorCode> for S3Error {
    fn from(code: S3ErrorCode) -> Self {
        Self { code, message: Cow::Borrowed(code.message()), fields: Vec::new(), headers: Vec::new() }
    }
}

impl S3ErrorCode {
    /// The error with a message of its own.
    #[must_use]
    pub fn because(self, message: impl Into<Cow<'static, str>>) -> S3Error {
        S3Error { message: message.into(), ..self.into() }
    }
}

impl S3Error {
    /// Replaces the message.
    #[must_use]
    pub fn saying(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// Adds an element to the document.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Adds an element to the document unless it has one of this name.
    #[must_use]
    pub fn field_or(self, name: &'static str, value: &str) -> Self {
        if self.fields.iter().any(|(n, _)| *n == name) { self } else { self.field(name, value) }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl S3Error {
    /// With the elements that AWS answers with this code about the target of the request, where whoever made the error
    /// has not named another one (the source of a copy).
    #[must_use]
    pub fn about(self, method: &str, bucket: Option<&str>, key: Option<&str>) -> Self {
        use S3ErrorCode as Code;
        let (name, value) = match self.code {
            Code::MethodNotAllowed => ("Method", Some(method)),
            Code::NoSuchKey | Code::NoSuchVersion => ("Key", key),
            Code::NoSuchBucket
            | Code::BucketAlreadyExists
            | Code::BucketAlreadyOwnedByYou
            | Code::BucketNotEmpty
            | Code::InvalidBucketName
            | Code::MetadataConfigurationNotFound
            | Code::NoSuchBucketPolicy
            | Code::NoSuchCORSConfiguration
            | Code::NoSuchLifecycleConfiguration
            | Code::NoSuchPublicAccessBlockConfiguration
            | Code::NoSuchTagSet
            | Code::NoSuchWebsiteConfiguration
            | Code::ObjectLockConfigurationNotFoundError
            | Code::OwnershipControlsNotFoundError
            | Code::ReplicationConfigurationNotFoundError
            | Code::ServerSideEncryptionConfigurationNotFoundError => ("BucketName", bucket),
            _ => return self,
        };
        match value {
            Some(value) => self.field_or(name, value),
            None => self,
        }
    }
}

/// The one place where a store's failure becomes an S3 error.
impl From<StorageError> for S3Error {
    fn from(failure: StorageError) -> Self {
        match failure {
            StorageError::Unavailable(_) | StorageError::OutcomeUnknown(_) => {
                tracing::warn!(error = %failure, "the store did not answer");
                S3ErrorCode::ServiceUnavailable
                    .because("The store could not answer in time. Try again.")
                    .header("retry-after", "1")
            }
            StorageError::Full(_) => {
                tracing::error!(error = %failure, "no room for new data");
                S3ErrorCode::ServiceUnavailable
                    .because("The store has no room for new data at the moment. Try again later.")
                    .header("retry-after", "30")
            }
            StorageError::Stopped(_) => {
                tracing::error!(error = %failure, "the store has stopped");
                S3ErrorCode::ServiceUnavailable
                    .because("The store has stopped and waits for its operator.")
                    .header("retry-after", "30")
            }
            StorageError::Corrupt(_) => {
                tracing::error!(error = %failure, "stored data is damaged");
                S3ErrorCode::InternalError.because("Stored data of this object is damaged; the operator has been told.")
            }
        }
    }
}

/// What the accounts refuse where S3 has no error of its own for it is a defect of whoever asked them.
impl From<AccountError> for S3Error {
    fn from(failure: AccountError) -> Self {
        match failure {
            AccountError::Store(failure) => failure.into(),
            AccountError::Busy(_) => S3ErrorCode::OperationAborted.into(),
            other => S3ErrorCode::InternalError.because(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_and_a_message() {
        for code in S3ErrorCode::ALL {
            let fits = (300..=599).contains(&code.status()) && !code.message().is_empty();
            assert!(fits && code.name().is_ascii(), "{code:?}");
        }
        let names: std::collections::BTreeSet<_> = S3ErrorCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), S3ErrorCode::ALL.len());
    }

    #[test]
    fn an_error_names_what_it_is_about_once() {
        let target = |error: S3Error| error.about("PUT", Some("b"), Some("k")).fields;
        assert_eq!(target(S3ErrorCode::NoSuchKey.into()), [("Key", "k".to_owned())]);
        let source = S3Error::from(S3ErrorCode::NoSuchKey).field("Key", "source");
        assert_eq!(target(source), [("Key", "source".to_owned())]);
        assert_eq!(target(S3ErrorCode::NoSuchBucket.into()), [("BucketName", "b".to_owned())]);
        assert_eq!(target(S3ErrorCode::MethodNotAllowed.into()), [("Method", "PUT".to_owned())]);
        assert_eq!(target(S3ErrorCode::SlowDown.into()), []);
    }
}
