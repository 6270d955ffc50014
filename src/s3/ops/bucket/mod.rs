//! Operations on buckets.

pub mod create_bucket;
pub mod delete_bucket;
pub mod delete_bucket_lifecycle;
pub mod delete_bucket_tagging;
pub mod delete_objects;
pub mod get_bucket_acl;
pub mod get_bucket_lifecycle_configuration;
pub mod get_bucket_location;
pub mod get_bucket_request_payment;
pub mod get_bucket_tagging;
pub mod get_bucket_versioning;
pub mod get_object_lock_configuration;
pub mod head_bucket;
pub mod list_object_versions;
pub mod list_objects;
pub mod list_objects_v2;
pub mod put_bucket_acl;
pub mod put_bucket_lifecycle_configuration;
pub mod put_bucket_request_payment;
pub mod put_bucket_tagging;
pub mod put_bucket_versioning;
pub mod put_object_lock_configuration;
pub mod settings;
pub mod unconfigured;
