//! The one XML reader: a small tree, nothing trimmed, no DTD, bounded depth and size.
//!
//! # Why a tree and not serde
//! quick-xml's deserialiser trims text (keys may be white space), does not check the root element's name and needs a
//! feature for interleaved repeats; S3's documents are shallow and small.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::s3::error::{S3Error, S3ErrorCode};

/// Deepest nesting of any S3 document is 6 (replication rules).
const DEPTH_MAX: usize = 16;
/// Elements in one document: a DeleteObjects of 1,000 keys with four members each, or 10,000 parts with seven.
const ELEMENTS_MAX: usize = 100_000;

/// An element: local name, own text, children in order. Of its attributes only its type is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Without namespace prefix.
    pub name: String,
    /// `xsi:type`; empty when it has none.
    pub kind: String,
    /// Its text, references resolved, not trimmed.
    pub text: String,
    /// The elements inside.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document whose root has to be `root`, in S3's namespace or none.
    ///
    /// # Errors
    /// `MalformedXML`, with what is wrong and where; `MissingRequestBodyError` for nothing at all.
    pub fn parse(document: &[u8], root: &str) -> Result<Self, S3Error> {
        if document.is_empty() {
            return Err(S3ErrorCode::MissingRequestBodyError.into());
        }
        let text = std::str::from_utf8(document).map_err(|_| malformed("it is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Other control characters are taken, since keys may have them; this one could not even be referred to.
        if text.contains('\0') {
            return Err(malformed("it has a character that no document can have"));
        }
        let element = build(text)?;
        if element.name == root {
            Ok(element)
        } else {
            Err(malformed(&format!("its root element is {:?} and should be {root:?}", element.name)))
        }
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// The text of the first child of this name.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|c| c.text.as_str())
    }

    /// The text of a child that has to be there.
    ///
    /// # Errors
    /// `MalformedXML` that names the missing element.
    pub fn required(&self, name: &str) -> Result<&str, S3Error> {
        self.text_of(name).ok_or_else(|| malformed(&format!("{:?} lacks {name:?}", self.name)))
    }
}

/// A `MalformedXML` error that says what is wrong, beside AWS's message.
#[must_use]
pub fn malformed(what: &str) -> S3Error {
    S3Error::from(S3ErrorCode::MalformedXML).field("Detail", what)
}

fn build(text: &str) -> Result<Element, S3Error> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(false);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|e| malformed(&e.to_string()))? {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() || open.len() == DEPTH_MAX || elements > ELEMENTS_MAX {
                    return Err(malformed("it has too many elements"));
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, kind: kind(&start)?, ..Element::default() });
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| malformed("an element ends that did not begin"))?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => append(&mut open, &text.into_inner())?,
            Event::CData(text) => append(&mut open, &text.into_inner())?,
            Event::GeneralRef(reference) => {
                let name = reference.borrow().into_inner().into_owned();
                let resolved = match reference.resolve_char_ref().map_err(|e| malformed(&e.to_string()))? {
                    Some(c) => c,
                    None => predefined(&name).ok_or_else(|| malformed("it uses an unknown entity"))?,
                };
                append(&mut open, resolved.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(malformed("a document type is not allowed")),
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.is_empty() {
        return Err(malformed("it ends early"));
    }
    root.ok_or_else(|| malformed("it is empty"))
}

/// The only attribute that S3's documents have, apart from namespaces.
fn kind(start: &BytesStart<'_>) -> Result<String, S3Error> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| malformed(&e.to_string()))?;
        if attribute.key.local_name().as_ref() == "type" {
            return Ok(attribute.value.into_owned());
        }
    }
    Ok(String::new())
}

fn append(open: &mut [Element], text: &str) -> Result<(), S3Error> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(malformed("there is text outside the root element")),
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_white_space_and_carriage_returns_survive() {
        let root = Element::parse(
            b"<?xml version=\"1.0\"?>\n<Delete xmlns='x'><Object><Key>  </Key></Object><Object><Key>a&#13;</Key></Object>\
              <Quiet>true</Quiet><Object><Key> &lt;b&amp;c&gt; </Key></Object></Delete>\n",
            "Delete",
        )
        .expect("parses");
        let keys: Vec<_> = root.all("Object").map(|o| o.required("Key").expect("has a key")).collect();
        assert_eq!(keys, ["  ", "a\r", " <b&c> "]);
        assert_eq!(root.text_of("Quiet"), Some("true"));
    }

    #[test]
    fn what_is_not_the_document_is_refused() {
        let bombs = "<a>".repeat(50) + &"</a>".repeat(50);
        for bad in [
            "text",
            "<Other/>",
            "<Delete>",
            "<Delete></Delet>",
            "<Delete/><Delete/>",
            "<!DOCTYPE x [<!ENTITY e 'v'>]><Delete>&e;</Delete>",
            "<Delete>&nbsp;</Delete>",
            "<Delete/>x",
            "<Delete>\0</Delete>",
            "<Delete>&#0;</Delete>",
            &bombs,
        ] {
            let error = Element::parse(bad.as_bytes(), "Delete").expect_err(bad);
            assert_eq!(error.code, S3ErrorCode::MalformedXML, "{bad}");
        }
        assert!(Element::parse(b"\xff", "Delete").is_err());
        let none = Element::parse(b"", "Delete").expect_err("there is none");
        assert_eq!(none.code, S3ErrorCode::MissingRequestBodyError);
    }

    #[test]
    fn a_prefix_and_a_byte_order_mark_are_tolerated() {
        let root = Element::parse("\u{feff}<s3:Delete xmlns:s3='x'/>".as_bytes(), "Delete").expect("parses");
        assert_eq!(root.name, "Delete");
    }
}
