//! How much one sender may ask for: guesses of signatures, requests, bytes, depth. Whose guesses they are is a matter of
//! addresses, which nobody may choose for himself.

use std::time::{Duration, Instant};

use crate::client::{Client, Form, How, Reply, Request};
use crate::harness::{ALICE, Server};
use crate::ops::{Ground, bytes, client, md5_base64};

/// Half the time for one failure is what a test has before a right signature is let in again: 15 seconds.
const FAILURES: usize = 2;
const WRONG: &str = "somebody's wrong secret";

fn throttling(failures: usize, more: &[(&str, &str)]) -> Server {
    let limits = format!("failed_signatures_per_minute = {failures}");
    Server::with(&[&[("limits", limits.as_str())], more].concat())
}

#[track_caller]
fn assert_slowed(reply: Reply) {
    let reply = if reply.body.is_empty() { reply.assert_status(503) } else { reply.assert_error(503, "SlowDown") };
    let seconds: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or_default();
    assert!((1..=60).contains(&seconds), "{reply}");
}

/// Fails as often as is let through.
fn use_up(failures: usize, request: impl Fn() -> Request, code: &str) {
    for _ in 0..failures {
        request().send().assert_error(403, code);
    }
    assert_slowed(request().send());
}

#[test]
fn guessing_is_slowed_down_and_tells_nothing() {
    const GUESSES: usize = 5;
    let server = throttling(GUESSES, &[]);
    let g = Ground::on(&server);
    g.put("k", "x");
    let guess = |how| g.alice.keys(ALICE.access, WRONG).how(how).request("GET", &g.path("k"));
    // However they are signed, they are guesses of one secret.
    for how in [How::V2Header, How::V2Query, How::V4Header, How::V4Query] {
        guess(how).send().assert_error(403, "SignatureDoesNotMatch");
    }
    Form::new(&g.alice.keys(ALICE.access, WRONG), &g.bucket).send().assert_error(403, "SignatureDoesNotMatch");
    for how in [How::V2Header, How::V2Query, How::V4Header, How::V4Query] {
        assert_slowed(guess(how).send());
        assert_slowed(g.alice.how(how).get(&g.path("k")));
        assert_slowed(g.alice.how(how).head(&g.path("k")));
    }
    assert_slowed(Form::new(&g.alice, &g.bucket).send());
    assert_slowed(g.alice.request("PUT", &g.path("new")).body("x").expect_continue().send());
    // Others are not concerned, nor is whoever does not sign.
    g.bob.get("/").assert_status(200);
    g.alice.anonymous().get(&g.path("k")).assert_error(403, "AccessDenied");
    let unknown = g.alice.keys("NOBODYHASTHISKEY", WRONG);
    use_up(GUESSES, || unknown.request("GET", "/"), "InvalidAccessKeyId");
}

#[test]
fn a_right_signature_takes_the_wrong_ones_back() {
    let server = throttling(FAILURES, &[]);
    let g = Ground::on(&server);
    for _ in 0..3 {
        for _ in 1..FAILURES {
            g.alice.keys(ALICE.access, WRONG).get("/").assert_error(403, "SignatureDoesNotMatch");
        }
        g.alice.get("/").assert_status(200);
    }
}

/// What proxies and their operators put addresses into.
const FORGED: [(&str, &str); 14] = [
    ("x-forwarded-for", "198.51.100.1"),
    ("x-forwarded-for", "::1, 10.0.0.1, 127.0.0.1"),
    ("forwarded", "for=198.51.100.2"),
    ("x-real-ip", "198.51.100.3"),
    ("x-client-ip", "198.51.100.4"),
    ("client-ip", "198.51.100.5"),
    ("true-client-ip", "198.51.100.6"),
    ("cf-connecting-ip", "198.51.100.7"),
    ("x-cluster-client-ip", "198.51.100.8"),
    ("x-original-forwarded-for", "198.51.100.9"),
    ("x-forwarded-host", "198.51.100.10"),
    ("x-originating-ip", "198.51.100.11"),
    ("x-remote-addr", "198.51.100.12"),
    ("via", "1.1 198.51.100.13"),
];

