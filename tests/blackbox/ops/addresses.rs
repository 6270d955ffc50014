//! Grants to e-mail addresses, of tenants that operators make.

use serde_json::{Value, json};

use crate::admin::operator::{Operator, fresh};
use crate::client::Client;
use crate::harness::Server;
use crate::ops::Ground;
use crate::ops::acls::{assert_grants, document, id};

/// A tenant with an address.
struct Holder {
    operator: Operator,
    name: String,
    address: String,
    client: Client,
}

impl Holder {
    fn new() -> Self {
        let operator = Operator::of(Server::shared());
        let (name, client) = operator.tenant("holder");
        let address = format!("{}@mail.example", fresh("a"));
        let holder = Self { operator, name, address, client };
        holder.change(json!({ "email": holder.address }));
        holder
    }

    fn change(&self, what: Value) -> Value {
        self.operator.expect(200, "PATCH", &format!("/tenants/{}", self.name), what)
    }
}

#[test]
fn a_grant_to_an_address_is_one_to_its_tenant() {
    let (g, holder) = (Ground::new(), Holder::new());
    let (alice, other) = (id(&g.alice), id(&holder.client));
    let address = &holder.address;
    let object = g.path("k");
    let request = g.alice.request("PUT", &object).header("x-amz-grant-read", format!("emailAddress=\"{address}\""));
    request.body("x").send().assert_status(200);
    for target in [object.as_str(), &g.root()] {
        let acl = format!("{target}?acl");
        for header in [
            format!("emailAddress=\"{address}\""),
            format!("emailAddress={}", address.to_uppercase()),
            format!("EmailAddress=\"{address}\", id={alice}"),
        ] {
            let both = header.contains("id=");
            g.alice.request("PUT", &acl).header("x-amz-grant-read", &header).send().assert_status(200);
            let grants = [(other.as_str(), "READ"), (alice.as_str(), "READ")];
            assert_grants(&g.alice.get(&acl).assert_status(200), &grants[..if both { 2 } else { 1 }]);
            holder.client.get(target).assert_status(200);
            g.bob.get(target).assert_error(403, "AccessDenied");
        }
        let text = document(&alice, &[(&alice, "FULL_CONTROL"), (address, "READ_ACP")]);
        g.alice.put(&acl, text).assert_status(200);
        let told = g.alice.get(&acl).assert_status(200);
        assert_grants(&told, &[(&alice, "FULL_CONTROL"), (&other, "READ_ACP")]);
        assert!(!told.text().contains(address.as_str()), "an address is told to nobody: {told}");
        holder.client.get(&acl).assert_status(200);
        holder.client.get(target).assert_error(403, "AccessDenied");
    }
}

#[test]
fn an_address_that_nobody_has_any_more_is_nobodys() {
    let (g, holder) = (Ground::new(), Holder::new());
    let (alice, other, acl) = (id(&g.alice), id(&holder.client), format!("{}?acl", g.root()));
    let grant = |address: &str| {
        g.alice.request("PUT", &acl).header("x-amz-grant-read", format!("emailAddress=\"{address}\"")).send()
    };
    grant(&holder.address).assert_status(200);
    let later = format!("later-{}", holder.address);
    holder.change(json!({ "email": later }));
    let reply = grant(&holder.address).assert_error(400, "UnresolvableGrantByEmailAddress");
    assert_eq!(reply.element("Email").as_deref(), Some(holder.address.as_str()), "{reply}");
    let text = document(&alice, &[(&holder.address, "READ")]);
    g.alice.put(&acl, text).assert_error(400, "UnresolvableGrantByEmailAddress");
    assert_grants(&g.alice.get(&acl), &[(&other, "READ")]);
    grant(&later).assert_status(200);
    holder.client.get(&g.root()).assert_status(200);
}

/// So that no grant is ambiguous.
#[test]
fn an_address_is_one_tenants() {
    let holder = Holder::new();
    let operator = &holder.operator;
    let (name, _) = operator.tenant("second");
    for address in [holder.address.clone(), holder.address.to_uppercase()] {
        let (body, path) = (json!({ "email": address }), format!("/tenants/{name}"));
        operator.refused(409, "exists", "PATCH", &path, body);
        let body = json!({ "name": fresh("third"), "email": address });
        operator.refused(409, "exists", "POST", "/tenants", body);
    }
}
