//! What holds of all policies.

use proptest::prelude::*;

use super::*;
use crate::policy::pattern::{Pattern, Syntax};

/// A wildcard matcher that is plainly right: a table of which begins match which.
fn naive(pattern: &[char], text: &[char]) -> bool {
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        next[0] = row[0] && *p == '*';
        for i in 0..text.len() {
            next[i + 1] = match p {
                '*' => row[i + 1] || next[i],
                '?' => row[i],
                c => row[i] && *c == text[i],
            };
        }
        row = next;
    }
    row[text.len()]
}

const VALUES: [&str; 4] = ["a", "b", "red", ""];

/// Statements that are about the same few things, so that they meet.
fn statement() -> impl Strategy<Value = String> {
    let principal = prop::sample::select(vec![
        r#""Principal":"*""#,
        r#""Principal":{"AWS":"123456789012"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/staff/bob"}"#,
        r#""NotPrincipal":{"AWS":"123456789012"}"#,
        r#""NotPrincipal":{"AWS":["arn:aws:iam::123456789012:user/staff/bob","123456789012"]}"#,
    ]);
    let action = prop::sample::select(vec![
        r#""Action":"s3:*""#,
        r#""Action":["s3:GetObject","s3:PutObject"]"#,
        r#""Action":"s3:Get*""#,
        r#""NotAction":"s3:GetObject""#,
    ]);
    let resource = prop::sample::select(vec![
        r#""Resource":"arn:aws:s3:::photos*""#,
        r#""Resource":"arn:aws:s3:::photos/a/*""#,
        r#""NotResource":"arn:aws:s3:::photos/a/*""#,
        r#""Resource":["arn:aws:s3:::photos/${aws:username}/*"]"#,
        r#""NotResource":["arn:aws:s3:::photos/${aws:username}/*"]"#,
    ]);
    let operator = prop::sample::select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringNotLike",
        "StringEqualsIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringNotEquals",
        "Null",
    ]);
    let key = prop::sample::select(vec!["s3:prefix", "aws:username", "aws:SourceVpc"]);
    let value = prop::sample::select(vec!["red", "true", "${aws:username}", ""]);
    let effect = prop::sample::select(vec!["Allow", "Deny"]);
    (effect, principal, action, resource, operator, key, value).prop_map(
        |(effect, principal, action, resource, operator, key, value)| {
            let value = if operator == "Null" { "true" } else { value };
            format!(
                r#"{{"Effect":"{effect}",{principal},{action},{resource},"Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}"#
            )
        },
    )
}

fn facts() -> impl Strategy<Value = Known> {
    let values = || prop::option::of(prop::collection::vec(prop::sample::select(VALUES.to_vec()), 0..3));
    (values(), values()).prop_map(|(prefix, name)| {
        let given = [("s3:prefix", prefix), ("aws:username", name)];
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        Known(given.into_iter().filter_map(|(key, values)| Some((key.to_owned(), owned(values?)))).collect())
    })
}

fn who() -> impl Strategy<Value = Who> {
    prop::sample::select(vec![Who::Anonymous, bob(), session(), user("999999999999", "arn:aws:iam::999999999999:root")])
}

