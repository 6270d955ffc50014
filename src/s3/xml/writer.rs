//! The one XML writer. What XML 1.0 cannot carry goes out as a character reference, as AWS writes it.

use bytes::Bytes;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document being written.
pub struct Document {
    writer: Writer<Vec<u8>>,
    open: Vec<&'static str>,
}

impl Document {
    /// Begins a document with this root, in S3's namespace.
    #[must_use]
    pub fn new(root: &'static str) -> Self {
        Self::with_attributes(root, &[("xmlns", super::NAMESPACE)])
    }

    /// Begins a document with this root and these attributes.
    #[must_use]
    pub fn with_attributes(root: &'static str, attributes: &[(&str, &str)]) -> Self {
        let mut document = Self { writer: Writer::new(Vec::with_capacity(512)), open: Vec::new() };
        document.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        document.raw(b"\n");
        document.open_with(root, attributes);
        document
    }

    /// Begins an element; [`Document::close`] ends it.
    pub fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    /// Begins an element with attributes.
    pub fn open_with(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.event(Event::Start(start));
        self.open.push(name);
    }

    /// Ends the innermost open element.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.event(Event::End(BytesEnd::new(name)));
        }
    }

    /// An element with text.
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.event(Event::Start(BytesStart::new(name)));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// Text of the innermost open element.
    pub fn content(&mut self, text: &str) {
        self.event(Event::Text(BytesText::new(text)));
    }

    /// An element with text, if there is one.
    pub fn maybe(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An element with a number.
    pub fn number(&mut self, name: &'static str, number: u64) {
        self.text(name, &number.to_string());
    }

    /// An element with `true` or `false`.
    pub fn flag(&mut self, name: &'static str, flag: bool) {
        self.text(name, if flag { "true" } else { "false" });
    }

    /// Ends every open element and returns the document.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        while !self.open.is_empty() {
            self.close();
        }
        Bytes::from(referenced(self.writer.into_inner()))
    }

    fn event(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("writing to memory does not fail");
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.writer.get_mut().extend_from_slice(bytes);
    }
}

/// Replaces what XML 1.0 cannot carry (and CR, which readers would turn into LF) with character references. None of it
/// occurs in markup, so this runs over the finished document.
fn referenced(document: Vec<u8>) -> Vec<u8> {
    let illegal = |b: u8| b < 0x20 && b != b'\n' && b != b'\t';
    let suspicious = document.iter().any(|&b| illegal(b) || b == 0xef);
    if !suspicious {
        return document;
    }
    let mut out = Vec::with_capacity(document.len() + 64);
    let mut rest = document.as_slice();
    while let Some((&byte, tail)) = rest.split_first() {
        if illegal(byte) {
            out.extend_from_slice(format!("&#x{byte:X};").as_bytes());
            rest = tail;
        } else if let Some(after) = rest.strip_prefix(b"\xef\xbf\xbe") {
            out.extend_from_slice(b"&#xFFFE;");
            rest = after;
        } else if let Some(after) = rest.strip_prefix(b"\xef\xbf\xbf") {
            out.extend_from_slice(b"&#xFFFF;");
            rest = after;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_controls_become_references() {
        let mut document = Document::new("R");
        document.text("Key", "a<b>&\"'\u{1}\r\u{ffff}ä\n");
        document.open("Owner");
        document.flag("Yes", true);
        let bytes = document.finish();
        let text = std::str::from_utf8(&bytes).expect("is UTF-8");
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns="), "{text}");
        assert!(text.contains("&lt;b&gt;&amp;"), "{text}");
        assert!(text.contains("&#x1;&#13;&#xFFFF;ä\n</Key>"), "{text}");
        assert!(text.ends_with("<Owner><Yes>true</Yes></Owner></R>"), "{text}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let key = " k\r\n\t<&>]]> ä\u{10ffff}";
        let mut document = Document::new("R");
        document.text("Key", key);
        let root = crate::s3::xml::Element::parse(&document.finish(), "R").expect("parses");
        assert_eq!(root.text_of("Key"), Some(key));
    }
}
