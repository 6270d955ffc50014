//! Header values with parameters: `form-data; name="a"; filename="b c"`.

/// A value and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// What comes before the first semicolon, in lower case.
    pub value: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads one; `None` when it is not well formed or has a parameter twice, which could mean two things.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (value, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        let mut parsed = Self { value: value.trim().to_ascii_lowercase(), pairs: Vec::new() };
        while let Some(after) = rest.strip_prefix(';') {
            if after.trim().is_empty() {
                return Some(parsed);
            }
            let (name, after) = after.split_once('=')?;
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => unquoted(quoted)?,
                None => {
                    let (bare, after) = after.split_at(after.find(';').unwrap_or(after.len()));
                    (bare.trim_end().to_owned(), after)
                }
            };
            let name = name.trim().to_ascii_lowercase();
            if parsed.get(&name).is_some() {
                return None;
            }
            parsed.pairs.push((name, value));
            rest = after.trim_start();
        }
        rest.is_empty().then_some(parsed)
    }

    /// The value of a parameter, whose name is given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// The text up to the closing quotation mark, and what follows that. A backslash escapes only a quotation mark:
/// browsers escape nothing else, and some send whole paths (`C:\folder\file`).
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\'])?;
        out.push_str(&rest[..at]);
        rest = match &rest[at..] {
            escaped if escaped.starts_with("\\\"") => {
                out.push('"');
                &escaped[2..]
            }
            end if end.starts_with('"') => return Some((out, &end[1..])),
            backslash => {
                out.push('\\');
                &backslash[1..]
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Option<Vec<(String, String)>> {
        Parameters::parse(text).map(|p| p.pairs)
    }

    #[test]
    fn quoted_and_bare() {
        let parsed =
            Parameters::parse(" Form-Data ; NAME=\"a;b=\\\"c\\\"\" ;filename=x.txt; ").expect("is well formed");
        assert_eq!(parsed.value, "form-data");
        assert_eq!(parsed.get("name"), Some("a;b=\"c\""));
        assert_eq!(parsed.get("filename"), Some("x.txt"));
        assert_eq!(Parameters::parse("multipart/form-data").expect("is well formed").get("boundary"), None);
        let path = Parameters::parse("form-data; filename=\"C:\\a\\b.txt\"").expect("is well formed");
        assert_eq!(path.get("filename"), Some("C:\\a\\b.txt"));
    }

    #[test]
    fn what_is_not_well_formed() {
        for text in ["a; name", "a; name=\"x", "a; name=\"x\\\"", "a; name=\"x\" y", "a; n=1; N=2"] {
            assert_eq!(pairs(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = pairs(&text);
        }

        #[test]
        fn what_is_quoted_is_read_back(value in "[^\\\\\"]{0,20}") {
            let text = format!("form-data; name=\"{value}\"; filename=\"f\"");
            let parsed = Parameters::parse(&text).expect("is well formed");
            proptest::prop_assert_eq!(parsed.get("name"), Some(value.as_str()));
        }
    }
}
