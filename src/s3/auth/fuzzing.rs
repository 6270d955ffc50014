//! Signatures and signed bodies.

use super::ask::{Ask, NOW, sign, signer};
use super::{Caller, Identity, SignatureKind, dates};
use crate::fuzzing::{Dice, Input, header_value};
use crate::s3::error::S3Error;
use crate::s3::request::{Headers, Method, Query};

/// Input: lines: the method, the target; then headers; then, after an empty line, a text that could be a date. A request
/// that is taken for a tenant's is refused where that tenant has another secret.
pub(crate) fn any_signature(input: &[u8]) {
    let mut parts = Input(input);
    let method = Method::parse(&parts.text()).unwrap_or(Method::Get);
    let target = format!("/{}", parts.text());
    let ask = Ask { headers: parts.headers(), ..Ask::new(method, &target, NOW) };
    if ask.identify().is_ok_and(|identity| matches!(identity.caller, Caller::Principal(_))) {
        let elsewhere = Ask { secret: "another secret", ..ask };
        assert!(elsewhere.identify().is_err(), "a signature by nobody");
    }
    date(&parts.text());
}

fn date(text: &str) {
    if let Some(seconds) = dates::parse_iso_basic(text) {
        assert_eq!(dates::iso_basic(seconds), text);
    }
    if let Some(seconds) = dates::parse_any(text).filter(|seconds| (0..253_402_300_800).contains(seconds)) {
        assert_eq!(dates::parse_any(&dates::iso_basic(seconds)), Some(seconds));
        assert_eq!(dates::parse_any(&sign::http_date(seconds)), Some(seconds));
    }
}

/// The ways to sign.
pub(super) const KINDS: [SignatureKind; 4] =
    [SignatureKind::V4Header, SignatureKind::V2Header, SignatureKind::V4Query, SignatureKind::V2Query];

fn is_v2(kind: SignatureKind) -> bool {
    matches!(kind, SignatureKind::V2Header | SignatureKind::V2Query)
}

fn signed(ask: Ask, kind: SignatureKind) -> Ask {
    match kind {
        SignatureKind::V4Header => ask.signed_v4(),
        SignatureKind::V2Header => ask.signed_v2(),
        SignatureKind::V4Query => ask.presigned_v4(600),
        SignatureKind::V2Query => ask.presigned_v2(600),
        SignatureKind::V2Form | SignatureKind::V4Form | SignatureKind::Anonymous => ask,
    }
}

/// Input: lines: which kind of signature, a key; query parameters up to an empty line; values of user metadata up to
/// another one. What a client signs right is accepted, as what the client meant.
pub(crate) fn right_signature(input: &[u8]) {
    let mut parts = Input(input);
    let kind = KINDS[usize::try_from(parts.number()).unwrap_or(0) % KINDS.len()];
    let key = parts.text();
    let own = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-")
            || ["signature", "awsaccesskeyid", "expires", "content-type", "content-md5"].contains(&name.as_str())
    };
    let query: Vec<(String, String)> =
        parts.pairs('=').into_iter().filter(|(name, _)| !own(name) && !name.is_empty()).collect();
    let pairs: Vec<String> =
        query.iter().map(|(n, v)| format!("{}={}", sign::encode(n, false), sign::encode(v, false))).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    let target = format!("/bucket/{}{mark}{}", sign::encode(&key, true), pairs.join("&"));
    let mut ask = Ask::new(Method::Put, &target, NOW);
    for (i, (name, value)) in parts.pairs(':').into_iter().enumerate() {
        // Headers of the same name are one, whose value is all of theirs.
        let name = if name.is_empty() { "x-amz-meta-same".to_owned() } else { format!("x-amz-meta-{i}") };
        ask = ask.with(&name, &header_value(&value));
    }
    let ask = signed(ask, kind);
    let identity = ask.identify().unwrap_or_else(|refusal| panic!("{kind:?} of {:?}: {refusal:?}", ask.target));
    assert_eq!(identity.how, kind);
    let meant = ask.parsed().expect("an encoded target");
    assert_eq!(meant.key.unwrap_or_default(), key);
    let sent = meant.query.iter().filter(|p| !own(&p.name)).map(|p| (p.name.clone(), p.value.clone()));
    assert_eq!(sent.collect::<Vec<_>>(), query);
}

/// A request of each kind, to be changed.
fn good(kind: SignatureKind) -> Ask {
    let ask = Ask::new(Method::Put, "/bucket/some%20key?versionId=abc&partNumber=7", NOW)
        .with("x-amz-meta-a", "value")
        .with("x-amz-acl", "private");
    signed(ask, kind)
}

/// A change of one place of a request.
#[derive(Debug)]
pub(super) struct Change {
    /// Which header's value, or (by the number after the last header's) the target, or a header more.
    pub place: usize,
    /// At which character.
    pub at: usize,
    /// How many characters go.
    pub removed: usize,
    /// What comes.
    pub inserted: String,
}

