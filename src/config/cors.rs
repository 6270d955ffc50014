//! `[[cors]]`: rules for requests from web pages of other sites.

use serde::Deserialize;

use crate::s3::cors::{Rule, Rules, validate};

/// A rule for the buckets that have none of their own, as in a bucket's CORS configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsRule {
    /// Sites whose pages may ask, `https://app.example.com`; one `*` in each may stand for anything.
    pub allowed_origins: Vec<String>,
    /// `GET`, `PUT`, `HEAD`, `POST`, `DELETE`, or `*` for all of them.
    pub allowed_methods: Vec<String>,
    /// Request headers that a page may set; one `*` in each may stand for anything.
    pub allowed_headers: Vec<String>,
    /// Answer headers that a page may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember what is allowed, seconds; its own rule when not set.
    pub max_age_seconds: Option<u32>,
}

impl CorsRule {
    /// What is wrong with it, as one sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.allowed_origins.is_empty() {
            return Err("allowed_origins is missing: name the sites that may ask, or \"*\"".into());
        }
        if self.allowed_methods.is_empty() {
            return Err("allowed_methods is missing: name what they may ask for, or \"*\"".into());
        }
        validate::check(&self.rule()).map_err(|error| error.message.into_owned())
    }

    fn rule(&self) -> Rule {
        let rule = self.clone();
        Rule {
            id: None,
            allowed_origins: rule.allowed_origins,
            allowed_methods: rule.allowed_methods,
            allowed_headers: rule.allowed_headers,
            expose_headers: rule.expose_headers,
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

/// The rules in the order they are written.
#[must_use]
pub fn rules(configured: &[CorsRule]) -> Rules {
    Rules { rules: configured.iter().map(CorsRule::rule).collect() }
}
