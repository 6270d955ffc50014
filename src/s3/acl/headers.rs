//! `x-amz-grant-*`: each header lists who gets one right, as `id="…", uri="…", emailAddress="…"`.

use super::grantee::{AskedGrant, NamedGrantee};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::Permission;

/// What the names of all of them start with.
pub const PREFIX: &str = "x-amz-grant-";

const PERMISSIONS: [(&str, Permission); 5] = [
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
    ("x-amz-grant-full-control", Permission::FullControl),
];

/// The grants that headers ask for, in the order of the rights; `None` when there is no such header.
///
/// # Errors
/// `InvalidArgument` for a header that is none of them, or that lists no grantees.
pub fn parse(headers: &Headers) -> Result<Option<Vec<AskedGrant>>, S3Error> {
    let mut named = headers.iter().filter(|(name, _)| name.starts_with(PREFIX)).peekable();
    if named.peek().is_none() {
        return Ok(None);
    }
    if let Some((unknown, _)) = named.find(|(name, _)| PERMISSIONS.iter().all(|(known, _)| known != name)) {
        return Err(S3Error::from(S3ErrorCode::InvalidArgument).field("ArgumentName", unknown));
    }
    let mut grants = Vec::new();
    for (name, permission) in PERMISSIONS {
        for value in headers.all(name) {
            let text = String::from_utf8_lossy(value);
            let refuse = || {
                S3ErrorCode::InvalidArgument
                    .because("Argument format not recognized")
                    .field("ArgumentName", name)
                    .field("ArgumentValue", text.as_ref())
            };
            let grantees = grantees(&text).ok_or_else(refuse)?;
            grants.extend(grantees.into_iter().map(|grantee| AskedGrant { grantee, permission }));
        }
    }
    Ok(Some(grants))
}

/// The grantees of one header; `None` when it is no list of them.
fn grantees(mut rest: &str) -> Option<Vec<NamedGrantee>> {
    let mut found = Vec::new();
    loop {
        let (kind, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        found.push(match kind.trim().to_ascii_lowercase().as_str() {
            "id" => NamedGrantee::Id(value.to_owned()),
            "uri" => NamedGrantee::Uri(value.to_owned()),
            "emailaddress" => NamedGrantee::Email(value.to_owned()),
            _ => return None,
        });
        let after = after.trim_start();
        if after.is_empty() {
            return Some(found);
        }
        rest = after.strip_prefix(',')?;
    }
}

/// A value in quotes, or up to the next comma; and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let (value, after) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_at(text.find(',').unwrap_or(text.len())),
    };
    let value = value.trim();
    (!value.is_empty()).then_some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&str, &str)]) -> Result<Vec<(String, Permission)>, S3ErrorCode> {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(*name, (*value).to_owned()));
        let grants = parse(&headers).map_err(|error| error.code)?.unwrap_or_default();
        let text = |grant: AskedGrant| match grant.grantee {
            NamedGrantee::Id(id) => (format!("id {id}"), grant.permission),
            NamedGrantee::Email(email) => (format!("email {email}"), grant.permission),
            NamedGrantee::Uri(uri) => (format!("uri {uri}"), grant.permission),
        };
        Ok(grants.into_iter().map(text).collect())
    }

    #[test]
    fn grantees_come_with_and_without_quotes() {
        let grants = read(&[
            ("x-amz-grant-full-control", "id=\"1\""),
            ("x-amz-grant-read", "id=2, uri=\"http://a,b\" ,emailAddress = \"a@b.c\""),
            ("x-amz-grant-read", "ID=3"),
            ("x-amz-acl", "x"),
        ]);
        let read = |name: &str| (name.to_owned(), Permission::Read);
        let wanted = [
            read("id 2"),
            read("uri http://a,b"),
            read("email a@b.c"),
            read("id 3"),
            ("id 1".into(), Permission::FullControl),
        ];
        assert_eq!(grants.expect("reads"), wanted);
        assert_eq!(read_none(), None);
    }

    fn read_none() -> Option<Vec<AskedGrant>> {
        parse(&Headers::default()).expect("reads")
    }

    #[test]
    fn what_lists_nobody_is_refused() {
        for value in
            ["", " ", "id", "id=", "id=\"", "id=\"\"", "id=1,", "id=1;uri=2 id=", "name=1", "id=\"1\" id=\"2\"", "=1"]
        {
            let refused = read(&[("x-amz-grant-read", value)]);
            let one_odd_id = matches!(&refused, Ok(grants) if grants.len() == 1 && value.contains(';'));
            assert!(refused == Err(S3ErrorCode::InvalidArgument) || one_odd_id, "{value:?}: {refused:?}");
        }
        assert_eq!(read(&[("x-amz-grant-delete", "id=1")]), Err(S3ErrorCode::InvalidArgument));
    }
}
