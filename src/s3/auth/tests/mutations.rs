//! Whatever is changed in a signed request, it is refused; whatever is sent, nothing panics.

use proptest::prelude::*;

use super::{Ask, NOW};
use crate::s3::auth::SignatureKind;
use crate::s3::auth::fuzzing::{Change, KINDS, check_change};
use crate::s3::request::Method;

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
        check_change(KINDS[kind], &Change { place, at, removed: 1, inserted: to });
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
