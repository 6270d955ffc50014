//! The switches against public access. Source: AWS, "Blocking public access to your Amazon S3 storage".

use crate::storage::PublicAccessBlock;

/// All four.
pub const ALL: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};
