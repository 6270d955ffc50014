//! Operations on objects.

mod copy_object;
mod delete_object;
mod delete_object_tagging;
mod get_object;
mod get_object_acl;
mod get_object_attributes;
mod get_object_legal_hold;
mod get_object_retention;
mod get_object_tagging;
mod head_object;
mod post_object;
mod put_object;
mod put_object_acl;
mod put_object_legal_hold;
mod put_object_retention;
pub mod put_object_tagging;
mod restore_object;
