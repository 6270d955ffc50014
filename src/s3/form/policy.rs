//! A form's policy: what its signer allows to be uploaded.
//! Source: AWS, "POST policy"; the answers to what breaks one are those that S3 gives.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::Fields;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::time::parse_utc;

/// What a signer allows, for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Seconds since 1970; the last one it is good for.
    expiration: i64,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    /// As the policy has it, for errors.
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Equal {
        field: String,
        value: String,
    },
    StartsWith {
        field: String,
        value: String,
    },
    Length(RangeInclusive<u64>),
    /// It is well formed and cannot be met: a field's name without its dollar sign, a length that is no number.
    Never,
}

/// What a policy is held against.
pub struct Subject<'a> {
    /// The form's fields, with file names filled in.
    pub fields: &'a Fields,
    /// The bucket it is sent to. It counts as a field, whatever a field of that name says.
    pub bucket: &'a str,
    /// Fields of the signature itself, lower case: no policy can cover them.
    pub uncovered: &'static [&'static str],
    /// Seconds since 1970.
    pub now: i64,
}

impl Policy {
    /// Reads a policy as the form has it: Base64 of a JSON document.
    ///
    /// # Errors
    /// `InvalidPolicyDocument` that says what is wrong.
    pub fn parse(encoded: &str) -> Result<Self, S3Error> {
        let bare: Vec<u8> = encoded.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let decoded = data_encoding::BASE64.decode(&bare).map_err(|_| invalid("invalid Base64 encoding."))?;
        let text = String::from_utf8(decoded).map_err(|_| invalid("Invalid JSON."))?;
        let Ok(Value::Object(members)) = serde_json::from_str(&strict(&text)) else {
            return Err(invalid("Invalid JSON."));
        };
        if let Some(name) = members.keys().find(|name| !["expiration", "conditions"].contains(&name.as_str())) {
            return Err(invalid(&format!("Unexpected: '{name}'")));
        }
        let expiration = members.get("expiration").ok_or_else(|| invalid("Policy missing expiration."))?;
        let seconds = expiration.as_str().and_then(parse_utc);
        let shown = expiration.as_str().map_or_else(|| expiration.to_string(), str::to_owned);
        let expiration = seconds.ok_or_else(|| invalid(&format!("Invalid 'expiration' value: '{shown}'")))?;
        let conditions = match members.get("conditions") {
            Some(Value::Array(list)) => list.iter().map(Condition::parse).collect::<Result<_, _>>()?,
            Some(_) => return Err(invalid("Invalid 'conditions' value: must be a List.")),
            None => return Err(invalid("Policy missing conditions.")),
        };
        Ok(Self { expiration, conditions })
    }

    /// Holds a form against the policy; answers the sizes in bytes that its file may have.
    ///
    /// # Errors
    /// `AccessDenied`: the policy has expired, a condition does not hold, or there is a field that no condition is about.
    pub fn judge(&self, subject: &Subject<'_>) -> Result<RangeInclusive<u64>, S3Error> {
        if subject.now > self.expiration {
            return Err(denied("Policy expired."));
        }
        let mut sizes = 0..=u64::MAX;
        for condition in &self.conditions {
            match &condition.test {
                Test::Length(range) => sizes = *sizes.start().max(range.start())..=*sizes.end().min(range.end()),
                test if test.holds(subject) => {}
                _ => return Err(denied(&format!("Policy Condition failed: {}", condition.text))),
            }
        }
        if subject.fields.get("bucket").is_some_and(|said| said != subject.bucket) {
            return Err(denied("the field bucket names another bucket than the one the form was sent to."));
        }
        let names = subject.fields.iter().map(|(name, _)| name).chain(["bucket"]);
        match names.into_iter().find(|name| !self.covers(name) && !needs_no_condition(name, subject.uncovered)) {
            Some(name) => Err(denied(&format!("Extra input fields: {name}"))),
            None => Ok(sizes),
        }
    }

    fn covers(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| match &condition.test {
            Test::Equal { field, .. } | Test::StartsWith { field, .. } => field.eq_ignore_ascii_case(name),
            Test::Length(_) | Test::Never => false,
        })
    }
}