#[test]
fn no_header_makes_a_sender_another_one() {
    let server = throttling(FAILURES, &[]);
    let alice = client(&server, ALICE);
    use_up(FAILURES, || alice.keys(ALICE.access, WRONG).request("GET", "/"), "SignatureDoesNotMatch");
    for (name, value) in FORGED {
        assert_slowed(alice.keys(ALICE.access, WRONG).request("GET", "/").late_header(name, value).send());
        assert_slowed(alice.request("GET", "/").late_header(name, value).send());
    }
}

#[test]
fn of_a_trusted_proxy_only_the_last_address_it_does_not_trust_counts() {
    let server = throttling(FAILURES, &[("server", "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]")]);
    let alice = client(&server, ALICE);
    let wrong = alice.keys(ALICE.access, WRONG);
    let from = |who: &Client, hops: &str| who.request("GET", "/").late_header("x-forwarded-for", hops);
    use_up(FAILURES, || from(&wrong, "203.0.113.9"), "SignatureDoesNotMatch");
    // What the guesser writes in front is hearsay, and so is every other header.
    for hops in ["198.51.100.1, 203.0.113.9", "127.0.0.1,203.0.113.9, 10.1.1.1", "nonsense, 203.0.113.9:4711"] {
        assert_slowed(from(&alice, hops).send());
    }
    for (name, value) in FORGED.into_iter().filter(|(name, _)| *name != "x-forwarded-for") {
        assert_slowed(from(&alice, "203.0.113.9").late_header(name, value).send());
    }
    // Nobody locks others out in their name.
    for hops in ["203.0.113.9, 198.51.100.1", "203.0.113.8", "2001:db8:1:2::1"] {
        from(&alice, hops).send().assert_status(200);
    }
    alice.get("/").assert_status(200);
    // Whoever has one address of version 6 has them all.
    use_up(FAILURES, || from(&wrong, "2001:db8:1:2::1"), "SignatureDoesNotMatch");
    assert_slowed(from(&alice, "[2001:db8:1:2:ffff:ffff:ffff:ffff]:99").send());
    from(&alice, "2001:db8:1:3::1").send().assert_status(200);
}

#[test]
fn a_forwarded_host_names_no_bucket() {
    for trusted in ["[]", "[\"127.0.0.1\"]"] {
        let server = Server::with(&[("server", &format!("trusted_proxies = {trusted}"))]);
        let g = Ground::on(&server);
        g.put("k", "x");
        for name in
            ["x-forwarded-host", "x-original-host", "x-host", "x-forwarded-server", "x-original-url", "x-rewrite-url"]
        {
            let value = if name.ends_with("url") { g.path("k") } else { format!("{}.localhost", g.bucket) };
            let reply = g.alice.request("GET", "/").late_header(name, &value).send().assert_status(200);
            // The buckets of the account: on a cluster, more than this one.
            assert!(reply.elements("Name").contains(&g.bucket), "{name}: {reply}");
        }
    }
}

