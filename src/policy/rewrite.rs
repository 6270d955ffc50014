//! The text of a policy with other names for some of its principals, and nothing else changed.

use super::json::Json;

/// What the scanner is in.
enum Level {
    /// An object, at the member of this name; before the first, of none.
    Object(Option<String>),
    List,
}

/// A policy whose principals are called as `name` says; those it says nothing of, and all that is no name of a principal,
/// stay as they are, byte for byte. A text that is no JSON stays as it is.
#[must_use]
pub fn rename_principals(text: &[u8], name: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    if Json::parse(text).is_err() {
        return text.to_vec();
    }
    let (mut levels, mut renamed, mut copied): (Vec<Level>, Vec<u8>, usize) = (Vec::new(), Vec::new(), 0);
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::List),
            b'}' | b']' => drop(levels.pop()),
            b',' => {
                if let Some(Level::Object(member)) = levels.last_mut() {
                    *member = None;
                }
            }
            b'"' => {
                let end = at + string_bytes(text.get(at..).unwrap_or_default());
                let literal = text.get(at..end).unwrap_or_default();
                let value: String = serde_json::from_slice(literal).unwrap_or_default();
                match levels.last_mut() {
                    Some(Level::Object(member @ None)) => *member = Some(value),
                    _ => {
                        if let Some(name) = is_principal(&levels).then(|| name(&value)).flatten() {
                            renamed.extend_from_slice(text.get(copied..at).unwrap_or_default());
                            renamed.extend_from_slice(serde_json::Value::from(name).to_string().as_bytes());
                            copied = end;
                        }
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    renamed.extend_from_slice(text.get(copied..).unwrap_or_default());
    renamed
}

/// The length of the string that a text begins with, quotes included.
fn string_bytes(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Whether a string at this place names a principal of the family that has ARNs.
fn is_principal(levels: &[Level]) -> bool {
    let members = levels.iter().filter_map(|level| match level {
        Level::Object(member) => member.as_deref(),
        Level::List => None,
    });
    matches!(members.collect::<Vec<_>>().as_slice(), ["Statement", "Principal" | "NotPrincipal", "AWS"])
}
