//! S3 Control: the tags of buckets, which Terraform's provider reads and writes here and nowhere else, and the switches of
//! an account against public access.

pub mod delete_account_public_access_block;
pub mod get_account_public_access_block;
pub mod list_tags_for_resource;
pub mod put_account_public_access_block;
pub mod tag_resource;
pub mod untag_resource;