#[test]
fn a_busy_bucket_is_told_to_slow_down_and_others_are_not() {
    let server = Server::with(&[("limits", "bucket_requests_per_second = 5")]);
    let (g, other) = (Ground::on(&server), Ground::on(&server));
    let replies: Vec<Reply> = (0..100).map(|_| g.alice.get(&g.root())).collect();
    let (good, bad): (Vec<Reply>, Vec<Reply>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert!(good.len() >= 5 && !bad.is_empty(), "{} were let through", good.len());
    bad.into_iter().for_each(assert_slowed);
    other.put("k", "x");
    g.alice.get("/").assert_status(200);
}

#[test]
fn a_busy_tenant_is_told_to_slow_down_before_its_body_and_others_are_not() {
    let server = Server::with(&[("limits", "tenant_requests_per_second = 5")]);
    let g = Ground::on(&server);
    let put = || g.alice.request("PUT", &g.path("k")).body(bytes(100_000)).expect_continue().send();
    let refused = (0..200).map(|_| put()).find(|reply| reply.status == 503).expect("so many are too many");
    assert!(!refused.continued);
    assert_slowed(refused);
    // A page of one bucket, which takes less time than what is allowed anew meanwhile.
    let refused = (0..200)
        .map(|_| g.alice.get("/?max-buckets=1"))
        .find(|reply| reply.status == 503)
        .expect("so many are too many");
    assert_slowed(refused);
    g.bob.get("/").assert_status(200);
}

#[test]
fn refused_requests_count_with_those_who_send_them() {
    for limit in ["tenant_requests_per_second = 5", "bucket_requests_per_second = 5"] {
        let server = Server::with(&[("limits", limit)]);
        let g = Ground::on(&server);
        for stranger in [&g.bob, &g.alice.anonymous()] {
            let replies = (0..200).map(|_| stranger.get(&g.root()));
            let (slowed, refused): (Vec<Reply>, Vec<Reply>) = replies.partition(|reply| reply.status == 503);
            assert!(refused.len() >= 5 && !slowed.is_empty(), "{limit}: {} were decided about", refused.len());
            slowed.into_iter().for_each(assert_slowed);
            refused.into_iter().for_each(|reply| drop(reply.assert_error(403, "AccessDenied")));
            // They take nothing from the bucket and its owner.
            g.alice.get(&g.root()).assert_status(200);
        }
    }
}

#[test]
fn bytes_go_at_the_speed_that_is_allowed_and_arrive() {
    let limits = "tenant_received_bytes_per_second = 400000\nbucket_sent_bytes_per_second = 400000";
    let server = Server::with(&[("limits", limits)]);
    let g = Ground::on(&server);
    let body = bytes(1_200_000);
    let began = Instant::now();
    g.put("k", body.clone());
    // A second's worth may come at once.
    assert!(began.elapsed() > Duration::from_millis(1500), "{:?}", began.elapsed());
    let began = Instant::now();
    g.get("k").assert_body(&body);
    assert!(began.elapsed() > Duration::from_millis(1500), "{:?}", began.elapsed());
}

#[test]
fn a_body_that_would_have_to_wait_long_is_not_asked_for() {
    let server = Server::with(&[("limits", "bucket_sent_bytes_per_second = 1000")]);
    let g = Ground::on(&server);
    for first in 'a'..'k' {
        g.put(&first.to_string().repeat(1000), "x");
    }
    // Documents go as a whole, at the expense of what comes next.
    assert_eq!(g.keys("").len(), 10);
    assert_slowed(g.alice.get(&g.root()));
    let put = g.alice.request("PUT", &g.path("k")).body(bytes(100_000)).expect_continue().send();
    assert!(!put.continued);
    assert_slowed(put);
}

#[test]
fn documents_of_any_depth_are_refused_and_do_no_harm() {
    let g = Ground::new();
    for (query, root, levels) in [
        ("cors", "CORSConfiguration", 5_000),
        ("lifecycle", "LifecycleConfiguration", 100_000),
        ("delete", "Delete", 1_000_000),
        ("tagging", "Tagging", 2_000),
    ] {
        let method = if query == "delete" { "POST" } else { "PUT" };
        for inner in ["<a>".repeat(levels), format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels))] {
            let document = format!("<{root}>{inner}</{root}>");
            let request = g.alice.request(method, &format!("{}?{query}", g.root()));
            let reply = request.header("content-md5", md5_base64(document.as_bytes())).body(document).send();
            reply.assert_error(400, "MalformedXML");
        }
    }
    g.put("k", "x");
}
