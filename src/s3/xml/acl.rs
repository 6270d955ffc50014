//! `AccessControlPolicy`: who may do what to a bucket or an object.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::storage::Tenant;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The policy in which the owner has FULL_CONTROL and nobody else has anything.
#[must_use]
pub fn private(owner: &Tenant) -> Bytes {
    let mut out = Document::new("AccessControlPolicy");
    out.open("Owner");
    owner_members(&mut out, owner);
    out.close();
    out.open("AccessControlList");
    out.open("Grant");
    out.open_with("Grantee", &[("xmlns:xsi", XSI), ("xsi:type", "CanonicalUser")]);
    owner_members(&mut out, owner);
    out.close();
    out.text("Permission", "FULL_CONTROL");
    out.finish()
}

/// The members of an `Owner`, `Initiator` or canonical-user `Grantee`.
pub fn owner_members(out: &mut Document, owner: &Tenant) {
    out.text("ID", &owner.id.to_string());
    out.text("DisplayName", &owner.name);
}

/// Whether a policy says just what [`private`] says about this owner.
///
/// # Errors
/// `MalformedXML`.
pub fn restates_private(document: &[u8], owner: &Tenant) -> Result<bool, S3Error> {
    let root = Element::parse(document, "AccessControlPolicy")?;
    let id = owner.id.to_string();
    let list = root.child("AccessControlList").ok_or_else(|| malformed("it has no AccessControlList"))?;
    let same_owner = root.child("Owner").is_none_or(|o| o.text_of("ID") == Some(&id));
    let mut grants = list.all("Grant");
    let first = grants.next().is_some_and(|grant| {
        let grantee = grant.child("Grantee").and_then(|g| g.text_of("ID"));
        grantee == Some(&id) && grant.text_of("Permission") == Some("FULL_CONTROL")
    });
    Ok(same_owner && first && grants.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::TenantId;

    #[test]
    fn the_private_policy_restates_itself_and_no_other_does() {
        let owner = Tenant { id: TenantId([7; 32]), name: "anna".to_owned() };
        let other = Tenant { id: TenantId([8; 32]), name: "bert".to_owned() };
        let document = private(&owner);
        assert!(restates_private(&document, &owner).expect("parses"));
        assert!(!restates_private(&document, &other).expect("parses"));
        let read = String::from_utf8(document.to_vec()).expect("is UTF-8").replace("FULL_CONTROL", "READ");
        assert!(!restates_private(read.as_bytes(), &owner).expect("parses"));
        assert!(restates_private(b"<AccessControlPolicy/>", &owner).is_err());
    }
}
