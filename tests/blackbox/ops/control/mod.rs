//! S3 Control.

mod delete_account_public_access_block;
mod get_account_public_access_block;
mod list_tags_for_resource;
mod put_account_public_access_block;
mod tag_resource;
mod untag_resource;

use dolium::accounts::AccountId;
use dolium::storage::TenantId;

use crate::client::{Client, Request};
use crate::ops::Ground;
use crate::ops::acls::id;

/// The target that stands for a bucket.
pub fn resource(bucket: &str) -> String {
    format!("/v20180820/tags/arn%3Aaws%3As3%3A%3A%3A{bucket}")
}

pub fn document(tags: &[(&str, &str)]) -> String {
    let tags: String = tags.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    format!(
        "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags>{tags}</Tags>\
         </TagResourceRequest>"
    )
}

/// A bucket with two tags.
pub fn tagged() -> Ground {
    let g = Ground::new();
    g.alice.post(&resource(&g.bucket), document(&[("a", "1"), ("b", "2")])).assert_status(204);
    g
}

/// Where the switches of accounts are.
pub const SWITCHES: &str = "/v20180820/configuration/publicAccessBlock";

/// The number of a client's account.
pub fn account(client: &Client) -> String {
    AccountId::of(TenantId::parse(&id(client)).expect("an id"), 0).to_string()
}

/// A request about the switches of the account of `whose`.
pub fn switches(method: &str, client: &Client, whose: &Client) -> Request {
    client.request(method, SWITCHES).header("x-amz-account-id", account(whose))
}
