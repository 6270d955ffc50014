//! Every S3 error code once, and the error that operations return.

use std::borrow::Cow;

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
    AccessDenied 403 "Access Denied.",
    AuthorizationHeaderMalformed 400 "The authorization header that you provided is not valid.",
    AuthorizationQueryParametersError 400 "The authorization query parameters that you provided are not valid.",
    BadDigest 400 "The Content-MD5 or checksum value that you specified did not match what the server received.",
    BucketAlreadyExists 409 "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Select a different name and try again.",
    BucketAlreadyOwnedByYou 409 "The bucket that you tried to create already exists, and you own it.",
    BucketNotEmpty 409 "The bucket that you tried to delete is not empty.",
    ConditionalRequestConflict 409 "A conflicting operation occurred while the condition was being judged. Try again.",
    EntityTooLarge 400 "Your proposed upload exceeds the maximum allowed object size.",
    EntityTooSmall 400 "Your proposed upload is smaller than the minimum allowed object size.",
    ExpiredToken 400 "The provided token has expired.",
    IllegalLocationConstraintException 400 "The location constraint does not fit the endpoint that the request was sent to.",
    IllegalVersioningConfigurationException 400 "The versioning configuration specified in the request is not valid.",
    IncompleteBody 400 "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    IncorrectNumberOfFilesInPostRequest 400 "POST requires exactly one file upload per request.",
    InternalError 500 "An internal error occurred. Try again.",
    InvalidAccessKeyId 403 "The access key Id that you provided does not exist in our records.",
    InvalidArgument 400 "Invalid Argument.",
    InvalidBucketName 400 "The specified bucket is not valid.",
    InvalidBucketState 409 "The request is not valid for the current state of the bucket.",
    InvalidDigest 400 "The Content-MD5 or checksum value that you specified is not valid.",
    InvalidLocationConstraint 400 "The specified location constraint is not valid.",
    InvalidPart 400 "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
    InvalidPartOrder 400 "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
    InvalidPolicyDocument 400 "The content of the form does not meet the conditions specified in the policy document.",
    InvalidRange 416 "The requested range is not satisfiable.",
    InvalidRequest 400 "The request is not valid.",
    InvalidStorageClass 400 "The storage class that you specified is not valid.",
    InvalidToken 400 "The provided token is malformed or otherwise not valid.",
    InvalidURI 400 "The specified URI could not be parsed.",
    KeyTooLongError 400 "Your key is too long.",
    MalformedPOSTRequest 400 "The body of your POST request is not well-formed multipart/form-data.",
    MalformedXML 400 "The XML that you provided was not well formed or did not validate against our published schema.",
    MaxMessageLengthExceeded 400 "Your request was too large.",
    MaxPostPreDataLengthExceeded 400 "Your POST request fields preceding the upload file were too large.",
    MetadataTooLarge 400 "Your metadata headers exceed the maximum allowed metadata size.",
    MethodNotAllowed 405 "The specified method is not allowed against this resource.",
    MissingContentLength 411 "You must provide the Content-Length HTTP header.",
    MissingRequestBodyError 400 "The request body is empty.",
    MissingSecurityHeader 400 "Your request is missing a required header.",
    NoSuchBucket 404 "The specified bucket does not exist.",
    NoSuchBucketPolicy 404 "The specified bucket does not have a bucket policy.",
    NoSuchCORSConfiguration 404 "The specified bucket does not have a CORS configuration.",
    NoSuchKey 404 "The specified key does not exist.",
    NoSuchLifecycleConfiguration 404 "The lifecycle configuration does not exist.",
    NoSuchPublicAccessBlockConfiguration 404 "The public access block configuration was not found.",
    NoSuchTagSet 404 "The TagSet does not exist.",
    NoSuchUpload 404 "The specified multipart upload does not exist. The upload ID might not be valid, or the multipart upload might have been aborted or completed.",
    NoSuchVersion 404 "The version ID specified in the request does not match an existing version.",
    NoSuchWebsiteConfiguration 404 "The specified bucket does not have a website configuration.",
    NotImplemented 501 "A header or a request you provided implies functionality that is not implemented.",
    NotModified 304 "Not Modified.",
    ObjectLockConfigurationNotFoundError 404 "Object Lock configuration does not exist for this bucket.",
    OperationAborted 409 "A conflicting conditional operation is currently in progress against this resource. Try again.",
    OwnershipControlsNotFoundError 404 "The bucket ownership controls were not found.",
    PreconditionFailed 412 "At least one of the preconditions that you specified did not hold.",
    ReplicationConfigurationNotFoundError 404 "The replication configuration was not found.",
    RequestHeaderSectionTooLarge 400 "Your request header section exceeds the maximum allowed size.",
    RequestTimeTooSkewed 403 "The difference between the request time and the server's time is too large.",
    RequestTimeout 400 "Your socket connection to the server was not read from or written to within the timeout period.",
    ServerSideEncryptionConfigurationNotFoundError 404 "The server-side encryption configuration was not found.",
    ServiceUnavailable 503 "Service is unable to handle the request. Try again later.",
    SignatureDoesNotMatch 403 "The request signature that we calculated does not match the signature that you provided. Check your secret access key and signing method.",
    SlowDown 503 "Reduce your request rate.",
    TooManyBuckets 400 "You have attempted to create more buckets than are allowed.",
    UnexpectedContent 400 "This request contains unsupported content.",
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

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
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
