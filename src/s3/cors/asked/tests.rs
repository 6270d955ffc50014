use super::*;
use crate::s3::response::Response;

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> Rule {
    Rule {
        allowed_origins: list(origins),
        allowed_methods: list(methods),
        allowed_headers: list(headers),
        ..Rule::default()
    }
}

/// Headers whose values have the bytes of these code points.
fn sent(lines: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in lines {
        headers.push(*name, value.chars().map(|c| u8::try_from(c).expect("is a byte")).collect::<Vec<_>>());
    }
    headers
}

/// What the rules answer to a page of `origin` that announces `method` and `headers`.
fn judged(rules: &[Rule], origin: &str, method: &str, headers: &str) -> Option<Allowed> {
    let headers = sent(&[
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", headers),
    ]);
    Rules { rules: rules.to_vec() }.judge(&Asked::read(&headers, Some("OPTIONS"))?)
}

#[test]
fn a_star_stands_for_any_characters_also_none_and_the_rest_has_to_be_there() {
    for (pattern, fitting, others) in [
        ("*suffix", &["suffix", "foo.suffix"][..], &["suffix.foo", "Foo.SUFFIX", "uffix"][..]),
        ("start*end", &["startend", "start12end"], &["0startend", "startend0", "starend", "st"]),
        ("ab*ba", &["abba", "ab-ba"], &["aba", "ab"]),
        (
            "https://a.example",
            &["https://a.example"],
            &["https://a.example:80", "https://a.example.org", "http://a.example"],
        ),
        ("*", &["null", "x"], &[]),
        ("", &[""], &["x"]),
    ] {
        for origin in fitting {
            assert!(fits(pattern, origin, |a, b| a == b), "{pattern} {origin}");
        }
        for origin in others {
            assert!(!fits(pattern, origin, |a, b| a == b), "{pattern} {origin}");
        }
    }
}

#[test]
fn the_first_rule_that_matches_in_everything_counts() {
    let mut put = rule(&["https://a.example"], &["PUT"], &["X-Amz-*", "content-type"]);
    put.max_age_seconds = Some(30);
    let rules = [rule(&["https://a.example"], &["GET"], &[]), put, rule(&["*"], &["GET", "HEAD"], &["*"])];
    let get = judged(&rules, "https://a.example", "GET", "").expect("is allowed");
    assert_eq!((get.origin.as_deref(), get.methods.as_str()), (Some("https://a.example"), "GET"));
    let put = judged(&rules, "https://a.example", "PUT", "Content-Type,x-amz-META-a").expect("is allowed");
    assert_eq!((put.headers.as_str(), put.max_age_seconds), ("content-type, x-amz-meta-a", Some(30)));
    let with_header = judged(&rules, "https://a.example", "GET", "range").expect("is allowed");
    assert_eq!((with_header.origin.as_deref(), with_header.methods.as_str()), (None, "GET, HEAD"));
    for (origin, method, headers) in [
        ("https://a.example", "PUT", "authorization"),
        ("https://b.example", "PUT", ""),
        ("https://b.example", "DELETE", ""),
        ("https://b.example", "get", ""),
    ] {
        assert_eq!(judged(&rules, origin, method, headers), None, "{origin} {method} {headers}");
    }
}

#[test]
fn every_method_means_those_of_s3() {
    let rules = [rule(&["*"], &["*"], &[])];
    for method in METHODS {
        assert_eq!(judged(&rules, "x", method, "").expect(method).methods, "GET, PUT, HEAD, POST, DELETE");
    }
    for method in ["PATCH", "*", "", "x\u{e9}"] {
        assert_eq!(judged(&rules, "x", method, ""), None, "{method}");
    }
}

#[test]
fn what_is_no_question_is_not_answered() {
    let rules = Rules { rules: vec![rule(&["*", "a*"], &["GET"], &["*"])] };
    let answered =
        |lines: &[(&str, &str)]| Asked::read(&sent(lines), Some("GET")).and_then(|asked| rules.judge(&asked)).is_some();
    assert!(answered(&[("origin", "https://a.example")]));
    assert!(answered(&[("origin", "null"), (REQUEST_HEADERS, " a ,, b,"), (REQUEST_HEADERS, "c")]));
    for lines in [
        &[][..],
        &[("origin", "a b")],
        &[("origin", "a\r\nset-cookie: x")],
        &[("origin", "a\x0bb")],
        &[("origin", "\u{ff}")],
        &[("origin", "a"), ("origin", "b")],
        &[("origin", "a"), (REQUEST_HEADERS, "x y")],
        &[("origin", "a"), (REQUEST_HEADERS, "x:y")],
        &[("origin", "a"), (REQUEST_HEADERS, "x\r\ny: z")],
        &[("origin", "a"), (REQUEST_METHOD, "\u{ff}")],
    ] {
        assert!(!answered(lines), "{lines:?}");
    }
    let many: Headers = sent(&[("origin", "a"), (REQUEST_HEADERS, &"x,".repeat(HEADERS_MAX + 1))]);
    assert_eq!(Asked::read(&many, Some("GET")), None);
}

#[test]
fn an_answer_for_every_site_is_without_credentials() {
    let headers_of = |rules: &[Rule]| {
        let mut answer = Response::status(200);
        judged(rules, "https://a.example", "GET", "").expect("is allowed").write(&mut answer);
        let text = |value: &Bytes| String::from_utf8_lossy(value).into_owned();
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect::<Vec<_>>()
    };
    let mut any = rule(&["*"], &["GET", "PUT"], &[]);
    any.expose_headers = list(&["ETag", "x-amz-version-id"]);
    any.max_age_seconds = Some(0);
    let vary = "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    let wanted = [
        "access-control-allow-origin: *",
        "access-control-allow-methods: GET, PUT",
        "access-control-expose-headers: ETag, x-amz-version-id",
        "access-control-max-age: 0",
        vary,
    ];
    assert_eq!(headers_of(&[any]), wanted);
    let wanted = [
        "access-control-allow-origin: https://a.example",
        "access-control-allow-methods: GET",
        "access-control-allow-credentials: true",
        vary,
    ];
    assert_eq!(headers_of(&[rule(&["https://a.*", "*"], &["GET"], &[])]), wanted);
}

#[test]
fn a_stored_line_break_does_not_become_a_header() {
    let mut split = rule(&["*"], &["GET"], &[]);
    split.expose_headers = list(&["ETag\r\nset-cookie: x"]);
    let mut answer = Response::status(200);
    judged(&[split], "x", "GET", "").expect("is allowed").write(&mut answer);
    assert!(answer.headers.iter().all(|(name, _)| name != "access-control-expose-headers"));
}
