//! Whom statements are about.

use super::*;

fn allows(principal: &str, who: &Who) -> Verdict {
    judged("Allow", "Principal", principal, who)
}

fn judged(effect: &str, element: &str, principal: &str, who: &Who) -> Verdict {
    let members = format!(
        r#""Effect":"{effect}","{element}":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#
    );
    ask(&bucket_policy(&members), who, "s3:GetObject", "arn:aws:s3:::photos/a", &Known::default())
}

fn root() -> Who {
    user(ACCOUNT, "arn:aws:iam::123456789012:root")
}

fn stranger() -> Who {
    Who::Principal {
        account: "999999999999".to_owned(),
        canonical: canonical('b'),
        arn: "arn:aws:iam::999999999999:user/staff/bob".to_owned(),
        also: Vec::new(),
        user_id: "AIDASTRANGERSTRANGER".to_owned(),
    }
}

#[test]
fn everybody_is_everybody() {
    for everybody in [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["arn:aws:iam::123456789012:user/x","*"]}"#] {
        for who in [Who::Anonymous, bob(), root(), session(), stranger(), Who::Service("x.amazonaws.com".into())] {
            assert_eq!(allows(everybody, &who), DIRECT, "{everybody} {who:?}");
        }
    }
}

#[test]
fn an_account_is_named_in_three_ways() {
    let hex = canonical('a');
    for account in [
        r#"{"AWS":"123456789012"}"#.to_owned(),
        r#"{"AWS":["arn:aws:iam::123456789012:root"]}"#.to_owned(),
        format!(r#"{{"CanonicalUser":"{hex}"}}"#),
        format!(r#"{{"CanonicalUser":"{}"}}"#, hex.to_uppercase()),
    ] {
        for who in [bob(), root(), session()] {
            assert_eq!(allows(&account, &who), BY_ACCOUNT, "{account} {who:?}");
        }
        for who in [Who::Anonymous, stranger(), Who::Service("x.amazonaws.com".into())] {
            assert_eq!(allows(&account, &who), Verdict::Silent, "{account} {who:?}");
        }
    }
}

#[test]
fn users_roles_and_sessions_are_named_by_their_arns() {
    let by_user = format!(r#"{{"AWS":"{BOB}"}}"#);
    assert_eq!(allows(&by_user, &bob()), DIRECT);
    for who in [root(), session(), stranger(), Who::Anonymous] {
        assert_eq!(allows(&by_user, &who), Verdict::Silent, "{who:?}");
    }
    for arn in ["arn:aws:iam::123456789012:role/reader", "arn:aws:sts::123456789012:assumed-role/reader/nightly"] {
        let named = format!(r#"{{"AWS":["{arn}"]}}"#);
        assert_eq!(allows(&named, &session()), DIRECT, "{arn}");
        assert_eq!(allows(&named, &bob()), Verdict::Silent, "{arn}");
    }
    assert_eq!(allows(r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/reader/daily"}"#, &session()), Verdict::Silent);
    assert_eq!(allows(r#"{"AWS":"AIDAEXAMPLEEXAMPLE00"}"#, &bob()), DIRECT);
    assert_eq!(allows(r#"{"AWS":"AROAEXAMPLEEXAMPLE00"}"#, &session()), DIRECT);
    assert_eq!(allows(r#"{"AWS":"AROAEXAMPLEEXAMPLE0"}"#, &session()), Verdict::Silent);
}

#[test]
fn being_named_goes_before_ones_account_being_named() {
    for (first, second) in [(ACCOUNT, BOB), (BOB, ACCOUNT)] {
        assert_eq!(allows(&format!(r#"{{"AWS":["{first}","{second}"]}}"#), &bob()), DIRECT);
        let statement = |name: &str| {
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"{name}"}},"Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}}"#
            )
        };
        let policy = parse(&format!(r#"{{"Statement":[{},{}]}}"#, statement(first), statement(second))).unwrap();
        let verdict = ask(&policy, &bob(), "s3:GetObject", "arn:aws:s3:::photos/a", &Known::default());
        assert_eq!(verdict, DIRECT);
    }
}

#[test]
fn services_are_named_by_their_hosts() {
    let logging = r#"{"Service":"logging.s3.amazonaws.com"}"#;
    assert_eq!(allows(logging, &Who::Service("logging.s3.amazonaws.com".into())), DIRECT);
    for who in [Who::Service("x.amazonaws.com".into()), bob(), Who::Anonymous] {
        assert_eq!(allows(logging, &who), Verdict::Silent, "{who:?}");
    }
}

#[test]
fn what_names_nobody_is_refused() {
    for principal in [
        r#""bob""#,
        r#""arn:aws:iam::123456789012:root""#,
        r#"["*"]"#,
        "{}",
        "null",
        "7",
        r#"{"AWS":[]}"#,
        r#"{"AWS":123456789012}"#,
        r#"{"AWS":["*",7]}"#,
        r#"{"AWS":""}"#,
        r#"{"AWS":"12345678901"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:user/*"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:user/b?b"}"#,
        r#"{"AWS":"arn:aws:iam::*:root"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:group/staff"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:user"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:user/"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:rootless"}"#,
        r#"{"AWS":"arn:aws:iam:eu:123456789012:root"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/reader"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/reader/*"}"#,
        r#"{"AWS":"arn:aws:s3:::photos"}"#,
        r#"{"AWS":"${aws:PrincipalArn}"}"#,
        r#"{"CanonicalUser":"*"}"#,
        r#"{"CanonicalUser":"abc"}"#,
        r#"{"Service":"*"}"#,
        r#"{"Service":"example.com"}"#,
        r#"{"Federated":"graph.facebook.com"}"#,
        r#"{"aws":"*"}"#,
    ] {
        for element in ["Principal", "NotPrincipal"] {
            let members = format!(
                r#""Effect":"Deny","{element}":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#
            );
            assert_eq!(refused(&one(&members)), "Invalid principal in policy", "{principal}");
        }
    }
}

/// A user is spared only when both he and his account are listed: the account is looked at first.
#[test]
fn a_denial_of_all_but_a_user() {
    let denied = |but: &str, who: &Who| judged("Deny", "NotPrincipal", but, who) == Verdict::Deny;
    let both = format!(r#"{{"AWS":["{BOB}","arn:aws:iam::123456789012:root"]}}"#);
    assert!(!denied(&both, &bob()) && !denied(&both, &root()));
    for who in [session(), stranger(), Who::Anonymous, Who::Service("x.amazonaws.com".into())] {
        assert!(denied(&both, &who), "{who:?}");
    }
    let alone = format!(r#"{{"AWS":"{BOB}"}}"#);
    assert!(denied(&alone, &bob()) && denied(&alone, &root()));
    let account = r#"{"AWS":"123456789012"}"#;
    assert!(denied(account, &bob()) && !denied(account, &root()));
}

#[test]
fn a_denial_of_all_but_a_session() {
    let denied = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        judged("Deny", "NotPrincipal", &format!(r#"{{"AWS":[{}]}}"#, names.join(",")), &session()) == Verdict::Deny
    };
    let (nightly, reader) =
        ("arn:aws:sts::123456789012:assumed-role/reader/nightly", "arn:aws:iam::123456789012:role/reader");
    assert!(!denied(&[nightly, reader, ACCOUNT]));
    assert!(denied(&[nightly, reader]) && denied(&[reader, ACCOUNT]) && denied(&[nightly, ACCOUNT]));
}

#[test]
fn an_allowance_of_all_but_a_user() {
    let but = format!(r#"{{"AWS":"{BOB}"}}"#);
    assert_eq!(judged("Allow", "NotPrincipal", &but, &bob()), Verdict::Silent);
    for who in [root(), stranger(), Who::Anonymous] {
        assert_eq!(judged("Allow", "NotPrincipal", &but, &who), DIRECT, "{who:?}");
    }
    assert_eq!(judged("Allow", "NotPrincipal", r#"{"AWS":"123456789012"}"#, &bob()), Verdict::Silent);
    assert_eq!(judged("Allow", "NotPrincipal", r#""*""#, &bob()), Verdict::Silent);
    assert_eq!(judged("Deny", "NotPrincipal", r#""*""#, &Who::Anonymous), Verdict::Silent);
}
