//! Operations on objects.

pub mod amend;
pub mod copy_object;
pub mod delete_object;
pub mod delete_object_tagging;
pub mod get_object;
pub mod get_object_acl;
pub mod get_object_attributes;
pub mod get_object_legal_hold;
pub mod get_object_retention;
pub mod get_object_tagging;
pub mod head_object;
pub mod post_object;
pub mod publish;
pub mod put_object;
pub mod put_object_acl;
pub mod put_object_legal_hold;
pub mod put_object_retention;
pub mod put_object_tagging;
pub mod restore_object;
pub mod version;