fn policy(statements: &[String]) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Policy::stored(text.as_bytes(), Kind::Bucket { name: BUCKET })
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let words = vec![
        "*",
        "s3:*",
        "Allow",
        "Deny",
        "2012-10-17",
        "arn:aws:s3:::photos/*",
        "${aws:username}",
        "${",
        "192.0.2.0/24",
        "true",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        prop::sample::select(words).prop_map(serde_json::Value::from),
        ".{0,8}".prop_map(serde_json::Value::from),
    ];
    let names = vec![
        "Version",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "StringLike",
        "IpAddress",
        "s3:prefix",
        "aws:SourceIp",
        "x",
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let names = prop::sample::select(names.clone()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(names, inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn wildcards_match_as_a_plain_table_says(pattern in "[ab?*ü]{0,10}", text in "[abü]{0,12}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let fast = Pattern::parse(&pattern, Syntax::WILDCARDS).unwrap().matches(&text, &Known::default());
        prop_assert_eq!(fast, Some(naive(&chars(&pattern), &chars(&text))));
    }

    #[test]
    fn long_stretches_between_wildcards_match_as_well(pattern in "\\*[ab?]{0,70}[ab?]{50,70}\\*b?", text in "[ab]{120,200}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        // Gaps in the text's own words, so that about half of them match.
        let cut: String = text.chars().skip(7).take(70).enumerate().map(|(i, c)| if i % 3 == 0 { '?' } else { c }).collect();
        for pattern in [pattern, format!("*{cut}*"), format!("a*{cut}*b")] {
            let fast = Pattern::parse(&pattern, Syntax::WILDCARDS).unwrap().matches(&text, &Known::default());
            prop_assert_eq!(fast, Some(naive(&chars(&pattern), &chars(&text))));
        }
    }

    #[test]
    fn a_further_denial_never_allows_anything(
        statements in prop::collection::vec(statement(), 1..4),
        further in statement(),
        at in 0_usize..4,
        who in who(),
        facts in facts(),
        action in prop::sample::select(vec!["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
        key in prop::sample::select(vec!["", "/a/x", "/b", "/red/x"]),
    ) {
        let resource = format!("arn:aws:s3:::photos{key}");
        let before = ask(&policy(&statements), &who, action, &resource, &facts);
        let mut more = statements.clone();
        more.insert(at.min(statements.len()), further.replace("\"Allow\"", "\"Deny\""));
        let after = ask(&policy(&more), &who, action, &resource, &facts);
        prop_assert!(after == before || after == Verdict::Deny, "{:?} became {:?}", before, after);
    }

    #[test]
    fn no_text_makes_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), json in json()) {
        let whole = json.to_string();
        let statement = format!(r#"{{"Version":"2012-10-17","Statement":{json}}}"#);
        for kind in [Kind::Bucket { name: BUCKET }, Kind::Identity, Kind::Session, Kind::Trust] {
            for text in [bytes.as_slice(), whole.as_bytes(), statement.as_bytes()] {
                let read = Policy::parse(text, kind);
                let stored = Policy::stored(text, kind);
                let asked = ask(&stored, &bob(), "s3:GetObject", "arn:aws:s3:::photos/a", &Known::default());
                match read {
                    Ok(policy) => {
                        let same = ask(&policy, &bob(), "s3:GetObject", "arn:aws:s3:::photos/a", &Known::default());
                        prop_assert_eq!(same, asked);
                    }
                    Err(PolicyError(why)) => prop_assert!(!why.is_empty()),
                }
            }
        }
    }
}

#[test]
fn wildcards_at_their_edges() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("?", "", false),
        ("?", "ü", true),
        ("**", "a", true),
        ("ab*ba", "aba", false),
        ("a*a", "a", false),
        ("*?b*b", "ab", false),
        ("*?b*b", "abb", true),
        ("*?ü*", "aü", true),
        ("*a?*", "a", false),
        ("*a?*", "ab", true),
        ("*?*?*", "a", false),
        ("a*?", "a", false),
        ("?*?", "ab", true),
    ] {
        let matches = Pattern::parse(pattern, Syntax::WILDCARDS).unwrap().matches(text, &Known::default());
        assert_eq!(matches, Some(expected), "{pattern} of {text}");
    }
}

/// Many asterisks over a long text that nearly matches.
#[test]
fn a_hard_pattern_takes_no_longer_than_an_easy_one() {
    let text = "a".repeat(8_000);
    for pattern in [
        "*a".repeat(4_000) + "b",
        "*".repeat(8_000) + "b",
        "*a?".repeat(2_000) + "b",
        format!("*{}b*", "a?".repeat(3_000)),
    ] {
        let pattern = Pattern::parse(&pattern, Syntax::WILDCARDS).unwrap();
        assert_eq!(pattern.matches(&text, &Known::default()), Some(false));
    }
}
