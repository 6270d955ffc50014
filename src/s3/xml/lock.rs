//! `ObjectLockConfiguration`, `Retention`, `LegalHold`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lock::{Retention, hold_name, mode_name, parse_hold, parse_mode};
use crate::s3::time::{iso8601_exact, parse_moment};
use crate::storage::{LockRule, LockSettings, RetentionMode};

/// A century, which is the longest retention that a bucket can give by itself (AWS, "Locking objects").
const DAYS_MAX: u32 = 36_500;
const YEARS_MAX: u32 = 100;

/// Writes a bucket's configuration.
#[must_use]
pub fn configuration(settings: &LockSettings) -> Bytes {
    let mut out = Document::new("ObjectLockConfiguration");
    out.text("ObjectLockEnabled", "Enabled");
    if let Some(rule) = &settings.rule {
        out.open("Rule");
        out.open("DefaultRetention");
        out.text("Mode", mode_name(rule.mode()));
        match rule.years {
            0 => out.number("Days", rule.days.into()),
            years => out.number("Years", years.into()),
        }
    }
    out.finish()
}

/// Reads a bucket's configuration.
///
/// # Errors
/// `MalformedXML`; `InvalidRetentionPeriod` and `InvalidArgument` for a period that is too short or too long;
/// `NotImplemented` for event holds.
pub fn parse_configuration(document: &[u8]) -> Result<LockSettings, S3Error> {
    let root = Element::parse(document, "ObjectLockConfiguration")?;
    if root.required("ObjectLockEnabled")?.trim() != "Enabled" {
        return Err(malformed("ObjectLockEnabled is not Enabled"));
    }
    let Some(element) = root.child("Rule") else { return Ok(LockSettings { rule: None }) };
    let retention = element.child("DefaultRetention").ok_or_else(|| malformed("Rule lacks DefaultRetention"))?;
    Ok(LockSettings { rule: Some(rule(retention)?) })
}

fn rule(element: &Element) -> Result<LockRule, S3Error> {
    refuse_event_hold(element)?;
    let mode = mode(element.required("Mode")?)?.into();
    match (element.text_of("Days"), element.text_of("Years")) {
        (Some(days), None) => Ok(LockRule { mode, days: period("Days", days, DAYS_MAX)?, years: 0 }),
        (None, Some(years)) => Ok(LockRule { mode, days: 0, years: period("Years", years, YEARS_MAX)? }),
        _ => Err(malformed("DefaultRetention has to have one of Days and Years")),
    }
}

fn mode(text: &str) -> Result<RetentionMode, S3Error> {
    parse_mode(text.trim()).ok_or_else(|| malformed("Mode is neither GOVERNANCE nor COMPLIANCE"))
}

fn period(name: &'static str, text: &str, most: u32) -> Result<u32, S3Error> {
    let number: i64 = text.trim().parse().map_err(|_| malformed(&format!("{name} is no number")))?;
    let wrong = |code: S3ErrorCode, why: &'static str| {
        Err(code.because(why).field("ArgumentName", name).field("ArgumentValue", text))
    };
    match u32::try_from(number) {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ if number <= 0 => {
            wrong(S3ErrorCode::InvalidRetentionPeriod, "Default retention period must be a positive integer value.")
        }
        _ => wrong(S3ErrorCode::InvalidArgument, "Default retention period too large."),
    }
}

/// A hold that an event releases is not done here, and must not pass as a retention without one.
fn refuse_event_hold(element: &Element) -> Result<(), S3Error> {
    match element.children.iter().any(|child| child.name.contains("EventHold")) {
        true => Err(S3ErrorCode::NotImplemented.because("Event holds are not implemented.")),
        false => Ok(()),
    }
}

/// Writes a version's retention.
#[must_use]
pub fn retention(retention: Retention) -> Bytes {
    let mut out = Document::new("Retention");
    out.text("Mode", mode_name(retention.mode));
    out.text("RetainUntilDate", &iso8601_exact(retention.until));
    out.finish()
}

