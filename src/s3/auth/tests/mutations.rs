//! Whatever is changed in a signed request, it is refused; whatever is sent, nothing panics.

use proptest::prelude::*;

use super::{Ask, NOW, forms};
use crate::fuzzing::Dice;
use crate::s3::auth::SignatureKind;
use crate::s3::auth::fuzzing::{Change, Good, GoodBody, KINDS, SIGNED, SIGNED_TRAILER};
use crate::s3::request::Method;

/// How many changed requests have to be refused; `tests/long/mutations` asks for many more.
const MUTATIONS: usize = 20_000;

/// A printable character, or one that means something where signatures are read.
fn character(dice: &mut Dice) -> char {
    let marks = b"=&;,/%+:?- ";
    let byte = if dice.below(3) == 0 { marks[dice.below(marks.len())] } else { b' ' + dice.below(95) as u8 };
    char::from(byte)
}

fn change(dice: &mut Dice) -> Change {
    let (place, at, removed) = (dice.below(16), dice.below(1 << 16), dice.below(3));
    let inserted = (0..dice.below(3)).map(|_| character(dice)).collect();
    Change { place, at, removed, inserted }
}

/// Whether a form is refused when what its signature covers, or the signature, is changed.
fn is_form_refused(form: &[(&'static str, String)], dice: &mut Dice) -> bool {
    let mut changed = form.to_vec();
    // The rest is covered by the policy's conditions, not by the signature.
    let signed: Vec<usize> =
        (0..form.len()).filter(|i| !["X-Amz-Algorithm", "X-Amz-Date"].contains(&form[*i].0)).collect();
    let value = &mut changed[signed[dice.below(signed.len())]].1;
    let at = dice.below(value.len());
    value.replace_range(at..(at + dice.below(2)).min(value.len()), &character(dice).to_string());
    let same = changed == form;
    let taken = forms::signed_by(&changed, &forms::rules()).is_ok();
    assert!(same || !taken, "{changed:?}");
    !same
}

/// Changes in requests signed in every way, in signed bodies and in forms. One counts only if it is refused; one that is
/// not has changed nothing that is signed, or the test fails.
#[test]
fn no_mutation_of_what_was_signed_is_accepted() {
    let wanted = std::env::var("DOLIUM_TEST_MUTATIONS").map_or(MUTATIONS, |count| count.parse().expect("a number"));
    let now = || std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos().to_string();
    let seed = std::env::var("DOLIUM_TEST_SEED").unwrap_or_else(|_| now());
    println!("DOLIUM_TEST_SEED={seed}");
    let mut dice = Dice::of(seed.as_bytes());
    let heads = KINDS.map(Good::of);
    let data = b"some data in more than one chunk of sixteen bytes";
    let bodies = [GoodBody::chunked(SIGNED, data), GoodBody::chunked(SIGNED_TRAILER, data), GoodBody::whole(data)];
    let forms = [forms::v2(), forms::v4()];
    let mut refused = [0; 9];
    while refused.iter().sum::<usize>() < wanted {
        let what = dice.below(refused.len());
        let counts = match what {
            0..4 => heads[what].is_refused(&change(&mut dice)),
            4..7 => bodies[what - 4].is_refused(&mut dice),
            _ => is_form_refused(&forms[what - 7], &mut dice),
        };
        refused[what] += usize::from(counts);
    }
    println!("refused, by kind: {refused:?}");
    assert!(refused.iter().all(|count| *count > wanted / 30), "{refused:?}");
}

fn config() -> ProptestConfig {
    let few = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { few.cases } else { 2000 };
    ProptestConfig { cases, ..few }
}

proptest! {
    #![proptest_config(config())]

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
