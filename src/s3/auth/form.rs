//! The signature of a form: over its policy, in its fields.
//! Source: AWS, "Authenticating requests in browser-based uploads using POST", for V4 and for V2.

use super::keys::{hex, hmac_sha1_base64, hmac_sha256, same, signing_key};
use super::sigv4::{ALGORITHM, Scope, spaced_hex};
use super::{
    Caller, Credential, CredentialSource, Service, SignatureKind, Signed, TOKEN, dates, find, refuse_token, sigv2,
    two_mechanisms,
};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::{Fields, argument};
use crate::s3::services::Rules;

const V4_FIELDS: [&str; 4] = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"];
const V2_FIELDS: [&str; 2] = ["AWSAccessKeyId", "Signature"];

/// Who sends a form.
pub struct Sender<'a> {
    /// The holder of the key that signed, how, and when.
    pub signed: Signed,
    /// What was signed, as sent; `None` of an anonymous form, which no policy binds.
    pub policy: Option<&'a str>,
    /// Fields, lower case, that no policy can cover.
    pub uncovered: &'static [&'static str],
}

/// Finds out who sends a form. Anonymous is only one without any of a signature's fields.
///
/// # Errors
/// `InvalidArgument` for a field that is missing or malformed, `InvalidAccessKeyId`, `SignatureDoesNotMatch`,
/// `InvalidToken`.
pub async fn identify<'a>(
    fields: &'a Fields,
    credentials: &dyn CredentialSource,
    rules: &Rules,
) -> Result<Sender<'a>, S3Error> {
    let any = |names: &[&str]| names.iter().any(|name| fields.get(name).is_some());
    match (any(&V4_FIELDS), any(&V2_FIELDS)) {
        (true, true) => Err(two_mechanisms()),
        (true, false) => v4(fields, credentials, rules).await,
        (false, true) => v2(fields, credentials, rules).await,
        (false, false) if fields.get(TOKEN).is_some() => {
            Err(S3ErrorCode::AccessDenied.because("The form has a security token and no signature."))
        }
        (false, false) => {
            let signed = Signed { caller: Caller::Anonymous, how: SignatureKind::Anonymous, at: None };
            Ok(Sender { signed, policy: None, uncovered: &[] })
        }
    }
}

fn token(fields: &Fields) -> Option<&[u8]> {
    fields.get(TOKEN).map(str::as_bytes)
}

async fn v4<'a>(fields: &'a Fields, credentials: &dyn CredentialSource, rules: &Rules) -> Result<Sender<'a>, S3Error> {
    let [algorithm, credential, date, signature] = V4_FIELDS;
    for name in V4_FIELDS {
        fields.required(name)?;
    }
    let policy = fields.required("Policy")?;
    let wrong = |name: &str, why: String| argument(name, fields.get(name).unwrap_or_default()).saying(why);
    if fields.required(algorithm)? != ALGORITHM {
        return Err(wrong(algorithm, format!("{algorithm} only supports \"{ALGORITHM}\"")));
    }
    let scope = Scope::parse(fields.required(credential)?, Service::S3).map_err(|why| wrong(credential, why))?;
    let timestamp = fields.required(date)?;
    let Some(at) = dates::parse_iso_basic(timestamp) else {
        return Err(wrong(date, format!("{date} must be formatted via ISO8601 Long format")));
    };
    scope.check(timestamp, rules, S3ErrorCode::InvalidArgument).map_err(|error| {
        error.field("ArgumentName", credential).field("ArgumentValue", fields.get(credential).unwrap_or_default())
    })?;
    let found = find(credentials, &scope.access_key, token(fields)).await?;
    let key = signing_key(&found.secret_key, &scope.date, &scope.region, &scope.service);
    let ours = hex(&hmac_sha256(&*key, policy.as_bytes()));
    let caller = verified(found, fields, policy, &ours, fields.required(signature)?)?;
    let signed = Signed { caller, how: SignatureKind::V4Form, at: Some(at) };
    Ok(Sender { signed, policy: Some(policy), uncovered: &["x-amz-signature"] })
}

async fn v2<'a>(fields: &'a Fields, credentials: &dyn CredentialSource, rules: &Rules) -> Result<Sender<'a>, S3Error> {
    let [access_key, signature] = V2_FIELDS;
    let (access_key, signature) = (fields.required(access_key)?, fields.required(signature)?);
    let policy = fields.required("Policy")?;
    let found = find(credentials, access_key, token(fields)).await?;
    sigv2::check_allowed(rules, &found)?;
    let ours = hmac_sha1_base64(found.secret_key.as_bytes(), policy.as_bytes());
    let caller = verified(found, fields, policy, &ours, signature)?;
    let signed = Signed { caller, how: SignatureKind::V2Form, at: None };
    Ok(Sender { signed, policy: Some(policy), uncovered: &["awsaccesskeyid", "signature"] })
}

fn verified(found: Credential, fields: &Fields, policy: &str, ours: &str, theirs: &str) -> Result<Caller, S3Error> {
    if !same(ours, theirs) {
        return Err(S3Error::from(S3ErrorCode::SignatureDoesNotMatch)
            .field("AWSAccessKeyId", found.access_key)
            .field("StringToSign", policy)
            .field("SignatureProvided", theirs)
            .field("StringToSignBytes", spaced_hex(policy.as_bytes())));
    }
    refuse_token(&found, token(fields))?;
    Ok(Caller::from(found))
}
