//! What a server answered, and claims about it.

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// The server closes the connection.
    pub closed: bool,
    /// `100 Continue` came first.
    pub continued: bool,
}

impl Reply {
    /// The first value of a header; bytes that are not UTF-8 are replaced.
    pub fn header(&self, name: &str) -> Option<String> {
        self.header_bytes(name).map(|v| String::from_utf8_lossy(v).into_owned())
    }

    /// The first value of a header, as it came.
    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice())
    }

    /// The ETag without its quotes.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("no ETag in {self}")).trim_matches('"').to_owned()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The contents of every element of this name, in order, with XML's escapes resolved.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        let mut found = Vec::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(&open) {
            rest = &rest[at + open.len()..];
            let Some(end) = rest.find('>').filter(|_| rest.starts_with(['>', ' ', '/'])) else { continue };
            if rest[..end].ends_with('/') {
                found.push(String::new());
            } else {
                let content = &rest[end + 1..];
                let length = content.find(&close).unwrap_or_else(|| panic!("{name} does not end in {text}"));
                found.push(unescape(&content[..length]));
            }
            rest = &rest[end + 1..];
        }
        found
    }

    /// The content of the first element of this name.
    pub fn element(&self, name: &str) -> Option<String> {
        self.elements(name).into_iter().next()
    }

    /// The error code, when this is an error document.
    pub fn code(&self) -> Option<String> {
        self.text().contains("<Error>").then(|| self.element("Code")).flatten()
    }

    /// Fails, showing the answer, unless the status is this.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Fails unless this is the S3 error document of that code.
    #[track_caller]
    pub fn assert_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_deref()), (status, Some(code)), "{self}");
        for element in ["Message", "RequestId", "HostId"] {
            assert!(self.element(element).is_some(), "no {element} in {self}");
        }
        self
    }

    /// Fails unless the body is this.
    #[track_caller]
    pub fn assert_body(self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        if self.body != body {
            let at = self.body.iter().zip(body).take_while(|(a, b)| a == b).count();
            panic!("{} bytes came, {} were expected, they differ from {at}: {self}", self.body.len(), body.len());
        }
        self
    }

    /// Fails unless a header has this value.
    #[track_caller]
    pub fn assert_header(self, name: &str, value: &str) -> Self {
        assert_eq!(self.header(name).as_deref(), Some(value), "{name} in {self}");
        self
    }

    /// Fails if a header is there.
    #[track_caller]
    pub fn assert_no_header(self, name: &str) -> Self {
        assert_eq!(self.header(name), None, "{name} in {self}");
        self
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value))?;
        }
        let text: String = self.text().chars().take(4000).collect();
        write!(f, "\n{text}")
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').unwrap_or_else(|| panic!("an escape does not end in {text}")) + at;
        let name = &rest[at + 1..end];
        let number = name.strip_prefix("#x").map(|n| u32::from_str_radix(n, 16));
        let number = number.or_else(|| name.strip_prefix('#').map(str::parse));
        out.push(match (name, number) {
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            (_, Some(Ok(number))) => char::from_u32(number).expect("a character"),
            _ => panic!("an unknown escape {name:?}"),
        });
        rest = &rest[end + 1..];
    }
    out + rest
}
