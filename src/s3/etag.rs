//! Entity tags: how S3 makes them, and the lists of them in conditional headers.

use md5::{Digest, Md5};

/// An ETag as headers and documents show it.
#[must_use]
pub fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// The ETag of a multipart object: the MD5 of the parts' MD5s, a hyphen, their number. `None` when a part's ETag is no
/// MD5.
#[must_use]
pub fn of_parts<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> Option<String> {
    let count = etags.len();
    let mut md5 = Md5::new();
    for etag in etags {
        md5.update(data_encoding::HEXLOWER_PERMISSIVE.decode(etag.as_bytes()).ok()?);
    }
    Some(format!("{}-{count}", data_encoding::HEXLOWER.encode(&md5.finalize())))
}

/// Whether an `If-Match` or `If-None-Match` list names this ETag. Quotes and `W/` are optional (boto 2 sends none),
/// `*` matches everything.
#[must_use]
pub fn list_names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| {
        let one = one.strip_prefix("W/").unwrap_or(one).trim_matches('"');
        one == "*" || one.eq_ignore_ascii_case(etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_etags_match_with_and_without_quotes() {
        assert!(list_names("\"abc\"", "abc"));
        assert!(list_names("abc", "abc"));
        assert!(list_names("W/\"x\", \"abc\"", "abc"));
        assert!(list_names("*", "abc"));
        assert!(!list_names("\"ab\"", "abc"));
        assert!(!list_names("", "abc"));
    }

    #[test]
    fn the_etag_of_parts_is_the_md5_of_their_md5s() {
        let parts = ["d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"];
        assert_eq!(of_parts(parts.into_iter()).as_deref(), Some("5873dd45edd01f09c1ef2e7819369e8e-2"));
        assert!(of_parts(["x"].into_iter()).is_none());
    }
}
