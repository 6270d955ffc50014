//! `AccessControlPolicy`: who may do what to a bucket or an object.

use bytes::Bytes;

use super::{Document, Element};
use crate::s3::acl::{AskedGrant, NamedGrantee, group_uri};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::owners::Names;
use crate::storage::{AccessControlList, Grant, Grantee, Permission, Tenant, TenantId};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const PERMISSIONS: [(Permission, &str); 5] = [
    (Permission::Read, "READ"),
    (Permission::Write, "WRITE"),
    (Permission::ReadAcp, "READ_ACP"),
    (Permission::WriteAcp, "WRITE_ACP"),
    (Permission::FullControl, "FULL_CONTROL"),
];

/// The policy of a resource of this owner. Grants to groups come first, as Ceph's gateway lists them and its tests
/// expect; otherwise they come in the order in which they were given.
#[must_use]
pub fn policy(owner: TenantId, list: &AccessControlList, names: &Names) -> Bytes {
    let mut out = Document::new("AccessControlPolicy");
    out.open("Owner");
    owner_members(&mut out, &names.tenant(owner));
    out.close();
    out.open("AccessControlList");
    let to_group = |grant: &&Grant| matches!(grant.grantee(), Some(Grantee::Group(_)));
    let (groups, tenants): (Vec<&Grant>, Vec<&Grant>) = list.grants.iter().partition(to_group);
    for entry in groups.into_iter().chain(tenants) {
        grant(&mut out, entry, names);
    }
    out.finish()
}

/// A grant that this version cannot read allows nothing, and is not shown.
fn grant(out: &mut Document, grant: &Grant, names: &Names) {
    let permission = PERMISSIONS.iter().find(|(permission, _)| *permission == grant.permission());
    let (Some(grantee), Some((_, permission))) = (grant.grantee(), permission) else { return };
    out.open("Grant");
    let kind = match grantee {
        Grantee::Tenant(_) => "CanonicalUser",
        Grantee::Group(_) => "Group",
    };
    out.open_with("Grantee", &[("xmlns:xsi", XSI), ("xsi:type", kind)]);
    match grantee {
        Grantee::Tenant(id) => owner_members(out, &names.tenant(id)),
        Grantee::Group(group) => out.text("URI", group_uri(group)),
    }
    out.close();
    out.text("Permission", permission);
    out.close();
}

/// The members of an `Owner`, `Initiator` or canonical-user `Grantee`. A tenant that is gone has no name.
pub fn owner_members(out: &mut Document, owner: &Tenant) {
    out.text("ID", &owner.id.to_string());
    out.maybe("DisplayName", Some(owner.name.as_str()).filter(|name| !name.is_empty()));
}

/// A policy as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who is said to own the resource.
    pub owner: String,
    /// In the order sent.
    pub grants: Vec<AskedGrant>,
}

/// Reads a policy; who is meant is found out elsewhere. A grantee without `xsi:type` is what its members say.
///
/// # Errors
/// `MalformedACLError`.
pub fn parse(document: &[u8]) -> Result<Policy, S3Error> {
    // AWS has a code of its own for everything that is wrong with these documents.
    let root = Element::parse(document, "AccessControlPolicy")
        .map_err(|error| S3Error { code: S3ErrorCode::MalformedACLError, ..error })?;
    let owner =
        root.child("Owner").and_then(|owner| owner.text_of("ID")).ok_or_else(|| malformed("it lacks an owner"))?;
    let list = root.child("AccessControlList").ok_or_else(|| malformed("it has no AccessControlList"))?;
    let asked = list.children.iter().map(asked);
    Ok(Policy { owner: owner.to_owned(), grants: asked.collect::<Result<_, _>>()? })
}

fn asked(grant: &Element) -> Result<AskedGrant, S3Error> {
    let grantee = grant.child("Grantee").filter(|_| grant.name == "Grant");
    let grantee = grantee.ok_or_else(|| malformed("a list holds grants with a grantee each"))?;
    let permission = grant.text_of("Permission").map(str::trim);
    let permission = PERMISSIONS.iter().find(|(_, name)| Some(*name) == permission);
    let (permission, _) = permission.ok_or_else(|| malformed("a grant has none of the five permissions"))?;
    Ok(AskedGrant { grantee: named(grantee)?, permission: *permission })
}