impl Change {
    fn text(&self, text: &str, fits: impl Fn(char) -> bool) -> String {
        let at = self.at % (text.chars().count() + 1);
        let kept = text.chars().take(at);
        let inserted = self.inserted.chars().filter(|c| fits(*c));
        kept.chain(inserted).chain(text.chars().skip(at + self.removed)).collect()
    }

    fn apply(&self, ask: Ask) -> Ask {
        let sent: Vec<(String, String)> =
            ask.headers.iter().map(|(n, v)| (n.to_owned(), String::from_utf8_lossy(v).into_owned())).collect();
        let place = self.place % (sent.len() + 2);
        let mut headers = Headers::default();
        for (i, (name, value)) in sent.iter().enumerate() {
            let value = if i == place { header_value(&self.text(value, |_| true)) } else { value.clone() };
            headers.push(name.clone(), value);
        }
        if place == sent.len() + 1 {
            Input(self.inserted.as_bytes()).headers().iter().for_each(|(n, v)| headers.push(n, v.clone()));
        }
        let target = match place == sent.len() {
            true => self.text(&ask.target, |c| !c.is_ascii_control() && c != ' '),
            false => ask.target.clone(),
        };
        Ask { headers, target, ..ask }
    }
}

type Pairs = Vec<(String, String)>;

/// What the server makes of a request: path, query and headers that it acts on.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    path: String,
    query: Pairs,
    headers: Pairs,
}

fn meaning(ask: &Ask, kind: SignatureKind) -> Option<Meaning> {
    let identity = ask.identify().ok().filter(|identity| identity.how != SignatureKind::Anonymous)?;
    let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let own = ["x-amz-signature", "signature", "awsaccesskeyid", "expires"];
    let spelled = |name: &str| own.into_iter().find(|n| n.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned();
    let query = Query::parse(query).ok()?;
    let query = query.iter().map(|p| (spelled(&p.name), p.value.clone()));
    // V2 leaves unknown parameters unsigned: renaming one away removes it from what is signed.
    let signed = ["versionId", "partNumber", "signature", "expires", "awsaccesskeyid"];
    let mut query: Pairs = query.filter(|(name, _)| !is_v2(kind) || signed.contains(&name.as_str())).collect();
    query.sort();
    Some(Meaning { path, query, headers: acted_on(&identity) })
}

fn acted_on(identity: &Identity) -> Pairs {
    // Nobody acts on the name of the client, nor on the header with the time where the time is in the query.
    let counts = |name: &str| {
        name.starts_with("x-amz-")
            && name != "x-amz-user-agent"
            && !(name == "x-amz-date" && identity.how == SignatureKind::V4Query)
    };
    // Nextcloud signs none by V2 that is empty, so that one may be added.
    let all =
        identity.headers.iter().filter(|(name, value)| counts(name) && (!is_v2(identity.how) || !value.is_empty()));
    let mut headers: Pairs =
        all.map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).trim().to_owned())).collect();
    headers.sort();
    headers
}

/// A signed request, and what it means.
pub(super) struct Good {
    kind: SignatureKind,
    ask: Ask,
    meaning: Meaning,
}

impl Good {
    pub(super) fn of(kind: SignatureKind) -> Self {
        let ask = good(kind);
        let meaning = meaning(&ask, kind).expect("it is good");
        Self { kind, ask, meaning }
    }

    /// Whether it is refused when it is changed. If it is not, it means the same: only a part that nobody signs, or
    /// another spelling of the same, may differ.
    pub(super) fn is_refused(&self, change: &Change) -> bool {
        let got = meaning(&change.apply(self.ask.clone()), self.kind);
        got.inspect(|got| assert_eq!(got, &self.meaning, "{:?} of {:?}", change, self.kind)).is_none()
    }
}

/// Whatever is changed in a signed request, it means the same or is refused.
pub(super) fn check_change(kind: SignatureKind, change: &Change) {
    Good::of(kind).is_refused(change);
}

/// A signed body as it is sent, and what it says.
#[cfg(test)]
pub(super) struct GoodBody {
    ask: Ask,
    encoded: Vec<u8>,
    says: (Vec<u8>, Pairs),
}

