//! The table of everything that can be asked.

use super::call::Method::{Delete, Get, Patch, Post, Put};
use super::call::{Route, route};
use super::{buckets, entities, keys, purge, tenants, tokens};

/// Every route.
pub(super) fn all() -> Vec<Route> {
    let mut all = tenants();
    all.extend(keys());
    all.extend(groups());
    all.extend(users());
    all.extend(buckets());
    all.extend(tokens());
    all.push(route("openapi", Get, "/openapi.json", "", "This document"));
    all
}

fn tenants() -> Vec<Route> {
    vec![
        route("create_tenant", Post, "/tenants", "tenants:write", "Makes a tenant").created().takes(tenants::create),
        route("list_tenants", Get, "/tenants", "tenants:read", "Lists tenants").paged().gives(tenants::list),
        route("show_tenant", Get, "/tenants/{tenant}", "tenants:read", "Shows a tenant").gives(tenants::show),
        route("change_tenant", Patch, "/tenants/{tenant}", "tenants:write", "Changes what is said about a tenant")
            .takes(tenants::change),
        route("disable_tenant", Post, "/tenants/{tenant}/disable", "tenants:write", "Stops all keys of a tenant")
            .gives(tenants::disable),
        route("enable_tenant", Post, "/tenants/{tenant}/enable", "tenants:write", "Lets a tenant's keys work again")
            .gives(tenants::enable),
        route("delete_tenant", Delete, "/tenants/{tenant}", "tenants:write", "Deletes a tenant without buckets")
            .gives(tenants::delete),
    ]
}

fn keys() -> Vec<Route> {
    vec![
        route("create_key", Post, "/tenants/{tenant}/keys", "keys:write", "Makes a key; its secret is told this once")
            .created()
            .takes(keys::create),
        route(
            "import_key",
            Post,
            "/tenants/{tenant}/keys/import",
            "keys:write",
            "Takes over a key pair from elsewhere",
        )
        .created()
        .takes(keys::import),
        route("list_keys", Get, "/tenants/{tenant}/keys", "keys:read", "Lists the keys of a tenant, or of its user")
            .query("user", "The user whose keys they are; absent: the tenant itself.")
            .gives(keys::list),
        route("show_key", Get, "/keys/{key}", "keys:read", "Shows a key").gives(keys::show),
        route("rotate_key", Post, "/keys/{key}/rotate", "keys:write", "Makes a key in the place of another")
            .created()
            .takes(keys::rotate),
        route("disable_key", Post, "/keys/{key}/disable", "keys:write", "Stops a key").gives(keys::disable),
        route("enable_key", Post, "/keys/{key}/enable", "keys:write", "Lets a key work again").gives(keys::enable),
        route("delete_key", Delete, "/keys/{key}", "keys:write", "Deletes a key")
            .query("tenant", "Whose it is: needed for a key that is `unfinished`.")
            .query("user", "The user that it belongs to.")
            .gives(keys::delete),
    ]
}

fn groups() -> Vec<Route> {
    const ONE: &str = "/tenants/{tenant}/groups/{group}";
    const USER: &str = "/tenants/{tenant}/groups/{group}/users/{user}";
    const ATTACHED: &str = "/tenants/{tenant}/groups/{group}/attached/{policy}";
    const POLICY: &str = "/tenants/{tenant}/groups/{group}/policies/{policy}";
    let (read, write) = ("groups:read", "groups:write");
    vec![
        route("create_group", Post, "/tenants/{tenant}/groups", write, "Makes a group")
            .created()
            .takes(entities::create_group),
        route("list_groups", Get, "/tenants/{tenant}/groups", read, "Lists groups")
            .paged()
            .gives(entities::list_groups),
        route("show_group", Get, ONE, read, "Shows a group and who is in it").gives(entities::show_group),
        route("delete_group", Delete, ONE, write, "Deletes a group without users and policies")
            .gives(entities::delete_group),
        route("add_to_group", Put, USER, write, "Puts a user into a group").gives(entities::add_to_group),
        route("remove_from_group", Delete, USER, write, "Takes a user out of a group")
            .gives(entities::remove_from_group),
        route("attach_to_group", Put, ATTACHED, write, "Attaches a managed policy, by its ARN")
            .gives(entities::attach_to_group),
        route("detach_from_group", Delete, ATTACHED, write, "Detaches a managed policy")
            .gives(entities::detach_from_group),
        route("put_group_policy", Put, POLICY, write, "Gives a group a policy of its own")
            .takes(entities::put_group_policy),
        route("delete_group_policy", Delete, POLICY, write, "Takes a policy of its own from a group")
            .gives(entities::delete_group_policy),
    ]
}

fn users() -> Vec<Route> {
    const ONE: &str = "/tenants/{tenant}/users/{user}";
    const ATTACHED: &str = "/tenants/{tenant}/users/{user}/attached/{policy}";
    const POLICY: &str = "/tenants/{tenant}/users/{user}/policies/{policy}";
    let (read, write) = ("users:read", "users:write");
    vec![
        route("create_user", Post, "/tenants/{tenant}/users", write, "Makes a user")
            .created()
            .takes(entities::create_user),
        route("list_users", Get, "/tenants/{tenant}/users", read, "Lists users").paged().gives(entities::list_users),
        route("show_user", Get, ONE, read, "Shows a user").gives(entities::show_user),
        route("delete_user", Delete, ONE, write, "Deletes a user without keys, groups and policies")
            .gives(entities::delete_user),
        route("attach_to_user", Put, ATTACHED, write, "Attaches a managed policy, by its ARN")
            .gives(entities::attach_to_user),
        route("detach_from_user", Delete, ATTACHED, write, "Detaches a managed policy")
            .gives(entities::detach_from_user),
        route("put_user_policy", Put, POLICY, write, "Gives a user a policy of its own")
            .takes(entities::put_user_policy),
        route("delete_user_policy", Delete, POLICY, write, "Takes a policy of its own from a user")
            .gives(entities::delete_user_policy),
    ]
}

fn buckets() -> Vec<Route> {
    let (read, write) = ("buckets:read", "buckets:write");
    vec![
        route("list_buckets", Get, "/buckets", read, "Lists the buckets of a tenant, or all")
            .query("tenant", "Whose; absent: everybody's.")
            .paged()
            .gives(buckets::list),
        route("show_bucket", Get, "/buckets/{bucket}", read, "Shows a bucket").gives(buckets::show),
        route("change_bucket", Patch, "/buckets/{bucket}", write, "Sets a bucket's limits").takes(buckets::change),
        route("chown_bucket", Post, "/buckets/{bucket}/chown", write, "Gives a bucket to another tenant, step by step")
            .takes(buckets::chown),
        route("purge_bucket", Post, "/buckets/{bucket}/purge", write, "Empties a bucket, step by step")
            .takes(purge::purge),
        route("delete_bucket", Delete, "/buckets/{bucket}", write, "Deletes an empty bucket").gives(buckets::delete),
    ]
}

fn tokens() -> Vec<Route> {
    vec![
        route("create_token", Post, "/tokens", "tokens:write", "Makes a token of this interface; it is told this once")
            .created()
            .takes(tokens::create),
        route("list_tokens", Get, "/tokens", "tokens:read", "Lists the tokens of this interface").gives(tokens::list),
        route("revoke_token", Delete, "/tokens/{token}", "tokens:write", "Revokes a token, by its name or id")
            .gives(tokens::revoke),
    ]
}
