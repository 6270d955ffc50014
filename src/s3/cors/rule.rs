//! A CORS configuration as it is stored: everything that its owner wrote, so that it is given back as it came.

/// The rules of a bucket; the first one that matches a request counts.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rules {
    /// At least one, in the order they were written.
    #[prost(message, repeated, tag = "1")]
    pub rules: Vec<Rule>,
}

/// Who may ask for what.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rule {
    /// Its owner's name for it.
    #[prost(string, optional, tag = "1")]
    pub id: Option<String>,
    /// Patterns of origins, with at most one `*` each. At least one.
    #[prost(string, repeated, tag = "2")]
    pub allowed_origins: Vec<String>,
    /// Methods, or `*` for all of them. At least one.
    #[prost(string, repeated, tag = "3")]
    pub allowed_methods: Vec<String>,
    /// Patterns of header names, with at most one `*` each.
    #[prost(string, repeated, tag = "4")]
    pub allowed_headers: Vec<String>,
    /// Headers of answers that a page may read.
    #[prost(string, repeated, tag = "5")]
    pub expose_headers: Vec<String>,
    /// How long a browser may remember the answer to its question, seconds.
    #[prost(uint32, optional, tag = "6")]
    pub max_age_seconds: Option<u32>,
}
