//! `VersioningConfiguration`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::storage::Versioning;

/// Writes it; empty where versioning was never enabled.
#[must_use]
pub fn write(versioning: Versioning) -> Bytes {
    let mut out = Document::new("VersioningConfiguration");
    match versioning {
        Versioning::Off => {}
        Versioning::Enabled => out.text("Status", "Enabled"),
        Versioning::Suspended => out.text("Status", "Suspended"),
    }
    out.finish()
}

/// Reads it.
///
/// # Errors
/// `MalformedXML`; `IllegalVersioningConfigurationException` without a status; `NotImplemented` for MFA delete.
pub fn parse(document: &[u8]) -> Result<Versioning, S3Error> {
    let root = Element::parse(document, "VersioningConfiguration")?;
    match root.text_of("MfaDelete").map(str::trim) {
        None | Some("Disabled") => {}
        Some("Enabled") => return Err(S3ErrorCode::NotImplemented.because("MFA delete is not implemented.")),
        Some(_) => return Err(malformed("MfaDelete is neither Enabled nor Disabled")),
    }
    match root.text_of("Status").map(str::trim) {
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        Some(status) if !status.is_empty() => Err(malformed("Status is neither Enabled nor Suspended")),
        _ => Err(S3ErrorCode::IllegalVersioningConfigurationException.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_it_was_written() {
        for state in [Versioning::Enabled, Versioning::Suspended] {
            assert_eq!(parse(&write(state)).expect("parses"), state);
        }
        assert_eq!(
            parse(&write(Versioning::Off)).expect_err("says nothing").code,
            S3ErrorCode::IllegalVersioningConfigurationException
        );
        let with =
            |inner: &str| parse(format!("<VersioningConfiguration>{inner}</VersioningConfiguration>").as_bytes());
        assert_eq!(with("<Status>On</Status>").expect_err("is none").code, S3ErrorCode::MalformedXML);
        let mfa = "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>";
        assert_eq!(with(mfa).expect_err("is not done here").code, S3ErrorCode::NotImplemented);
        assert!(with("<MfaDelete>Disabled</MfaDelete><Status>Enabled</Status>").is_ok(), "boto 2 sends this");
    }
}
