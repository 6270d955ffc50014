//! Those who were meant when a policy was put, and those who are called so later.

use super::*;
use crate::policy::rename_principals;

const READER: &str = "arn:aws:iam::123456789012:role/reader";
const NIGHTLY: &str = "arn:aws:sts::123456789012:assumed-role/reader/nightly";

fn judged(effect: &str, element: &str, names: &[&str], ids: &[(&str, &str)], who: &Who) -> Verdict {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let members = format!(
        r#""Effect":"{effect}","{element}":{{"AWS":[{}]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#,
        names.join(",")
    );
    let id = |arn: &str| ids.iter().find(|(held, _)| *held == arn).map(|(_, id)| (*id).to_owned());
    let policy = bucket_policy(&members).held_to(id);
    ask(&policy, who, "s3:GetObject", "arn:aws:s3:::photos/a", &Known::default())
}

#[test]
fn an_arn_means_who_had_it() {
    let (own, others) = ("AIDAEXAMPLEEXAMPLE00", "AIDAEXAMPLEEXAMPLE01");
    let allows = |id: &str, who: &Who| judged("Allow", "Principal", &[BOB], &[(BOB, id)], who);
    assert_eq!((allows(own, &bob()), allows(others, &bob())), (DIRECT, Verdict::Silent));
    assert_eq!(allows(own, &user(ACCOUNT, "arn:aws:iam::123456789012:user/robert")), DIRECT, "another name by now");
    assert_eq!(allows(own, &Who::Anonymous), Verdict::Silent);
    assert_eq!(judged("Deny", "Principal", &[BOB], &[(BOB, own)], &bob()), Verdict::Deny);
    assert_eq!(judged("Deny", "Principal", &[BOB], &[(BOB, others)], &bob()), Verdict::Silent);
    for (id, verdict) in [("AROAEXAMPLEEXAMPLE00", DIRECT), ("AROAEXAMPLEEXAMPLE0", Verdict::Silent)] {
        assert_eq!(judged("Allow", "Principal", &[READER], &[(READER, id)], &session()), verdict);
        let nightly = format!("{id}:nightly");
        assert_eq!(judged("Allow", "Principal", &[NIGHTLY], &[(NIGHTLY, &nightly)], &session()), verdict);
    }
    assert_eq!(
        judged("Allow", "Principal", &[NIGHTLY], &[(NIGHTLY, "AROAEXAMPLEEXAMPLE00:daily")], &session()),
        Verdict::Silent
    );
}

#[test]
fn a_denial_of_all_but_those_who_had_an_arn() {
    let denied = |names: &[&str], ids: &[(&str, &str)], who: &Who| {
        judged("Deny", "NotPrincipal", names, ids, who) == Verdict::Deny
    };
    let id = (BOB, "AIDAEXAMPLEEXAMPLE00");
    assert!(!denied(&[BOB, ACCOUNT], &[id], &bob()) && denied(&[BOB], &[id], &bob()));
    assert!(denied(&[BOB, ACCOUNT], &[(BOB, "AIDAEXAMPLEEXAMPLE01")], &bob()));
    let ids = [(READER, "AROAEXAMPLEEXAMPLE00"), (NIGHTLY, "AROAEXAMPLEEXAMPLE00:nightly")];
    assert!(!denied(&[NIGHTLY, READER, ACCOUNT], &ids, &session()));
    for few in [&[NIGHTLY, READER][..], &[READER, ACCOUNT], &[NIGHTLY, ACCOUNT]] {
        assert!(denied(few, &ids, &session()), "{few:?}");
    }
    let later = [(READER, "AROAEXAMPLEEXAMPLE01"), (NIGHTLY, "AROAEXAMPLEEXAMPLE01:nightly")];
    assert!(denied(&[NIGHTLY, READER, ACCOUNT], &later, &session()));
}

#[test]
fn only_names_of_principals_are_written_anew() {
    let text = r#" {"Version" : "2012-10-17", "Id":"x","Statement":[ {"Sid":"x","Principal":{"AWS":["\u0078" ,"y","x"],
        "CanonicalUser":"x"},"Condition":{"StringEquals":{"AWS":"x","aws:PrincipalArn":["x"]}}},
        {"NotPrincipal":{"AWS":"x"},"Resource":"x\"x","Action":["x"]},{"Principal":"x"}]}"#;
    let text = &text[1..];
    let renamed = rename_principals(text.as_bytes(), |name| (name == "x").then(|| "a\"b".to_owned()));
    let wanted = text
        .replace(r#"["\u0078" ,"y","x"]"#, r#"["a\"b" ,"y","a\"b"]"#)
        .replace(r#""NotPrincipal":{"AWS":"x"}"#, r#""NotPrincipal":{"AWS":"a\"b"}"#);
    assert_eq!(String::from_utf8_lossy(&renamed), wanted);
    assert_eq!(rename_principals(text.as_bytes(), |_| None), text.as_bytes());
    let one = r#"{"Statement":{"Principal":{"AWS":"x"}}}"#;
    assert_eq!(rename_principals(one.as_bytes(), |_| Some("z".into())), one.replace('x', "z").as_bytes());
    for odd in ["", "{", "\"x", "[\"x\"]", "{\"Statement\":[\"x\"]}"] {
        assert_eq!(rename_principals(odd.as_bytes(), |_| Some("z".into())), odd.as_bytes());
    }
}
