//! Operations on buckets.

mod create_bucket;
mod delete_bucket;
mod delete_bucket_cors;
mod delete_bucket_lifecycle;
mod delete_bucket_tagging;
mod delete_objects;
mod get_bucket_acl;
mod get_bucket_cors;
mod get_bucket_lifecycle_configuration;
mod get_bucket_location;
mod get_bucket_request_payment;
mod get_bucket_tagging;
mod get_bucket_versioning;
mod get_object_lock_configuration;
mod head_bucket;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod put_bucket_acl;
pub mod put_bucket_cors;
pub mod put_bucket_lifecycle_configuration;
mod put_bucket_request_payment;
mod put_bucket_tagging;
mod put_bucket_versioning;
mod put_object_lock_configuration;
mod unconfigured;