/// Reads a version's retention; an empty one asks for none.
///
/// # Errors
/// `MalformedXML`; `NotImplemented` for event holds.
pub fn parse_retention(document: &[u8]) -> Result<Option<Retention>, S3Error> {
    let root = Element::parse(document, "Retention")?;
    refuse_event_hold(&root)?;
    match (root.text_of("Mode"), root.text_of("RetainUntilDate")) {
        (None, None) => Ok(None),
        (Some(text), Some(until)) => {
            let mode = mode(text)?;
            let until = parse_moment(until.trim()).ok_or_else(|| malformed("RetainUntilDate is no ISO 8601 date"))?;
            Ok(Some(Retention { mode, until }))
        }
        _ => Err(malformed("Retention has to have both of Mode and RetainUntilDate")),
    }
}

/// Writes a version's legal hold.
#[must_use]
pub fn legal_hold(on: bool) -> Bytes {
    let mut out = Document::new("LegalHold");
    out.text("Status", hold_name(on));
    out.finish()
}

/// Reads a version's legal hold.
///
/// # Errors
/// `MalformedXML`.
pub fn parse_legal_hold(document: &[u8]) -> Result<bool, S3Error> {
    let root = Element::parse(document, "LegalHold")?;
    parse_hold(root.required("Status")?.trim()).ok_or_else(|| malformed("Status is neither ON nor OFF"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Timestamp;

    #[test]
    fn documents_are_read_as_they_are_written() {
        for rule in [None, Some((1, 0)), Some((36_500, 0)), Some((0, 100))] {
            let rule = rule.map(|(days, years)| LockRule { mode: RetentionMode::Compliance.into(), days, years });
            let settings = LockSettings { rule };
            assert_eq!(parse_configuration(&configuration(&settings)).expect("parses"), settings);
        }
        for micros in [1_795_262_400_000_000, 1_795_262_400_123_000, 1_795_262_400_123_456] {
            let kept = Retention { mode: RetentionMode::Governance, until: Timestamp(micros) };
            assert_eq!(parse_retention(&retention(kept)).expect("parses"), Some(kept));
        }
        for on in [true, false] {
            assert_eq!(parse_legal_hold(&legal_hold(on)).expect("parses"), on);
        }
        assert_eq!(parse_retention(b"<Retention/>").expect("parses"), None);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let code = |inner: &str| {
            let inner = format!("<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>{inner}</Rule>");
            let document = format!("<ObjectLockConfiguration>{inner}</ObjectLockConfiguration>");
            parse_configuration(document.as_bytes()).expect_err(&document).code
        };
        let default = |inner: &str| code(&format!("<DefaultRetention>{inner}</DefaultRetention>"));
        assert_eq!(code(""), S3ErrorCode::MalformedXML);
        for (inner, expected) in [
            ("", S3ErrorCode::MalformedXML),
            ("<Mode>GOVERNANCE</Mode>", S3ErrorCode::MalformedXML),
            ("<Days>1</Days>", S3ErrorCode::MalformedXML),
            ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", S3ErrorCode::MalformedXML),
            ("<Mode>governance</Mode><Days>1</Days>", S3ErrorCode::MalformedXML),
            ("<Mode>GOVERNANCE</Mode><Days>x</Days>", S3ErrorCode::MalformedXML),
            ("<Mode>GOVERNANCE</Mode><Days>0</Days>", S3ErrorCode::InvalidRetentionPeriod),
            ("<Mode>GOVERNANCE</Mode><Years>-1</Years>", S3ErrorCode::InvalidRetentionPeriod),
            ("<Mode>GOVERNANCE</Mode><Days>36501</Days>", S3ErrorCode::InvalidArgument),
            ("<Mode>GOVERNANCE</Mode><Years>9999999999</Years>", S3ErrorCode::InvalidArgument),
            (
                "<Mode>GOVERNANCE</Mode><Days>1</Days><DefaultEventHold>ON</DefaultEventHold>",
                S3ErrorCode::NotImplemented,
            ),
        ] {
            assert_eq!(default(inner), expected, "{inner}");
        }
    }
}