fn named(grantee: &Element) -> Result<NamedGrantee, S3Error> {
    let member = |name: &str| grantee.text_of(name).map(str::to_owned);
    let id = || member("ID").map(NamedGrantee::Id);
    let uri = || member("URI").map(NamedGrantee::Uri);
    let email = || member("EmailAddress").map(NamedGrantee::Email);
    let named = match grantee.kind.as_str() {
        "CanonicalUser" => id(),
        "Group" => uri(),
        "AmazonCustomerByEmail" => email(),
        "" => id().or_else(uri).or_else(email),
        _ => None,
    };
    named.ok_or_else(|| malformed("a grantee is none of those that there are"))
}

fn malformed(what: &'static str) -> S3Error {
    S3Error::from(S3ErrorCode::MalformedACLError).field("Detail", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(grants: &str) -> String {
        format!(
            "<AccessControlPolicy xmlns='x'><Owner><ID>o</ID><DisplayName>d</DisplayName></Owner>\
             <AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
        )
    }

    fn grant(grantee: &str, permission: &str) -> String {
        format!("<Grant>{grantee}<Permission>{permission}</Permission></Grant>")
    }

    #[test]
    fn grantees_are_read_by_their_type_or_their_members() {
        let xsi =
            |kind: &str, members: &str| format!("<Grantee xmlns:xsi=\"{XSI}\" xsi:type=\"{kind}\">{members}</Grantee>");
        let text = document(
            &[
                grant(&xsi("CanonicalUser", "<ID>1</ID><DisplayName>x</DisplayName>"), "FULL_CONTROL"),
                grant(&xsi("Group", "<URI>u</URI>"), "READ"),
                grant(&xsi("AmazonCustomerByEmail", "<EmailAddress>e</EmailAddress>"), "READ_ACP"),
                grant("<Grantee><ID>2</ID></Grantee>", "WRITE"),
                grant("<Grantee><URI>v</URI></Grantee>", " WRITE_ACP "),
            ]
            .concat(),
        );
        let read = parse(text.as_bytes()).expect("parses");
        let wanted = [
            (NamedGrantee::Id("1".into()), Permission::FullControl),
            (NamedGrantee::Uri("u".into()), Permission::Read),
            (NamedGrantee::Email("e".into()), Permission::ReadAcp),
            (NamedGrantee::Id("2".into()), Permission::Write),
            (NamedGrantee::Uri("v".into()), Permission::WriteAcp),
        ];
        let wanted = wanted.map(|(grantee, permission)| AskedGrant { grantee, permission });
        assert_eq!(read, Policy { owner: "o".into(), grants: wanted.to_vec() });
        assert_eq!(parse(document("").as_bytes()).expect("parses").grants, []);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let of = |grants: String| document(&grants);
        for bad in [
            String::new(),
            "<AccessControlPolicy>".to_owned(),
            "<AccessControlPolicy/>".to_owned(),
            "<Other/>".to_owned(),
            "<AccessControlPolicy><AccessControlList/></AccessControlPolicy>".to_owned(),
            "<AccessControlPolicy><Owner><ID>o</ID></Owner></AccessControlPolicy>".to_owned(),
            of("<Other/>".to_owned()),
            of("<Grant><Permission>READ</Permission></Grant>".to_owned()),
            of(grant("<Grantee><ID>1</ID></Grantee>", "read")),
            of(grant("<Grantee><Name>1</Name></Grantee>", "READ")),
            of(grant("<Grantee xsi:type=\"Group\"><ID>1</ID></Grantee>", "READ")),
            of(grant("<Grantee xsi:type=\"Other\"><ID>1</ID></Grantee>", "READ")),
            of("<Grant><Grantee><ID>1</ID></Grantee></Grant>".to_owned()),
        ] {
            assert_eq!(parse(bad.as_bytes()).expect_err(&bad).code, S3ErrorCode::MalformedACLError, "{bad}");
        }
    }
}
