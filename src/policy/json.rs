//! JSON as policies use it: names in their order, none twice, and values as texts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::PolicyError;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    /// A string.
    Text(String),
    /// A number or a truth value, as text: conditions take them for strings.
    Bare(String),
    /// `null`.
    Null,
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a document whose root is an object. Nesting is bounded (128, of which a policy needs 7).
    ///
    /// # Errors
    /// It is no such document.
    pub fn parse(text: &[u8]) -> Result<Vec<(String, Json)>, PolicyError> {
        let invalid = || PolicyError("This policy contains invalid Json".to_owned());
        if text.first() != Some(&b'{') {
            return Err(PolicyError("Policies must be valid JSON and the first byte must be '{'".to_owned()));
        }
        match serde_json::from_slice(text) {
            Ok(Self::Object(members)) => Ok(members),
            Ok(_) => Err(invalid()),
            Err(error) if error.to_string().starts_with(DUPLICATE) => {
                Err(PolicyError(error.to_string().split(" at line ").next().unwrap_or(DUPLICATE).to_owned()))
            }
            Err(_) => Err(invalid()),
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bare(_) | Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// One text, or a list of some; `None` when it is neither, or when there is none.
    pub fn texts(&self) -> Option<Vec<&str>> {
        let texts: Vec<&str> = match self {
            Self::List(items) => items.iter().map(Self::text).collect::<Option<_>>()?,
            one => vec![one.text()?],
        };
        Some(texts).filter(|texts| !texts.is_empty())
    }

    /// As [`Json::texts`], with numbers and truth values as well.
    pub fn scalars(&self) -> Option<Vec<&str>> {
        let scalar = |value: &'_ Self| match value {
            Self::Text(_) | Self::Bare(_) => true,
            Self::Null | Self::List(_) | Self::Object(_) => false,
        };
        let items = match self {
            Self::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = items.iter().filter(|item| scalar(item)).filter_map(|item| match item {
            Self::Text(text) | Self::Bare(text) => Some(text.as_str()),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        });
        let texts: Vec<&str> = texts.collect();
        Some(texts).filter(|texts| !texts.is_empty() && texts.len() == items.len())
    }
}

const DUPLICATE: &str = "Duplicate field ";

struct AnyValue;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bare(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Bare(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Bare(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Bare(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            if object.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}{name}")));
            }
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}
