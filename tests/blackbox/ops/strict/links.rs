//! Links whose parameters are missing, empty, there twice, over-long, not text or nonsense: none of them opens anything.

use super::{HOWS, How, parameter};
use crate::client::Client;
use crate::ops::Ground;

const MALFORMED: &str = "AuthorizationQueryParametersError";

/// A parameter, and what is answered when it is missing, empty or there twice; nonsense; negative; and over-long.
type Line = (&'static str, [&'static str; 4]);

const V4: &[Line] = &[
    ("X-Amz-Algorithm", [MALFORMED; 4]),
    ("X-Amz-Credential", [MALFORMED; 4]),
    ("X-Amz-Date", [MALFORMED; 4]),
    ("X-Amz-Expires", [MALFORMED, MALFORMED, "AccessDenied", "AccessDenied"]),
    ("X-Amz-SignedHeaders", [MALFORMED, "AccessDenied", "AccessDenied", "AccessDenied"]),
    ("X-Amz-Signature", [MALFORMED, "SignatureDoesNotMatch", "SignatureDoesNotMatch", "SignatureDoesNotMatch"]),
];

const V2: &[Line] = &[
    ("AWSAccessKeyId", ["AccessDenied", "InvalidAccessKeyId", "InvalidAccessKeyId", "InvalidAccessKeyId"]),
    ("Expires", ["AccessDenied"; 4]),
    ("Signature", ["AccessDenied", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "SignatureDoesNotMatch"]),
];

/// The link with one parameter gone, and with this in its place.
fn changed(link: &str, name: &str, how: How) -> String {
    let (path, query) = link.split_once('?').expect("is signed");
    let is_it = |one: &&str| one.split('=').next() == Some(name);
    let mut parameters: Vec<String> = query.split('&').filter(|one| !is_it(one)).map(str::to_owned).collect();
    assert!(parameters.len() < query.split('&').count(), "{name} is not in {link}");
    parameters.push(parameter(name, how));
    parameters.retain(|one| !one.is_empty());
    format!("{path}?{}", parameters.join("&"))
}

fn try_all(signer: &Client, g: &Ground, lines: &[Line]) {
    let anybody = g.alice.anonymous();
    for method in ["GET", "PUT"] {
        let link = signer.presign(method, &g.path("k"));
        for (name, [absent, nonsense, negative, long]) in lines {
            for how in HOWS.into_iter().chain([How::Missing]) {
                let code = match how {
                    How::Missing | How::Empty | How::Twice => absent,
                    How::Nonsense => nonsense,
                    How::Negative => negative,
                    How::Long => long,
                    How::NotText => "InvalidURI",
                };
                let reply = anybody.request(method, &changed(&link, name, how)).send();
                assert_eq!(reply.code().as_deref(), Some(code), "{method}, {name} {how:?}: {reply}");
            }
        }
    }
    g.get("k").assert_body("x");
}

#[test]
fn no_wrong_link_opens_anything() {
    let g = Ground::new();
    g.put("k", "x");
    try_all(&g.alice.v4_presigned(), &g, V4);
    try_all(&g.alice.v2_presigned(), &g, V2);
}
