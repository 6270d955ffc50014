//! Whatever is changed in a signed request, it is refused; whatever is sent, nothing panics.

use proptest::prelude::*;

use super::{Ask, NOW};
use crate::s3::auth::SignatureKind;
use crate::s3::request::{Headers, Method};

/// One request of each kind.
fn good(kind: usize) -> Ask {
    let ask = Ask::new(Method::Put, "/bucket/some%20key?versionId=abc&partNumber=7", NOW)
        .with("x-amz-meta-a", "value")
        .with("x-amz-acl", "private");
    match kind {
        0 => ask.signed_v4(),
        1 => ask.signed_v2(),
        2 => ask.presigned_v4(600),
        _ => ask.presigned_v2(600),
    }
}

type Pairs = Vec<(String, String)>;

/// What the server makes of it: path, query and headers that it acts on.
fn meaning(ask: &Ask) -> Option<(String, Pairs, Pairs)> {
    let identity = ask.identify().ok().filter(|identity| identity.how != SignatureKind::Anonymous)?;
    let parts = ask.target.split_once('?').unwrap_or((&ask.target, ""));
    let path = percent_encoding::percent_decode_str(parts.0).decode_utf8_lossy().into_owned();
    let query = crate::s3::request::Query::parse(parts.1).ok()?;
    let own = ["x-amz-signature", "signature", "awsaccesskeyid", "expires"];
    let spelled = |name: &str| own.into_iter().find(|n| n.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned();
    let mut query: Pairs = query.iter().map(|p| (spelled(&p.name), p.value.clone())).collect();
    query.sort();
    let mut headers: Vec<_> = identity
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-amz-"))
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).trim().to_owned()))
        .collect();
    headers.sort();
    Some((path, query, headers))
}

fn flip(text: &str, at: usize, to: char) -> String {
    let at = at % text.len().max(1);
    text.char_indices().map(|(i, c)| if i == at { to } else { c }).collect()
}

/// The request with one character changed, of the target or of a header's value.
fn mutated(ask: Ask, place: usize, at: usize, to: char) -> Ask {
    let headers: Vec<(String, String)> =
        ask.headers.iter().map(|(n, v)| (n.to_owned(), String::from_utf8_lossy(v).into_owned())).collect();
    let place = place % (headers.len() + 1);
    let mut changed = Headers::default();
    for (i, (name, value)) in headers.iter().enumerate() {
        changed.push(name.clone(), if i == place { flip(value, at, to) } else { value.clone() });
    }
    let target = if place == headers.len() { flip(&ask.target, at, to) } else { ask.target.clone() };
    Ask { headers: changed, target, ..ask }
}

/// Many more with `PROPTEST_CASES`, as `tests/long/mutated_signatures` does.
fn config() -> ProptestConfig {
    let few = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { few.cases } else { 2000 };
    ProptestConfig { cases, ..few }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_mutated_request_means_the_same_or_is_refused(
        kind in 0_usize..4, place in any::<usize>(), at in any::<usize>(), to in "[ -~]"
    ) {
        let to = to.chars().next().unwrap_or('x');
        let before = good(kind);
        let want = meaning(&before).expect("it is good");
        let after = mutated(before, place, at, to);
        if let Some(got) = meaning(&after) {
            // Only a part that nobody signs, or another spelling of the same, may differ.
            prop_assert_eq!(&got.0, &want.0);
            prop_assert_eq!(got.2, want.2);
            let relevant = |query: Pairs| -> Pairs {
                let ignored = |name: &str| kind % 2 == 1 && !["versionId", "partNumber", "signature", "expires", "awsaccesskeyid"].contains(&name);
                query.into_iter().filter(|(name, _)| !ignored(name)).collect()
            };
            let (got, want) = (relevant(got.1), relevant(want.1));
            // V2 leaves unknown parameters unsigned: renaming one away removes it from what is signed.
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn no_authorization_panics(text in ".{0,200}", target in "/[ -~]{0,80}") {
        for start in ["", "AWS ", "AWS4-HMAC-SHA256 "] {
            let ask = Ask::new(Method::Get, &target, NOW).with("Date", NOW).with("Authorization", &format!("{start}{text}"));
            let refused = ask.identify().is_err();
            prop_assert!(refused);
        }
    }

    #[test]
    fn no_query_panics(
        names in proptest::collection::vec(
            "(X-Amz-(Algorithm|Credential|Signature|Date|Expires|SignedHeaders|Security-Token)|Signature|Expires|AWSAccessKeyId)",
            1..8,
        ),
        values in proptest::collection::vec("[ -~]{0,40}", 8),
    ) {
        let pairs: Vec<String> = names.iter().zip(&values).map(|(n, v)| format!("{n}={}", super::sign::encode(v, false))).collect();
        let ask = Ask::new(Method::Get, &format!("/b/k?{}", pairs.join("&")), NOW).host();
        if let Ok(identity) = ask.identify() {
            prop_assert!(identity.how == SignatureKind::Anonymous && names.iter().all(|n| n == "Expires" || n == "X-Amz-Expires" || n == "X-Amz-Date"));
        }
    }

    #[test]
    fn no_chunked_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
        let ask = Ask::new(Method::Put, "/b/k", NOW)
            .with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .with("x-amz-decoded-content-length", "100")
            .with("Transfer-Encoding", "chunked")
            .signed_v4();
        prop_assert!(ask.send(&body, piece).is_err());
    }
}
