//! Operators: each with what it takes and what it does not, what it makes of a key that is absent, and its variants.

use super::*;

/// An operator of one key: the policy's value, a request's that it takes, and one that it does not.
const POSITIVE: &[(&str, &str, &str, &str)] = &[
    ("StringEquals", "red", "red", "Red"),
    ("StringEquals", "r*", "r*", "red"),
    ("StringEqualsIgnoreCase", "RÉD", "réd", "blue"),
    ("StringLike", "r?d*", "red fish", "fish red"),
    ("StringLike", "*", "", "\u{0}never"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericLessThan", "10", "9.5", "10"),
    ("NumericLessThanEquals", "10", "10", "10.5"),
    ("NumericGreaterThan", "-10", "-9", "-10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    ("DateEquals", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00:01Z"),
    ("DateEquals", "2026-11-21", "2026-11-21T00:00:00.000Z", "2026-11-22"),
    ("DateEquals", "2026-11", "2026-11-01T00:00Z", "2026-12"),
    ("DateEquals", "1795262400", "2026-11-21T12:00:00Z", "1795262401"),
    ("DateLessThan", "2026-11-21T12:00:00Z", "2026-11-21T11:59:59.999Z", "2026-11-21T12:00:00Z"),
    ("DateLessThanEquals", "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z"),
    ("DateGreaterThan", "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z", "2026-11-21T12:00:00Z"),
    ("DateGreaterThanEquals", "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T11:59:59Z"),
    ("Bool", "true", "TRUE", "false"),
    ("Bool", "false", "false", "yes"),
    ("BinaryEquals", "cmVk", "red", "cmVk"),
    ("IpAddress", "192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
    ("IpAddress", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
    ("IpAddress", "::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
    ("IpAddress", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
    ("IpAddress", "0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
    ("ArnEquals", "arn:aws:iam::*:user/bob", "arn:aws:iam::1:user/bob", "arn:aws:iam::1:user/rob"),
    ("ArnLike", "arn:aws:s3:::photos/*", "arn:aws:s3:::photos/a:b", "arn:aws:s3:x::photos/a"),
    ("ArnLike", "arn:*:s3:::*", "arn:aws:s3:::any", "arn:aws:s3::1:any"),
];

/// The contrary of an operator.
const NEGATIVE: &[(&str, &str)] = &[
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("DateEquals", "DateNotEquals"),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
];

fn condition(operator: &str, values: &str) -> String {
    format!(r#"{{"{operator}":{{"aws:Referer":{values}}}}}"#)
}

fn is(operator: &str, values: &str, said: &[&str]) -> bool {
    holds(&condition(operator, values), &[("aws:referer", said)])
}

fn is_absent(operator: &str, values: &str) -> bool {
    holds(&condition(operator, values), &[])
}

#[test]
fn each_operator_takes_what_matches() {
    for (operator, value, good, bad) in POSITIVE {
        let value = format!("{value:?}");
        for name in [(*operator).to_owned(), format!("{operator}IfExists"), operator.to_uppercase()] {
            assert!(is(&name, &value, &[good]), "{name} {value} takes {good}");
            let like_anything = *operator == "StringLike" && value == "\"*\"";
            assert!(like_anything || !is(&name, &value, &[bad]), "{name} {value} does not take {bad}");
        }
        assert!(!is_absent(operator, &value), "{operator} needs the key");
        assert!(is_absent(&format!("{operator}IfExists"), &value), "{operator}IfExists does not");
    }
}

#[test]
fn each_negated_operator_takes_what_does_not_match() {
    for (operator, value, good, bad) in POSITIVE.iter().filter(|(_, value, ..)| *value != "*") {
        for (_, name) in NEGATIVE.iter().filter(|(positive, _)| positive == operator) {
            let value = format!("{value:?}");
            assert!(!is(name, &value, &[good]), "{name} {value} does not take {good}");
            assert!(is(name, &value, &[bad]), "{name} {value} takes {bad}");
            assert!(is_absent(name, &value), "{name} takes that there is none");
            assert!(is_absent(&format!("{name}IfExists"), &value));
            assert!(!is_absent(&format!("ForAnyValue:{name}"), &value));
            assert!(is_absent(&format!("ForAllValues:{name}"), &value));
        }
    }
}

#[test]
fn a_value_of_another_type_matches_nothing() {
    for (operator, value) in [
        ("NumericEquals", "0"),
        ("NumericLessThan", "1"),
        ("DateLessThan", "2050-01-01T00:00:00Z"),
        ("Bool", "false"),
        ("IpAddress", "0.0.0.0/0"),
        ("ArnLike", "arn:*:*:*:*:*"),
    ] {
        for said in ["", "x", "NaN", "inf", "1e1000", "-", "0x10", "2026-13-45", "1.2.3", "arn:aws:s3"] {
            assert!(!is(operator, &format!("{value:?}"), &[said]), "{operator} {value} of {said:?}");
        }
    }
    assert!(is("NumericNotEquals", "\"1\"", &["x"]) && is("NotIpAddress", "\"0.0.0.0/0\"", &["x"]));
}

#[test]
fn one_of_many_values_is_enough_and_none_of_many_may_match() {
    assert!(is("StringEquals", r#"["red","blue"]"#, &["blue"]));
    assert!(!is("StringEquals", r#"["red","blue"]"#, &["green"]));
    assert!(is("StringNotEquals", r#"["red","blue"]"#, &["green"]));
    assert!(!is("StringNotEquals", r#"["red","blue"]"#, &["blue"]));
    assert!(is("StringEquals", "\"red\"", &["blue", "red"]) && !is("StringNotEquals", "\"red\"", &["blue", "red"]));
    assert!(is("NumericLessThan", r#"["1","5"]"#, &["3"]) && !is("NumericLessThan", r#"["1","5"]"#, &["7"]));
    assert!(is("IpAddress", r#"["192.0.2.0/24","2001:db8::/32"]"#, &["2001:db8::1"]));
    assert!(!is("NotIpAddress", r#"["192.0.2.0/24","2001:db8::/32"]"#, &["2001:db8::1"]));
}

#[test]
fn all_keys_and_all_operators_have_to_hold() {
    let two = r#"{"StringEquals":{"s3:prefix":"a","s3:delimiter":"/"},"Bool":{"aws:SecureTransport":"true"}}"#;
    let facts = |prefix, delimiter, secure| -> Vec<(&'static str, &'static [&'static str])> {
        vec![("s3:prefix", prefix), ("s3:delimiter", delimiter), ("aws:securetransport", secure)]
    };
    assert!(holds(two, &facts(&["a"], &["/"], &["true"])));
    assert!(!holds(two, &facts(&["b"], &["/"], &["true"])));
    assert!(!holds(two, &facts(&["a"], &["-"], &["true"])));
    assert!(!holds(two, &facts(&["a"], &["/"], &["false"])));
    assert!(holds("{}", &[]) && holds(r#"{"StringEquals":{}}"#, &[]));
}

#[test]
fn for_all_values() {
    for (operator, values, said, expected) in [
        ("StringEquals", r#"["a","b"]"#, &["a"][..], true),
        ("StringEquals", r#"["a","b"]"#, &["a", "b", "a"], true),
        ("StringEquals", r#"["a","b"]"#, &["a", "c"], false),
        ("StringLike", r#"["a*"]"#, &["a1", "a2"], true),
        ("StringLike", r#"["a*"]"#, &["a1", "b2"], false),
        ("StringNotEquals", r#"["a","b"]"#, &["c", "d"], true),
        ("StringNotEquals", r#"["a","b"]"#, &["a", "d"], false),
        ("NumericLessThan", r#"["5"]"#, &["1", "4"], true),
        ("NumericLessThan", r#"["5"]"#, &["1", "6"], false),
        ("StringEquals", r#"["a"]"#, &[], true),
    ] {
        for suffix in ["", "IfExists"] {
            let name = format!("ForAllValues:{operator}{suffix}");
            assert_eq!(is(&name, values, said), expected, "{name} {values} of {said:?}");
            assert!(is_absent(&name, values), "{name}: there is no value that breaks it");
        }
    }
}

#[test]
fn for_any_value() {
    for (operator, values, said, expected) in [
        ("StringEquals", r#"["a","b"]"#, &["c", "b"][..], true),
        ("StringEquals", r#"["a","b"]"#, &["c", "d"], false),
        ("StringLike", r#"["a*"]"#, &["b", "a2"], true),
        ("StringNotEquals", r#"["a","b"]"#, &["a", "c"], true),
        ("StringNotEquals", r#"["a","b"]"#, &["a", "b"], false),
        ("IpAddress", r#"["192.0.2.0/24"]"#, &["x", "192.0.2.1"], true),
        ("StringEquals", r#"["a"]"#, &[], false),
    ] {
        let name = format!("ForAnyValue:{operator}");
        assert_eq!(is(&name, values, said), expected, "{name} {values} of {said:?}");
        assert!(!is_absent(&name, values), "{name}: there is no value that meets it");
        assert!(is_absent(&format!("{name}IfExists"), values));
    }
}

#[test]
fn null_asks_whether_the_key_is_absent() {
    for value in [r#""true""#, "true", r#"["true"]"#] {
        assert!(is_absent("Null", value) && !is("Null", value, &["x"]), "{value}");
        assert!(is("Null", value, &[]), "no value is none");
    }
    assert!(!is_absent("Null", "\"false\"") && is("Null", "\"false\"", &["x"]));
    assert!(is_absent("Null", r#"["true","false"]"#) && is("Null", r#"["true","false"]"#, &["x"]));
}

#[test]
fn numbers_and_truth_values_need_no_quotes() {
    assert!(is("NumericLessThanEquals", "10", &["10"]) && is("NumericEquals", "-0.5", &["-0.50"]));
    assert!(is("Bool", "false", &["false"]) && is("StringEquals", "[7,true]", &["true"]));
}

#[test]
fn arns_are_compared_part_by_part() {
    let like = "\"arn:aws:s3:*:photos/*\"";
    assert!(refused(&one(&on_condition(&condition("ArnLike", like)))).contains("is not a valid ARN"));
    assert!(!is("ArnLike", "\"arn:aws:s3:*:*:photos/*\"", &["arn:aws:s3:::other/x:photos/a"]));
    assert!(is("ArnLike", "\"*\"", &["arn:aws:s3:::photos"]));
}

#[test]
fn case_in_keys_makes_no_difference() {
    for key in ["aws:SourceIp", "AWS:SOURCEIP", "aws:sourceip"] {
        let condition = format!(r#"{{"IpAddress":{{"{key}":"192.0.2.0/24"}}}}"#);
        assert!(holds(&condition, &[("aws:SourceIp", &["192.0.2.7"])]), "{key}");
    }
}
