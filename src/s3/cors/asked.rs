//! What a browser asks on behalf of a page, which rule answers, and the answer's headers. Nothing goes into an answer
//! that is not matched by a rule first, and no byte that a header cannot carry.

use bytes::Bytes;

use crate::s3::cors::rule::{Rule, Rules};
use crate::s3::cors::validate::{EVERY_METHOD, METHODS, is_of_name};
use crate::s3::request::Headers;
use crate::s3::response::Response;

/// Names the method that is to follow.
pub const REQUEST_METHOD: &str = "access-control-request-method";
/// Names the headers that are to follow.
const REQUEST_HEADERS: &str = "access-control-request-headers";
/// What answers depend on, for caches.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
/// Most headers that a page may announce: no request can have more.
const HEADERS_MAX: usize = 100;

/// What a browser asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    origin: &'a str,
    method: &'a str,
    /// In lower case, in the order they came.
    headers: Vec<String>,
}

impl<'a> Asked<'a> {
    /// Reads a question. `method` is that of the request, which counts unless another one is announced (as at AWS, also
    /// where that is no preflight). `None` when there is no origin, or when it or a header's name is none.
    #[must_use]
    pub fn read(headers: &'a Headers, method: Option<&'a str>) -> Option<Self> {
        let mut origins = headers.all("origin");
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let origin = std::str::from_utf8(origin).ok().filter(|o| o.bytes().all(|b| b.is_ascii_graphic()))?;
        let method = if headers.has(REQUEST_METHOD) { headers.get(REQUEST_METHOD) } else { method }?;
        let mut announced = Vec::new();
        for line in headers.all(REQUEST_HEADERS) {
            for name in std::str::from_utf8(line).ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                if announced.len() == HEADERS_MAX || !name.bytes().all(is_of_name) {
                    return None;
                }
                announced.push(name.to_ascii_lowercase());
            }
        }
        Some(Self { origin, method, headers: announced })
    }
}

/// The first of the headers that are to follow whose name is none.
#[must_use]
pub fn no_name(headers: &Headers) -> Option<String> {
    let names = headers.all(REQUEST_HEADERS).flat_map(|line| line.split(|byte| *byte == b','));
    let wrong = |name: &&[u8]| !name.trim_ascii().iter().copied().all(is_of_name);
    names.into_iter().find(wrong).map(|name| String::from_utf8_lossy(name).into_owned())
}

impl Rules {
    /// What the first rule that matches allows; `None` when none does.
    #[must_use]
    pub fn judge(&self, asked: &Asked<'_>) -> Option<Allowed> {
        self.rules.iter().find_map(|rule| rule.judge(asked))
    }
}

impl Rule {
    fn judge(&self, asked: &Asked<'_>) -> Option<Allowed> {
        let pattern = self.allowed_origins.iter().find(|pattern| fits(pattern, asked.origin, |a, b| a == b))?;
        let every = self.allowed_methods.iter().any(|method| method == EVERY_METHOD);
        let named = if every {
            METHODS.contains(&asked.method)
        } else {
            self.allowed_methods.iter().any(|m| m == asked.method)
        };
        let known = |name: &String| self.allowed_headers.iter().any(|p| fits(p, name, <[u8]>::eq_ignore_ascii_case));
        if !named || !asked.headers.iter().all(known) {
            return None;
        }
        Some(Allowed {
            origin: (pattern != "*").then(|| asked.origin.to_owned()),
            methods: if every { METHODS.join(", ") } else { self.allowed_methods.join(", ") },
            headers: asked.headers.join(", "),
            exposed: self.expose_headers.join(", "),
            max_age_seconds: self.max_age_seconds,
        })
    }
}

/// Whether a text is what a pattern with at most one `*` says.
fn fits(pattern: &str, text: &str, same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let text = text.as_bytes();
    let Some((start, end)) = pattern.split_once('*') else { return same(pattern.as_bytes(), text) };
    let (start, end) = (start.as_bytes(), end.as_bytes());
    text.len() >= start.len() + end.len()
        && same(start, &text[..start.len()])
        && same(end, &text[text.len() - end.len()..])
}

/// What a rule lets a browser do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The page's site; `None` when every site may read the answer, which then comes without credentials.
    origin: Option<String>,
    methods: String,
    headers: String,
    exposed: String,
    max_age_seconds: Option<u32>,
}

impl Allowed {
    /// Adds the headers to an answer.
    pub fn write(&self, answer: &mut Response) {
        let mut add = |name: &'static str, value: &str| {
            if !value.is_empty() {
                answer.header(name, Bytes::from(value.to_owned()));
            }
        };
        add("access-control-allow-origin", self.origin.as_deref().unwrap_or("*"));
        add("access-control-allow-methods", &self.methods);
        add("access-control-allow-headers", &self.headers);
        add("access-control-expose-headers", &self.exposed);
        if let Some(seconds) = self.max_age_seconds {
            add("access-control-max-age", &seconds.to_string());
        }
        if self.origin.is_some() {
            add("access-control-allow-credentials", "true");
        }
        add("vary", VARY);
    }
}

#[cfg(test)]
mod tests;
