//! What requests say about the checksum of what they carry.

use super::{Algorithm, decoded};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;

/// What a request says about a checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which one.
    pub algorithm: Algorithm,
    /// As sent; `None` when it comes as a trailer.
    pub value: Option<String>,
}

impl Claim {
    /// Compares what was claimed with what was computed, both base64.
    ///
    /// # Errors
    /// `BadDigest`.
    pub fn verify(&self, sent: &str, computed: &str) -> Result<(), S3Error> {
        if sent == computed {
            return Ok(());
        }
        let name = self.algorithm.name();
        Err(S3ErrorCode::BadDigest.because(format!("The {name} you specified did not match the calculated checksum.")))
    }
}

const PREFIX: &str = "x-amz-checksum-";
/// Headers with the prefix that are no checksums.
const OTHERS: [&str; 3] = ["algorithm", "mode", "type"];
const ANNOUNCED: &str = "x-amz-sdk-checksum-algorithm";

/// Reads the checksum of its body that a request carries or announces as a trailer.
///
/// # Errors
/// `InvalidRequest` for more than one and for one that S3 does not know; `BadDigest` for one that is no base64 of the
/// right length.
pub fn claim(headers: &Headers) -> Result<Option<Claim>, S3Error> {
    let mut found = in_headers(headers)?;
    for Claim { algorithm, value } in &found {
        if value.as_deref().is_none_or(|v| decoded(*algorithm, v).is_none()) {
            return Err(cannot_be(*algorithm));
        }
    }
    for trailer in headers.all("x-amz-trailer") {
        let names = std::str::from_utf8(trailer).unwrap_or("?").split(',').map(|name| name.trim().to_ascii_lowercase());
        for name in names.filter(|name| !name.is_empty()) {
            let algorithm = Algorithm::ALL.into_iter().find(|a| a.header() == name).ok_or_else(|| {
                S3ErrorCode::InvalidRequest.because("The value specified in the x-amz-trailer header is not supported")
            })?;
            found.push(Claim { algorithm, value: None });
        }
    }
    single(found)
}

/// Reads the checksum of the object that a completion is to have; that of parts may end in `-N`.
///
/// # Errors
/// As [`claim`].
pub fn claim_of_object(headers: &Headers) -> Result<Option<Claim>, S3Error> {
    let found = single(in_headers(headers)?)?;
    if let Some(Claim { algorithm, value: Some(value) }) = &found {
        let (bare, parts) = value.split_once('-').unwrap_or((value, "1"));
        let counts = !parts.is_empty() && parts.bytes().all(|b| b.is_ascii_digit());
        if !counts || decoded(*algorithm, bare).is_none() {
            return Err(cannot_be(*algorithm));
        }
    }
    Ok(found)
}

fn in_headers(headers: &Headers) -> Result<Vec<Claim>, S3Error> {
    let mut found = Vec::new();
    for (name, value) in headers.iter() {
        let Some(which) = name.strip_prefix(PREFIX).filter(|which| !OTHERS.contains(which)) else { continue };
        let algorithm = Algorithm::ALL.into_iter().find(|a| a.header() == name);
        let algorithm = algorithm.filter(|_| !which.is_empty()).ok_or_else(|| {
            S3ErrorCode::InvalidRequest
                .because("The algorithm type you specified in x-amz-checksum- header is invalid.")
        })?;
        found.push(Claim { algorithm, value: Some(String::from_utf8_lossy(value).into_owned()) });
    }
    Ok(found)
}

fn single(mut found: Vec<Claim>) -> Result<Option<Claim>, S3Error> {
    if found.len() > 1 {
        return Err(S3ErrorCode::InvalidRequest
            .because("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."));
    }
    Ok(found.pop())
}

/// Checks that the checksum which an SDK says it sends is the one that came. A presigned URL names the algorithm that
/// its maker would use, which binds nobody who uses the URL.
///
/// # Errors
/// `InvalidRequest`.
pub fn announced(headers: &Headers, presigned: bool, claim: Option<&Claim>) -> Result<(), S3Error> {
    let Some(name) = headers.get(ANNOUNCED).filter(|_| !presigned) else { return Ok(()) };
    match (Algorithm::parse(name), claim) {
        (Some(announced), Some(claim)) if announced == claim.algorithm => Ok(()),
        (Some(_), None) => Err(S3ErrorCode::InvalidRequest.because(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers \
             were found.",
        )),
        _ => Err(invalid(ANNOUNCED, "header")),
    }
}

/// Checks a value that came as a trailer.
///
/// # Errors
/// `InvalidRequest`.
pub fn in_trailer(algorithm: Algorithm, value: &str) -> Result<(), S3Error> {
    match decoded(algorithm, value) {
        Some(_) => Ok(()),
        None => Err(invalid(algorithm.header(), "trailing header")),
    }
}

/// No body has such a checksum. AWS answers `InvalidRequest`, Ceph's gateway and suite what its documentation says of
/// checksums that do not match.
fn cannot_be(algorithm: Algorithm) -> S3Error {
    S3ErrorCode::BadDigest.because(format!("Value for {} header is invalid.", algorithm.header()))
}

fn invalid(name: &str, place: &str) -> S3Error {
    S3ErrorCode::InvalidRequest.because(format!("Value for {name} {place} is invalid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::default();
        pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
        headers
    }

    #[test]
    fn claims_are_single_and_well_formed() {
        let with = |pairs: &[(&str, &str)]| claim(&headers(pairs));
        assert_eq!(with(&[]).expect("is valid"), None);
        let trailer = with(&[("x-amz-trailer", "x-amz-checksum-crc32")]).expect("is valid").expect("is there");
        assert_eq!(trailer, Claim { algorithm: Algorithm::Crc32, value: None });
        assert!(with(&[("x-amz-checksum-crc32", "AAAAAA==")]).expect("is valid").is_some());
        assert!(
            with(&[("x-amz-checksum-mode", "ENABLED"), ("x-amz-checksum-algorithm", "x")]).expect("fine").is_none()
        );
        for bad in ["AAAA", "AAAAAA==-1", "bad", ""] {
            assert_eq!(with(&[("x-amz-checksum-crc32", bad)]).expect_err(bad).code, S3ErrorCode::BadDigest, "{bad}");
        }
        for bad in [
            &[("x-amz-checksum-md4", "AAAAAA==")][..],
            &[("x-amz-checksum-", "AAAAAA==")],
            &[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32", "AAAAAA==")],
            &[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-trailer", "x-amz-checksum-sha1")],
            &[("x-amz-trailer", "x-evil")],
        ] {
            assert_eq!(with(bad).expect_err("is wrong").code, S3ErrorCode::InvalidRequest, "{bad:?}");
        }
    }

    #[test]
    fn an_objects_checksum_may_count_its_parts() {
        let with = |value: &str| claim_of_object(&headers(&[("x-amz-checksum-crc32", value)])).is_ok();
        assert!(with("AAAAAA==") && with("AAAAAA==-12"));
        for bad in ["x", "AAAAAA==-", "AAAAAA==-1a", "AAAAAA==--3", "AAAAAA==-1-2", ""] {
            assert!(!with(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_announced_has_to_come() {
        let named = headers(&[(ANNOUNCED, "CRC32")]);
        let crc32 = Claim { algorithm: Algorithm::Crc32, value: None };
        let sha1 = Claim { algorithm: Algorithm::Sha1, value: None };
        assert!(announced(&named, false, Some(&crc32)).is_ok());
        assert!(announced(&named, true, None).is_ok());
        assert!(announced(&named, false, None).is_err());
        assert!(announced(&named, false, Some(&sha1)).is_err());
    }
}
