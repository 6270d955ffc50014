//! `CORSConfiguration`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::cors::{Rule, Rules};
use crate::s3::error::S3Error;

/// Most rules of a configuration (AWS API_CORSConfiguration).
const RULES_MAX: usize = 100;

/// Reads the rules; [`crate::s3::cors::validate`] looks at what they say.
///
/// # Errors
/// `MalformedXML`.
pub fn parse(document: &[u8]) -> Result<Rules, S3Error> {
    let root = Element::parse(document, "CORSConfiguration")?;
    if root.children.is_empty() || root.children.len() > RULES_MAX {
        return Err(malformed("it has 1 to 100 rules"));
    }
    Ok(Rules { rules: root.children.iter().map(rule).collect::<Result<_, _>>()? })
}

fn rule(element: &Element) -> Result<Rule, S3Error> {
    if element.name != "CORSRule" {
        return Err(unknown(element));
    }
    let mut rule = Rule::default();
    for child in &element.children {
        let text = child.text.clone();
        let list = match child.name.as_str() {
            _ if !child.children.is_empty() => return Err(unknown(child)),
            "AllowedOrigin" => &mut rule.allowed_origins,
            "AllowedMethod" => &mut rule.allowed_methods,
            "AllowedHeader" => &mut rule.allowed_headers,
            "ExposeHeader" => &mut rule.expose_headers,
            "ID" if rule.id.is_none() => {
                rule.id = Some(text);
                continue;
            }
            "MaxAgeSeconds" if rule.max_age_seconds.is_none() => {
                rule.max_age_seconds = Some(seconds(&text)?);
                continue;
            }
            _ => return Err(unknown(child)),
        };
        list.push(text);
    }
    if rule.allowed_origins.is_empty() || rule.allowed_methods.is_empty() {
        return Err(malformed("a rule has an AllowedOrigin and an AllowedMethod"));
    }
    Ok(rule)
}

/// AWS's model has a signed integer of 32 bits.
fn seconds(text: &str) -> Result<u32, S3Error> {
    let seconds = text.trim().parse::<i32>().ok().and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| malformed("MaxAgeSeconds is a number of seconds"))
}

fn unknown(element: &Element) -> S3Error {
    malformed(&format!("{:?} is not known there, or comes twice", element.name))
}

/// Writes the rules as they were read.
#[must_use]
pub fn write(rules: &Rules) -> Bytes {
    let mut out = Document::new("CORSConfiguration");
    for rule in &rules.rules {
        out.open("CORSRule");
        out.maybe("ID", rule.id.as_deref());
        for (name, values) in [
            ("AllowedHeader", &rule.allowed_headers),
            ("AllowedMethod", &rule.allowed_methods),
            ("AllowedOrigin", &rule.allowed_origins),
            ("ExposeHeader", &rule.expose_headers),
        ] {
            values.iter().for_each(|value| out.text(name, value));
        }
        if let Some(seconds) = rule.max_age_seconds {
            out.number("MaxAgeSeconds", seconds.into());
        }
        out.close();
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::cors::validate::check;
    use crate::s3::error::S3ErrorCode;

    fn document(rules: &str) -> Vec<u8> {
        format!("<CORSConfiguration xmlns=\"x\">{rules}</CORSConfiguration>").into_bytes()
    }

    fn rule_with(more: &str) -> String {
        format!("<CORSRule><AllowedOrigin>a</AllowedOrigin><AllowedMethod>GET</AllowedMethod>{more}</CORSRule>")
    }

    fn refused(rules: &str) -> S3ErrorCode {
        let outcome = parse(&document(rules)).and_then(|rules| rules.rules.iter().try_for_each(check));
        outcome.expect_err(rules).code
    }

    #[test]
    fn what_was_read_is_written() {
        let text = rule_with(
            "<ExposeHeader>ETag</ExposeHeader><AllowedHeader>x-*</AllowedHeader><MaxAgeSeconds> 7 </MaxAgeSeconds>\
             <AllowedOrigin></AllowedOrigin><ID>ü &amp;</ID><AllowedMethod>*</AllowedMethod>",
        );
        let rules = parse(&document(&text)).expect("parses");
        assert_eq!(rules.rules[0].allowed_origins, ["a", ""]);
        assert_eq!(rules.rules[0].max_age_seconds, Some(7));
        check(&rules.rules[0]).expect("is legal");
        assert_eq!(parse(&write(&rules)).expect("parses"), rules);
    }

    #[test]
    fn what_is_not_of_the_schema_is_malformed() {
        for bad in [
            "",
            "<CORSRule/>",
            "<CORSRule><AllowedOrigin>a</AllowedOrigin></CORSRule>",
            "<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>",
            "<Rule/>",
            &rule_with("<Allow/>"),
            &rule_with("<ID>a</ID><ID>b</ID>"),
            &rule_with("<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds>"),
            &rule_with("<MaxAgeSeconds>-1</MaxAgeSeconds>"),
            &rule_with("<MaxAgeSeconds>2147483648</MaxAgeSeconds>"),
            &rule_with("<MaxAgeSeconds/>"),
            &rule_with("<AllowedOrigin><b/></AllowedOrigin>"),
            &rule_with("").repeat(101),
        ] {
            assert_eq!(refused(bad), S3ErrorCode::MalformedXML, "{bad}");
        }
        assert!(parse(&document(&rule_with("").repeat(100))).is_ok());
    }

    #[test]
    fn what_no_rule_may_say_is_an_invalid_request() {
        let id = |length: usize| format!("<ID>{}</ID>", "ü".repeat(length));
        for bad in [
            "<AllowedMethod>OPTIONS</AllowedMethod>",
            "<AllowedMethod>get</AllowedMethod>",
            "<AllowedMethod/>",
            "<AllowedOrigin>*a*</AllowedOrigin>",
            "<AllowedHeader>*a*</AllowedHeader>",
            "<ExposeHeader>x-amz-*</ExposeHeader>",
            "<ExposeHeader>ETag&#13;&#10;Set-Cookie: a=b</ExposeHeader>",
            "<ExposeHeader>ETag&#10;x</ExposeHeader>",
            "<AllowedHeader>a&#13;b</AllowedHeader>",
            "<AllowedOrigin>ä</AllowedOrigin>",
            &id(256),
        ] {
            assert_eq!(refused(&rule_with(bad)), S3ErrorCode::InvalidRequest, "{bad}");
        }
        parse(&document(&rule_with(&id(255)))).and_then(|rules| check(&rules.rules[0])).expect("is legal");
    }
}
