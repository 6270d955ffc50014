//! `LifecycleConfiguration`. What is not known is refused: a misspelt filter would let a rule take every object.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::calendar::is_midnight;
use crate::s3::lifecycle::{Expiration, Filter, Predicates, Rule, Rules, Scope};
use crate::s3::time::iso8601;
use crate::storage::{Tag, Timestamp};

/// Most rules of a configuration (AWS, "Lifecycle configuration").
const RULES_MAX: usize = 1_000;

/// Reads the rules, each by itself; [`crate::s3::lifecycle::validate`] looks at them together. A rule without an id
/// gets one.
///
/// # Errors
/// `MalformedXML`; `InvalidArgument` for a number or a date that no rule can have; `NotImplemented` for transitions.
pub fn parse(document: &[u8]) -> Result<Vec<Rule>, S3Error> {
    let root = Element::parse(document, "LifecycleConfiguration")?;
    if root.children.is_empty() || root.children.len() > RULES_MAX {
        return Err(malformed("it has 1 to 1,000 rules"));
    }
    root.children.iter().map(rule).collect()
}

fn rule(element: &Element) -> Result<Rule, S3Error> {
    if element.name != "Rule" {
        return Err(unknown(element));
    }
    let transitions = || element.children.iter().filter(|c| c.name.ends_with("Transition"));
    for date in transitions().filter_map(|transition| transition.text_of("Date")) {
        midnight(date.trim())?;
    }
    if transitions().next().is_some() {
        return Err(S3ErrorCode::NotImplemented.because("Transitions need storage classes, which are not implemented."));
    }
    let names = [
        "ID",
        "Status",
        "Prefix",
        "Filter",
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    ];
    let [id, status, prefix, filter, expiration, noncurrent, abort] = members(element, names)?;
    let enabled = match status.map(|s| s.text.trim()) {
        Some("Enabled") => true,
        Some("Disabled") => false,
        _ => return Err(malformed("a rule's Status is neither Enabled nor Disabled")),
    };
    let scope = match (prefix, filter) {
        (Some(prefix), None) => Scope::Prefix(prefix.text.clone()),
        (None, Some(filter)) => Scope::Filter(self::filter(filter)?),
        _ => return Err(malformed("a rule has either a Filter or a Prefix")),
    };
    let (noncurrent_days, newer_noncurrent) = noncurrent.map(self::noncurrent).transpose()?.unwrap_or_default();
    Ok(Rule {
        id: id.map(|id| id.text.clone()).filter(|id| !id.is_empty()).unwrap_or_else(fresh_id),
        enabled,
        scope: Some(scope),
        expiration: expiration.map(self::expiration).transpose()?,
        noncurrent_days,
        newer_noncurrent,
        abort_days: abort.map(self::abort).transpose()?,
    })
}

/// As AWS makes them.
fn fresh_id() -> String {
    data_encoding::BASE64.encode(uuid::Uuid::new_v4().hyphenated().to_string().as_bytes())
}

/// AWS takes one predicate, or an `And` of several. Several without one, which Ceph takes, all have to hold.
fn filter(element: &Element) -> Result<Filter, S3Error> {
    let ands: Vec<&Element> = element.all("And").collect();
    let direct = Element {
        children: element.children.iter().filter(|c| c.name != "And").cloned().collect(),
        ..Element::default()
    };
    let and = match ands.as_slice() {
        [] => None,
        [and] => {
            if and.children.len() < 2 {
                return Err(malformed("an And has two members at least"));
            }
            Some(predicates(and)?)
        }
        _ => return Err(malformed("a Filter has two And")),
    };
    let direct = predicates(&direct)?;
    if direct.tags.len() > 1 {
        return Err(malformed("several Tag need an And"));
    }
    Ok(Filter { direct, and })
}

fn predicates(element: &Element) -> Result<Predicates, S3Error> {
    let others = element.children.iter().filter(|c| c.name != "Tag").cloned().collect();
    let others = Element { children: others, ..Element::default() };
    let [prefix, larger, smaller] = members(&others, ["Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"])?;
    let size = |element: &Element| element.text.trim().parse::<u64>().map_err(|_| malformed("a size is no number"));
    let tag = |element: &Element| {
        let [key, value] = members(element, ["Key", "Value"])?;
        let key =
            key.map(|k| k.text.clone()).filter(|k| !k.is_empty()).ok_or_else(|| malformed("a Tag lacks its Key"))?;
        Ok::<_, S3Error>(Tag { key, value: value.map(|v| v.text.clone()).unwrap_or_default() })
    };
    Ok(Predicates {
        prefix: prefix.map(|p| p.text.clone()),
        tags: element.all("Tag").map(tag).collect::<Result<_, _>>()?,
        larger_than: larger.map(size).transpose()?,
        smaller_than: smaller.map(size).transpose()?,
    })
}

fn expiration(element: &Element) -> Result<Expiration, S3Error> {
    match members(element, ["Days", "Date", "ExpiredObjectDeleteMarker"])? {
        [Some(days), None, None] => Ok(Expiration::Days(positive(days, "Expiration")?)),
        [None, Some(date), None] => Ok(Expiration::Date(midnight(date.text.trim())?)),
        [None, None, Some(marker)] => match marker.text.trim() {
            "true" => Ok(Expiration::ExpiredDeleteMarker(true)),
            "false" => Ok(Expiration::ExpiredDeleteMarker(false)),
            _ => Err(malformed("ExpiredObjectDeleteMarker is neither true nor false")),
        },
        _ => Err(malformed("an Expiration has one of Days, Date and ExpiredObjectDeleteMarker")),
    }
}

