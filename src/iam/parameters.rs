//! The parameters of a request, with lists and structures flattened into names: `Tags.member.1.Key`.

use super::error::Refusal;
use crate::s3::request::Query;

/// Entries of one page of a list, unless the request says otherwise, and at most.
const PAGE: (usize, usize) = (100, 1_000);
/// Members of a list that are looked at.
const MEMBERS_MAX: usize = 100;

/// Decoded parameters.
pub(super) struct Parameters(Query);

impl Parameters {
    pub(super) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let wrong = || Refusal::sender(400, "MalformedQueryString", "The parameters are not percent-encoded UTF-8.");
        let text = std::str::from_utf8(text).map_err(|_| wrong())?;
        Query::parse(text.trim_ascii_end()).map(Self).map_err(|_| wrong())
    }

    /// A value; one that is empty counts as not sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            Refusal::invalid(format!(
                "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// The first of the parameters that begins like this.
    pub(super) fn beginning(&self, start: &str) -> Option<&str> {
        let begins = |name: &str| name == start || name.strip_prefix(start).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().map(|parameter| parameter.name.as_str()).find(|name| begins(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Refusal> {
        let wrong = |value: &str| Refusal::invalid(format!("{name} is no number: {value:?}."));
        self.get(name).map(|value| value.parse().map_err(|_| wrong(value))).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The values of `name.member.N` and what follows, up to the first number that is not there.
    pub(super) fn members(&self, name: &str, field: &str) -> Vec<String> {
        let value = |n| self.0.get(&format!("{name}.member.{n}{field}"));
        (1..=MEMBERS_MAX).map_while(value).map(str::to_owned).collect()
    }

    pub(super) fn tags(&self) -> Result<Vec<(String, String)>, Refusal> {
        let (keys, values) = (self.members("Tags", ".Key"), self.members("Tags", ".Value"));
        if keys.len() != values.len() {
            return Err(Refusal::invalid("Each tag has a Key and a Value."));
        }
        Ok(keys.into_iter().zip(values).collect())
    }

    /// How many entries to list.
    pub(super) fn page(&self) -> Result<usize, Refusal> {
        let (usual, most) = PAGE;
        let asked = self.number("MaxItems")?.map_or(usual, |n| usize::try_from(n).unwrap_or(most));
        if (1..=most).contains(&asked) { Ok(asked) } else { Err(Refusal::invalid("MaxItems is 1 to 1000.")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_order_up_to_the_first_gap() {
        let text =
            b"Action=TagUser&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=a+%26&Tags.member.1.Value=1\
            &Tags.member.4.Key=d&Empty=&MaxItems=7&Flag=True\n";
        let Ok(parameters) = Parameters::parse(text) else { panic!("parses") };
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(parameters.tags().ok(), Some(vec![tag("a &", "1"), tag("b", "")]));
        assert_eq!(parameters.page().ok(), Some(7));
        assert!(parameters.flag("Flag") && parameters.get("Empty").is_none() && parameters.required("Gone").is_err());
        assert_eq!(parameters.beginning("Tags"), Some("Tags.member.2.Key"));
        assert!(parameters.beginning("Tag").is_none() && Parameters::parse(b"a=%ff").is_err());
    }
}
