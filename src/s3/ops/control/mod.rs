//! S3 Control, as far as buckets need it: their tags. Terraform's provider reads and writes them here and nowhere else.

pub mod list_tags_for_resource;
pub mod tag_resource;
pub mod untag_resource;
