//! Operations on buckets.

pub mod create_bucket;
pub mod delete_bucket;
pub mod delete_objects;
pub mod get_bucket_acl;
pub mod get_bucket_location;
pub mod head_bucket;
pub mod list_objects;
pub mod list_objects_v2;
pub mod put_bucket_acl;
pub mod unconfigured;