#[cfg(test)]
impl GoodBody {
    /// In aws-chunked chunks, each signed.
    pub(super) fn chunked(mode: &str, data: &[u8]) -> Self {
        let (ask, seed) = upload(mode, data.len() as u64);
        let trailers = [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())];
        let trailers = mode.ends_with("TRAILER").then_some(&trailers[..]);
        let encoded = signer().chunks(data, 16, Some(&seed), ask.now, trailers);
        Self::of(ask, encoded)
    }

    /// Whole, with its hash among what is signed.
    pub(super) fn whole(data: &[u8]) -> Self {
        let ask = Ask::new(Method::Put, "/b/k", NOW).with("Content-Length", &data.len().to_string());
        let ask = ask.with("x-amz-content-sha256", &super::keys::sha256_hex(data)).signed_v4();
        Self::of(ask, data.to_vec())
    }

    fn of(ask: Ask, encoded: Vec<u8>) -> Self {
        let says = sent(&ask, &[&encoded]).expect("a body that is right");
        Self { ask, encoded, says }
    }

    /// Whether it is refused when a byte of it is changed, comes in between or goes. If it is not, it says the same.
    pub(super) fn is_refused(&self, dice: &mut Dice) -> bool {
        let mut changed = self.encoded.clone();
        let at = dice.below(changed.len());
        match dice.below(3) {
            0 => changed[at] ^= 1 << dice.below(8),
            1 => changed.insert(at, changed[dice.below(changed.len())]),
            _ => drop(changed.remove(at)),
        }
        let got = sent(&self.ask, &[&changed]);
        got.inspect(|got| assert_eq!(got, &self.says, "{}", String::from_utf8_lossy(&changed))).is_err()
    }
}

/// Input: lines: the kind of signature, which part of the request, at which character, how many characters go; and what
/// comes in their place.
pub(crate) fn changed_request(input: &[u8]) {
    let mut parts = Input(input);
    let mut number = || usize::try_from(parts.number()).unwrap_or(0);
    let (kind, place, at, removed) = (KINDS[number() % KINDS.len()], number(), number(), number() % 1000);
    check_change(kind, &Change { place, at, removed, inserted: String::from_utf8_lossy(parts.0).into_owned() });
    let method = [Method::Get, Method::Head, Method::Post, Method::Delete][at % 4];
    assert!(Ask { method, ..good(kind) }.identify().is_err(), "another method");
}

/// The aws-chunked payloads.
pub(super) const MODES: [&str; 3] = [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER];
pub(super) const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
pub(super) const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
pub(super) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// Input: lines: the mode, the decoded length, the size of a chunk; and a body. It is the same however the network cuts
/// it; and the same bytes, encoded right, are decoded to themselves and to nothing else when they are changed.
pub(crate) fn aws_chunked(input: &[u8]) {
    let mut dice = Dice::of(input);
    let mut parts = Input(input);
    let mode = MODES[usize::try_from(parts.number()).unwrap_or(0) % MODES.len()];
    let (length, chunk_bytes) = (parts.number(), usize::try_from(parts.number()).unwrap_or(0).clamp(1, 100_000));
    let body = parts.0;
    let (ask, _) = upload(mode, length);
    let whole = sent(&ask, &[body]);
    assert_eq!(sent(&ask, &dice.pieces(body)), whole, "in pieces");
    if let Ok((data, _)) = &whole {
        assert_eq!(data.len() as u64, length);
    }
    let (ask, seed) = upload(mode, body.len() as u64);
    let trailers = [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())];
    let trailers = mode.ends_with("TRAILER").then_some(&trailers[..]);
    let seed = (mode != UNSIGNED_TRAILER).then_some(seed.as_str());
    // Each signature takes some time.
    let mut encoded = signer().chunks(body, chunk_bytes.max(body.len() / 8), seed, ask.now, trailers);
    let (data, found) = sent(&ask, &dice.pieces(&encoded)).expect("a body that is right");
    assert_eq!((data.as_slice(), found.len()), (body, trailers.map_or(0, <[_]>::len)));
    let at = dice.below(encoded.len());
    encoded[at] ^= 1 << dice.below(8);
    if let Ok((data, changed)) = sent(&ask, &[&encoded]) {
        assert!(seed.is_none() || (data.as_slice(), changed) == (body, found), "byte {at} was changed");
    }
}

fn upload(mode: &str, length: u64) -> (Ask, String) {
    let ask = Ask::new(Method::Put, "/b/k", NOW)
        .with("x-amz-content-sha256", mode)
        .with("Transfer-Encoding", "chunked")
        .with("x-amz-decoded-content-length", &length.to_string());
    if mode.ends_with("TRAILER") { ask.with("x-amz-trailer", "x-amz-checksum-crc32") } else { ask }.v4()
}

type Sent = Result<(Vec<u8>, Pairs), crate::s3::error::S3ErrorCode>;

fn sent(ask: &Ask, pieces: &[&[u8]]) -> Sent {
    let owned = |trailers: Headers| {
        trailers.iter().map(|(n, v)| (n.to_owned(), String::from_utf8_lossy(v).into_owned())).collect()
    };
    let sent = ask.send_pieces(pieces.iter().copied());
    sent.map(|(data, trailers)| (data, owned(trailers))).map_err(|error: S3Error| error.code)
}