fn noncurrent(element: &Element) -> Result<(Option<u32>, Option<u32>), S3Error> {
    let [days, newer] = members(element, ["NoncurrentDays", "NewerNoncurrentVersions"])?;
    let days = days.ok_or_else(|| malformed("a NoncurrentVersionExpiration lacks NoncurrentDays"))?;
    let action = "NoncurrentVersionExpiration";
    Ok((Some(positive(days, action)?), newer.map(|newer| positive(newer, action)).transpose()?))
}

fn abort(element: &Element) -> Result<u32, S3Error> {
    let [days] = members(element, ["DaysAfterInitiation"])?;
    let days = days.ok_or_else(|| malformed("an AbortIncompleteMultipartUpload lacks DaysAfterInitiation"))?;
    positive(days, "AbortIncompleteMultipartUpload")
}

fn positive(element: &Element, action: &str) -> Result<u32, S3Error> {
    let name = &element.name;
    let number = element.text.trim().parse::<i64>().map_err(|_| malformed(&format!("{name} is no number")))?;
    match i32::try_from(number).ok().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0) {
        Some(number) => Ok(number),
        None => Err(S3ErrorCode::InvalidArgument
            .because(format!("'{name}' for {action} action must be a positive integer"))
            .field("ArgumentName", name.as_str())
            .field("ArgumentValue", number.to_string())),
    }
}

/// An ISO 8601 day, or the midnight in UTC that it begins with; seconds since 1970.
fn midnight(text: &str) -> Result<i64, S3Error> {
    let in_full = if text.len() == "2026-11-21".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let time = in_full.parse::<jiff::Timestamp>().map_err(|_| malformed("a Date is not in ISO 8601"))?;
    let seconds = time.as_second();
    if time.subsec_nanosecond() == 0 && is_midnight(seconds) {
        return Ok(seconds);
    }
    Err(S3ErrorCode::InvalidArgument
        .because("'Date' must be at midnight GMT")
        .field("ArgumentName", "Date")
        .field("ArgumentValue", text))
}

/// The children of these names, each there once at most, and no others.
fn members<'e, const N: usize>(element: &'e Element, names: [&str; N]) -> Result<[Option<&'e Element>; N], S3Error> {
    let mut found = [None; N];
    for child in &element.children {
        let place = names.iter().position(|name| *name == child.name).and_then(|at| found.get_mut(at));
        if place.ok_or_else(|| unknown(child))?.replace(child).is_some() {
            return Err(malformed(&format!("{:?} comes twice", child.name)));
        }
    }
    Ok(found)
}

fn unknown(element: &Element) -> S3Error {
    malformed(&format!("{:?} is not known there", element.name))
}

/// Writes the rules as they were read.
#[must_use]
pub fn write(rules: &Rules) -> Bytes {
    let mut out = Document::new("LifecycleConfiguration");
    for rule in &rules.rules {
        out.open("Rule");
        out.text("ID", &rule.id);
        match &rule.scope {
            Some(Scope::Prefix(prefix)) => out.text("Prefix", prefix),
            Some(Scope::Filter(filter)) => write_filter(&mut out, filter),
            None => {}
        }
        out.text("Status", if rule.enabled { "Enabled" } else { "Disabled" });
        write_actions(&mut out, rule);
        out.close();
    }
    out.finish()
}

fn write_filter(out: &mut Document, filter: &Filter) {
    out.open("Filter");
    write_predicates(out, &filter.direct);
    if let Some(and) = &filter.and {
        out.open("And");
        write_predicates(out, and);
        out.close();
    }
    out.close();
}

fn write_predicates(out: &mut Document, predicates: &Predicates) {
    out.maybe("Prefix", predicates.prefix.as_deref());
    for tag in &predicates.tags {
        out.open("Tag");
        out.text("Key", &tag.key);
        out.text("Value", &tag.value);
        out.close();
    }
    for (name, size) in
        [("ObjectSizeGreaterThan", predicates.larger_than), ("ObjectSizeLessThan", predicates.smaller_than)]
    {
        if let Some(size) = size {
            out.number(name, size);
        }
    }
}

fn write_actions(out: &mut Document, rule: &Rule) {
    if let Some(expiration) = rule.expiration {
        out.open("Expiration");
        match expiration {
            Expiration::Days(days) => out.number("Days", days.into()),
            Expiration::Date(seconds) => out.text("Date", &iso8601(Timestamp(seconds.saturating_mul(1_000_000)))),
            Expiration::ExpiredDeleteMarker(removed) => out.flag("ExpiredObjectDeleteMarker", removed),
        }
        out.close();
    }
    if let Some(days) = rule.noncurrent_days {
        out.open("NoncurrentVersionExpiration");
        out.number("NoncurrentDays", days.into());
        if let Some(newer) = rule.newer_noncurrent {
            out.number("NewerNoncurrentVersions", newer.into());
        }
        out.close();
    }
    if let Some(days) = rule.abort_days {
        out.open("AbortIncompleteMultipartUpload");
        out.number("DaysAfterInitiation", days.into());
        out.close();
    }
}

#[cfg(test)]
mod tests;