/// Fields that a form may have without a condition: those that do nothing, and checksums, with which an uploader can
/// only make his own upload fail.
fn needs_no_condition(name: &str, uncovered: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    uncovered.contains(&name.as_str())
        || name == "policy"
        || name.starts_with("x-ignore-")
        || name.starts_with("x-amz-checksum-")
}

impl Condition {
    fn parse(value: &Value) -> Result<Self, S3Error> {
        match value {
            Value::Object(members) => {
                let mut members = members.iter();
                let (Some((name, value)), None) = (members.next(), members.next()) else {
                    return Err(invalid(
                        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                    ));
                };
                let value =
                    value.as_str().ok_or_else(|| invalid("Invalid Simple-Condition: value must be a string."))?;
                let text = format!("[\"eq\", {}, {}]", Value::from(format!("${name}")), Value::from(value));
                Ok(Self { text, test: Test::Equal { field: name.clone(), value: value.to_owned() } })
            }
            Value::Array(items) => Self::operation(items),
            _ => Err(invalid("Invalid Condition: must be a List or Object.")),
        }
    }

    fn operation(items: &[Value]) -> Result<Self, S3Error> {
        let missing = || invalid("Invalid Condition: missing operation identifier.");
        let name = items.first().ok_or_else(missing)?.as_str().ok_or_else(missing)?.to_ascii_lowercase();
        if !["eq", "starts-with", "content-length-range"].contains(&name.as_str()) {
            return Err(invalid(&format!("Invalid Condition: unknown operation '{name}'.")));
        }
        let [_, first, second] = items else {
            return Err(invalid(&format!("Invalid {name}: wrong number of arguments.")));
        };
        let shown: Vec<String> = items.iter().map(Value::to_string).collect();
        let text = format!("[{}]", shown.join(", "));
        if name == "content-length-range" {
            let bounds = length(first)?.zip(length(second)?);
            let test = bounds.map_or(Test::Never, |(least, most)| Test::Length(least..=most));
            return Ok(Self { text, test });
        }
        let (Some(field), Some(value)) = (first.as_str(), second.as_str()) else {
            return Err(invalid("Invalid JSON."));
        };
        let value = value.to_owned();
        let test = match (field.strip_prefix('$'), name.as_str()) {
            (None, _) => Test::Never,
            (Some(field), "eq") => Test::Equal { field: field.to_owned(), value },
            (Some(field), _) => Test::StartsWith { field: field.to_owned(), value },
        };
        Ok(Self { text, test })
    }
}

/// A bound of `content-length-range`: a number, or a text of digits; any other text is one that nothing can meet.
fn length(value: &Value) -> Result<Option<u64>, S3Error> {
    match value {
        Value::String(text) => Ok(text.parse().ok()),
        number => number.as_u64().map(Some).ok_or_else(|| invalid("Invalid JSON.")),
    }
}

impl Test {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        let said = |field: &str| match field.eq_ignore_ascii_case("bucket") {
            true => Some(subject.bucket),
            false => subject.fields.get(field),
        };
        match self {
            Self::Equal { field, value } => said(field) == Some(value),
            // AWS, "Condition matching": a Content-Type with commas is a list.
            Self::StartsWith { field, value } if field.eq_ignore_ascii_case("content-type") => {
                said(field).is_some_and(|said| said.split(',').all(|one| one.starts_with(value.as_str())))
            }
            Self::StartsWith { field, value } => said(field).is_some_and(|said| said.starts_with(value.as_str())),
            Self::Length(_) => true,
            Self::Never => false,
        }
    }
}

fn invalid(what: &str) -> S3Error {
    S3ErrorCode::InvalidPolicyDocument.because(format!("Invalid Policy: {what}"))
}

fn denied(what: &str) -> S3Error {
    S3ErrorCode::AccessDenied.because(format!("Invalid according to Policy: {what}"))
}

/// What S3 takes as JSON, as JSON: its documentation escapes the dollar sign (`\$`) and the vertical tab (`\v`), and
/// has a comma after a list's last element.
fn strict(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => match chars.next() {
                Some('$') => out.push('$'),
                Some('v') => out.push_str("\\u000b"),
                other => out.extend(std::iter::once('\\').chain(other)),
            },
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            ',' if !quoted && chars.as_str().trim_start().starts_with([']', '}']) => {}
            _ => out.push(c),
        }
    }
    out
}
