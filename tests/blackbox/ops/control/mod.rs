//! S3 Control.

mod list_tags_for_resource;
mod tag_resource;
mod untag_resource;

use crate::ops::Ground;

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
