//! Access control lists as tests write and compare them.

use crate::client::{Client, Reply};

pub const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
pub const AUTHENTICATED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
pub const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// The canonical id of a client's tenant.
#[track_caller]
pub fn id(client: &Client) -> String {
    client.get("/").assert_status(200).element("ID").expect("an owner has an id")
}

/// A document of this owner; each grant is a grantee (an id, an e-mail address or a group's URI) and a permission.
pub fn document(owner: &str, grants: &[(&str, &str)]) -> String {
    let grants: String = grants.iter().map(|(grantee, permission)| grant(grantee, permission)).collect();
    format!(
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>{owner}</ID></Owner>\
         <AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    )
}

fn grant(grantee: &str, permission: &str) -> String {
    let (kind, member) = match grantee {
        group if group.starts_with("http://") => ("Group", "URI"),
        email if email.contains('@') => ("AmazonCustomerByEmail", "EmailAddress"),
        _ => ("CanonicalUser", "ID"),
    };
    format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">\
         <{member}>{grantee}</{member}></Grantee><Permission>{permission}</Permission></Grant>"
    )
}

/// The grants of a list that was answered, in order: grantee and permission.
#[track_caller]
pub fn grants(reply: &Reply) -> Vec<(String, String)> {
    let text = reply.text();
    let member = |grant: &str, name: &str| {
        let (_, rest) = grant.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(value, _)| value.to_owned())
    };
    let one = |grant: &str| {
        let grantee = member(grant, "ID").or_else(|| member(grant, "URI")).expect("a grantee");
        (grantee, member(grant, "Permission").expect("a permission"))
    };
    text.split("<Grant>").skip(1).map(one).collect()
}

/// Fails unless these are the grants.
#[track_caller]
pub fn assert_grants(reply: &Reply, wanted: &[(&str, &str)]) {
    let found = grants(reply);
    let found: Vec<(&str, &str)> = found.iter().map(|(grantee, right)| (grantee.as_str(), right.as_str())).collect();
    assert_eq!(found, wanted, "{reply}");
}
