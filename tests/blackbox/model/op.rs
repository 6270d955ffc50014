//! What is asked of a key and what is answered, as the model sees both.

use std::sync::Arc;

use crate::ops::md5_hex;
use crate::ops::multipart::{Multipart, NamedPart, etag_of};

/// Texts are copied with every state that a search goes through.
pub type Text = Arc<str>;

/// A bucket's versioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    Off,
    Enabled,
    Suspended,
}

/// What a bucket's configuration says about its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub versioning: Versioning,
    /// Versions can be locked.
    pub locks: bool,
    /// The retention of versions that ask for none.
    pub default: Option<Mode>,
}

impl Rules {
    /// Of a bucket without locks.
    pub fn of(versioning: Versioning) -> Self {
        Self { versioning, locks: false, default: None }
    }
}

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Id {
    Null,
    Named(Text),
    /// Of the version that the call with this number made, or may have made, whose answer has not told.
    Unknown(usize),
}

impl Id {
    /// As answers tell it.
    pub fn told(text: &str) -> Self {
        if text == "null" { Self::Null } else { Self::Named(text.into()) }
    }

    /// As requests name it; what nobody was told cannot be named.
    pub fn text(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Named(text) => text,
            Self::Unknown(number) => panic!("the version made by call {number} was not told"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Governance,
    Compliance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Retention {
    pub mode: Mode,
    /// A day of January 2099; 0 is the end of the bucket's default, which is far before it.
    pub until: u8,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Lock {
    pub retention: Option<Retention>,
    pub hold: Option<bool>,
}

/// What a write or a delete depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    None,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match`
    Match(Text),
}

/// Bytes that are known by a number.
#[derive(Debug, Clone)]
pub struct Body {
    number: u64,
    pub etag: Text,
}

/// Bytes of a body that is too large to be kept with its head.
const LARGE_BYTES: usize = 200_000;

impl Body {
    /// One in eight is large.
    pub fn new(number: u64) -> Self {
        Self { number, etag: md5_hex(&bytes(number)).into() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        bytes(self.number)
    }
}

fn bytes(number: u64) -> Vec<u8> {
    let text = format!("{number:016x}");
    let times = if number.is_multiple_of(8) { LARGE_BYTES / text.len() } else { 1 };
    text.repeat(times).into_bytes()
}

/// An upload with one part, to be completed or aborted.
#[derive(Debug, Clone)]
pub struct Upload {
    /// No other upload of the key has it.
    pub number: usize,
    pub id: Text,
    pub part: NamedPart,
    /// Of the object that it becomes.
    pub etag: Text,
}

impl Upload {
    /// Uploads the part.
    pub fn prepare(opened: &Multipart<'_>, number: usize) -> Arc<Self> {
        let part = opened.part(1, format!("the part of upload {number} of {}", opened.key));
        let etag = etag_of(std::slice::from_ref(&part)).into();
        Arc::new(Self { number, id: opened.id.as_str().into(), part, etag })
    }
}

/// One request on one key. Where no version is named, the current one is meant.
#[derive(Debug, Clone)]
pub enum Op {
    Put {
        body: Body,
        tags: u8,
        lock: Lock,
        condition: Condition,
    },
    /// A copy's effect on the key that it writes.
    Paste {
        etag: Text,
        tags: u8,
        condition: Condition,
    },
    /// A copy's reading of its source.
    Source {
        version: Option<Id>,
    },
    Complete {
        upload: Arc<Upload>,
        condition: Condition,
    },
    Abort {
        upload: Arc<Upload>,
    },
    Delete {
        version: Option<Id>,
        condition: Condition,
        bypass: bool,
        /// One of several keys of one request, of which `If-Match` says otherwise what is there.
        of_many: bool,
    },
    /// GET, or HEAD.
    Read {
        version: Option<Id>,
        head: bool,
    },
    /// Sets the one tag; 0 takes it away.
    Tag {
        version: Option<Id>,
        tags: u8,
    },
    Tags {
        version: Option<Id>,
    },
    Retain {
        version: Option<Id>,
        retention: Option<Retention>,
        bypass: bool,
    },
    Hold {
        version: Option<Id>,
        on: bool,
    },
    /// All versions of the key.
    List,
}

impl Op {
    /// The version it names.
    pub fn version(&self) -> Option<&Id> {
        match self {
            Self::Source { version }
            | Self::Delete { version, .. }
            | Self::Read { version, .. }
            | Self::Tag { version, .. }
            | Self::Tags { version }
            | Self::Retain { version, .. }
            | Self::Hold { version, .. } => version.as_ref(),
            Self::Put { .. } | Self::Paste { .. } | Self::Complete { .. } | Self::Abort { .. } | Self::List => None,
        }
    }

    /// Whether a success means that there is a version more.
    pub fn makes_a_version(&self) -> bool {
        matches!(
            self,
            Self::Put { .. } | Self::Paste { .. } | Self::Complete { .. } | Self::Delete { version: None, .. }
        )
    }

    /// Whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        matches!(self, Self::Source { .. } | Self::Read { .. } | Self::Tags { .. } | Self::List)
    }
}

/// What is answered. Of a success that tells nothing about something, the field is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub code: Option<Text>,
    pub version: Option<Id>,
    /// `x-amz-delete-marker`
    pub marker: bool,
    pub etag: Option<Text>,
    /// A read tells how many tags there are, the tags themselves are another request.
    pub tags: Option<u8>,
    pub lock: Lock,
    /// Newest first.
    pub versions: Vec<Listed>,
}

/// A version in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: Id,
    /// A delete marker has none.
    pub etag: Option<Text>,
    pub latest: bool,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn error(status: u16, code: &str) -> Self {
        Self { code: Some(code.into()), ..Self::status(status) }
    }
}

/// A request on a key and its answer; without one, it may have been acted on, or be acted on later, or never.
#[derive(Debug, Clone)]
pub struct Call {
    /// No other call on the key has it.
    pub number: usize,
    pub rules: Rules,
    pub op: Op,
    pub answer: Option<Answer>,
}
