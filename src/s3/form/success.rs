//! What a form asks to be answered when its file has been stored.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Fields;
use crate::s3::etag::quoted;

/// What no header can carry, or would end early in one.
const UNPRINTABLE: &AsciiSet = &CONTROLS.add(b' ');
/// What the names in a URL's path and query may keep.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The answer that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// Where the object is.
    pub location: String,
    /// Where the browser is to go next, without what is added to its query.
    redirect: Option<String>,
    /// 200, 201 or 204.
    pub status: u16,
}

impl Success {
    /// Reads what a form asks for. What cannot be understood counts as absent (AWS, "POST Object").
    #[must_use]
    pub fn parse(fields: &Fields, location: String) -> Self {
        let redirect = fields.get("success_action_redirect").or_else(|| fields.get("redirect"));
        let status = match fields.get("success_action_status") {
            Some("200") => 200,
            Some("201") => 201,
            _ => 204,
        };
        Self { location, redirect: redirect.and_then(url), status }
    }

    /// The URL to go to, which tells the page there what has been stored.
    #[must_use]
    pub fn redirect(&self, bucket: &str, key: &str, etag: &str) -> Option<String> {
        let url = self.redirect.as_deref()?;
        let (page, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
        let sign = if page.contains('?') { '&' } else { '?' };
        let (bucket, key, etag) = (form_encoded(bucket), form_encoded(key), form_encoded(&quoted(etag)));
        Some(format!("{page}{sign}bucket={bucket}&key={key}&etag={etag}{fragment}"))
    }
}

/// An absolute URL that a browser may be sent to, with what no header can carry percent-encoded.
fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    });
    let sound = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
    if !sound || text.contains(|c: char| c.is_control()) {
        return None;
    }
    Some(utf8_percent_encode(text, UNPRINTABLE).to_string())
}

fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string().replace("%20", "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn success(pairs: &[(&str, &str)]) -> Success {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(n, v)| fields.add((*n).to_owned(), (*v).to_owned()));
        Success::parse(&fields, "http://h/b/k".to_owned())
    }

    #[test]
    fn what_is_not_understood_counts_as_absent() {
        for (asked, status) in [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204), (" 200", 204)] {
            assert_eq!(success(&[("success_action_status", asked)]).status, status, "{asked}");
        }
        for bad in
            ["", "/x", "x", "javascript:alert(1)", "http://", "http:///x", "ftp://h/", "http://h/\r\nX: y", "hätp://"]
        {
            assert_eq!(success(&[("success_action_redirect", bad)]).redirect, None, "{bad}");
        }
    }

    #[test]
    fn the_redirect_tells_what_was_stored() {
        let to = |url: &str| success(&[("redirect", url)]).redirect("b", "a/b ü+", "0f").expect("is a URL");
        let told = "bucket=b&key=a%2Fb+%C3%BC%2B&etag=%220f%22";
        assert_eq!(to("http://h/x"), format!("http://h/x?{told}"));
        assert_eq!(to("HTTPS://h/x?y=1#top"), format!("HTTPS://h/x?y=1&{told}#top"));
        assert_eq!(to("http://h/ä b"), format!("http://h/%C3%A4%20b?{told}"));
        let both = success(&[("redirect", "http://old/"), ("success_action_redirect", "http://new/")]);
        assert!(both.redirect("b", "k", "0f").is_some_and(|url| url.starts_with("http://new/?")));
    }
}
