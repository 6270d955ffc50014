//! A lifecycle configuration as it is stored: everything that its owner wrote, so that it is given back as it came.

use crate::storage::Tag;

/// The rules of a bucket, in the order they were written.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rules {
    /// At least one.
    #[prost(message, repeated, tag = "1")]
    pub rules: Vec<Rule>,
    /// Kept for its owner; there are no transitions here.
    #[prost(enumeration = "TransitionMinimum", tag = "2")]
    pub transition_minimum: i32,
}

/// The smallest objects that transition (AWS, `x-amz-transition-default-minimum-object-size`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TransitionMinimum {
    /// 128 KiB for every storage class.
    All128K = 0,
    /// What each storage class asks for.
    VariesByStorageClass = 1,
}

impl TransitionMinimum {
    /// As the header says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All128K => "all_storage_classes_128K",
            Self::VariesByStorageClass => "varies_by_storage_class",
        }
    }

    /// From [`Self::name`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All128K, Self::VariesByStorageClass].into_iter().find(|minimum| minimum.name() == text)
    }
}

/// One rule: to what it applies, and what happens to that.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rule {
    /// Unique in the configuration.
    #[prost(string, tag = "1")]
    pub id: String,
    /// A disabled rule is kept and does nothing.
    #[prost(bool, tag = "2")]
    pub enabled: bool,
    /// To what it applies.
    #[prost(oneof = "Scope", tags = "3, 4")]
    pub scope: Option<Scope>,
    /// When current versions go.
    #[prost(oneof = "Expiration", tags = "5, 6, 7")]
    pub expiration: Option<Expiration>,
    /// How long a version may be noncurrent, days.
    #[prost(uint32, optional, tag = "8")]
    pub noncurrent_days: Option<u32>,
    /// How many noncurrent versions stay, however old.
    #[prost(uint32, optional, tag = "9")]
    pub newer_noncurrent: Option<u32>,
    /// How long an upload may be open, days.
    #[prost(uint32, optional, tag = "10")]
    pub abort_days: Option<u32>,
}

/// To what a rule applies.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Scope {
    /// The older form: keys that start so.
    #[prost(string, tag = "3")]
    Prefix(String),
    /// The form of today.
    #[prost(message, tag = "4")]
    Filter(Filter),
}

/// A filter: everything in it has to hold. An empty one takes every object.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Filter {
    /// What stands in it directly.
    #[prost(message, required, tag = "1")]
    pub direct: Predicates,
    /// What stands in its `And`.
    #[prost(message, optional, tag = "2")]
    pub and: Option<Predicates>,
}

/// What an object has to be.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Predicates {
    /// Its key starts so.
    #[prost(string, optional, tag = "1")]
    pub prefix: Option<String>,
    /// It has all of these tags.
    #[prost(message, repeated, tag = "2")]
    pub tags: Vec<Tag>,
    /// It is larger than this, bytes.
    #[prost(uint64, optional, tag = "3")]
    pub larger_than: Option<u64>,
    /// It is smaller than this, bytes.
    #[prost(uint64, optional, tag = "4")]
    pub smaller_than: Option<u64>,
}

/// When the current version of an object expires.
#[derive(Clone, Copy, PartialEq, Eq, prost::Oneof)]
pub enum Expiration {
    /// So many days after it was made.
    #[prost(uint32, tag = "5")]
    Days(u32),
    /// From this midnight on, seconds since 1970.
    #[prost(int64, tag = "6")]
    Date(i64),
    /// Never; but (if true) a delete marker that nothing is left below goes.
    #[prost(bool, tag = "7")]
    ExpiredDeleteMarker(bool),
}

impl Rule {
    /// What it asks of an object; the prefix of the older form included.
    pub fn predicates(&self) -> impl Iterator<Item = &Predicates> {
        let filter = match &self.scope {
            Some(Scope::Filter(filter)) => Some(filter),
            Some(Scope::Prefix(_)) | None => None,
        };
        filter.into_iter().flat_map(|filter| std::iter::once(&filter.direct).chain(&filter.and))
    }

    /// Whether a key starts with every prefix that it names.
    #[must_use]
    pub fn takes_key(&self, key: &str) -> bool {
        let older = match &self.scope {
            Some(Scope::Prefix(prefix)) => Some(prefix.as_str()),
            Some(Scope::Filter(_)) | None => None,
        };
        let prefixes = self.predicates().filter_map(|p| p.prefix.as_deref());
        prefixes.chain(older).all(|prefix| key.starts_with(prefix))
    }
}
