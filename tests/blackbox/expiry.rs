//! Lifecycle rules as they are enacted, on days of a second. Who waits for something to go waits up to a deadline; who
//! claims that something stays waits until what is judged after it has gone, round after round.

use std::time::{Duration, Instant};

use crate::harness::Server;
use crate::ops::bucket::put_bucket_lifecycle_configuration::{put as put_rules, rule};
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, fresh_bucket_name, locks};

/// How long a rule may take until its effect shows.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server whose days last a second.
fn server() -> Server {
    Server::with(&[("debug", "day_seconds = 1")])
}

#[track_caller]
fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn days(prefix: &str, days: u32) -> String {
    format!("<Filter><Prefix>{prefix}</Prefix></Filter><Expiration><Days>{days}</Days></Expiration>")
}

/// Rounds go through keys in their order, so when an object behind all others, put after them, has gone, each of them
/// was looked at when it was older than that.
#[track_caller]
fn let_a_round_pass(g: &Ground) {
    let key = "~~~last";
    g.put(key, "x");
    until("the last key expires", || g.alice.head(&g.path(key)).status == 404);
}

/// Key and version of each version and marker, as listed.
fn versions(g: &Ground) -> Vec<(String, String)> {
    let page = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    page.elements("Key").into_iter().zip(page.elements("VersionId")).collect()
}

fn version(reply: &crate::client::Reply) -> String {
    reply.header("x-amz-version-id").expect("has a version")
}

#[test]
fn objects_expire_by_prefix_and_size_and_not_before_their_time() {
    let server = server();
    let g = Ground::on(&server);
    let size = "<Filter><And><Prefix>s/</Prefix><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>\
        <Expiration><Days>1</Days></Expiration>";
    let tagged = "<Filter><And><Tag><Key>t</Key><Value>v</Value></Tag><ObjectSizeLessThan>6</ObjectSizeLessThan></And>\
        </Filter><Expiration><Days>1</Days></Expiration>";
    let rules = rule("one", &days("e/", 1))
        + &rule("tagged", tagged)
        + &rule("late", &days("l/", 1000))
        + &rule("size", size)
        + &rule("last", &days("~~~", 1))
        + &rule(
            "date",
            "<Filter><Prefix>d/</Prefix></Filter><Expiration>\
        <Date>2020-01-01T00:00:00Z</Date></Expiration>",
        );
    put_rules(&g, &rules).assert_status(200);
    for key in ["d/old", "e/a", "e/b", "k", "l/a", "s/large"] {
        g.put(key, "123456");
    }
    g.put("s/small", "12345");
    for (key, tags, body) in [("t/due", "t=v&u=w", "12345"), ("t/large", "t=v", "123456"), ("t/other", "t=w", "1")] {
        let request = g.alice.request("PUT", &g.path(key)).header("x-amz-tagging", tags);
        request.body(body).send().assert_status(200);
    }
    let kept = ["k", "l/a", "s/small", "t/large", "t/other"];
    until("what is due goes", || g.keys("") == kept);
    let_a_round_pass(&g);
    assert_eq!(g.keys(""), kept);
}

#[test]
fn rules_of_the_older_form_and_disabled_ones() {
    let server = server();
    let g = Ground::on(&server);
    let older = "<Rule><Prefix>a/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>\
        <Rule><Prefix>b/</Prefix><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>\
        <Rule><Prefix>~~~</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>";
    put_rules(&g, older).assert_status(200);
    for key in ["a/x", "b/x"] {
        g.put(key, "x");
    }
    until("what is due goes", || g.keys("") == ["b/x"]);
    let_a_round_pass(&g);
    assert_eq!(g.keys(""), ["b/x"]);
}

#[test]
fn versions_expire_into_markers_then_go_and_then_the_markers_go() {
    let server = server();
    let g = Ground::on(&server);
    g.versioning("Enabled");
    let kept = version(&g.put("kept", "x"));
    g.put("a", "one");
    g.put("a", "two");
    put_rules(&g, &(rule("a", &days("a", 1)) + &rule("last", &days("~~~", 1)))).assert_status(200);
    until("a marker covers it", || g.alice.head(&g.path("a")).status == 404);
    assert_eq!(versions(&g).len(), 4, "{:?}", versions(&g));
    let_a_round_pass(&g);
    assert_eq!(versions(&g).iter().filter(|(key, _)| key == "a").count(), 3, "one marker only");
    let noncurrent = "<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>\
        <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
    put_rules(&g, &rule("n", noncurrent)).assert_status(200);
    until("everything else goes", || versions(&g) == [("kept".to_owned(), kept.clone())]);
    g.get("kept").assert_body("x");
}

#[test]
fn the_newest_noncurrent_versions_stay() {
    let server = server();
    let g = Ground::on(&server);
    g.versioning("Enabled");
    let made: Vec<String> = (0..6).map(|i| version(&g.put("k", format!("{i}")))).collect();
    let noncurrent = "<Filter><Prefix>k</Prefix></Filter><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
        <NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>";
    put_rules(&g, &(rule("n", noncurrent) + &rule("last", &days("~~~", 1)))).assert_status(200);
    let wanted: Vec<(String, String)> = made.iter().rev().take(3).map(|id| ("k".to_owned(), id.clone())).collect();
    until("the others go", || versions(&g) == wanted);
    let_a_round_pass(&g);
    assert!(versions(&g).starts_with(&wanted), "{:?}", versions(&g));
}

#[test]
fn while_versioning_is_suspended_null_versions_expire_into_a_null_marker() {
    let server = server();
    let g = Ground::on(&server);
    g.versioning("Enabled");
    let kept = version(&g.put("k", "kept"));
    g.versioning("Suspended");
    g.put("k", "null");
    put_rules(&g, &rule("k", &days("", 1))).assert_status(200);
    until("a marker is on top", || g.alice.head(&g.path("k")).status == 404);
    assert_eq!(versions(&g), [("k".to_owned(), "null".to_owned()), ("k".to_owned(), kept.clone())]);
    g.alice.get(&format!("{}?versionId={kept}", g.path("k"))).assert_status(200).assert_body("kept");
    g.alice.get(&format!("{}?versionId=null", g.path("k"))).assert_error(405, "MethodNotAllowed");
}

#[test]
fn incomplete_uploads_are_aborted() {
    let server = server();
    let g = Ground::on(&server);
    let abort = "<Filter><Prefix>a</Prefix></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>1\
        </DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    put_rules(&g, &(rule("a", abort) + &rule("last", &days("~~~", 1)))).assert_status(200);
    let aborted = Multipart::open(&g, "a");
    aborted.part(1, "x");
    let kept = Multipart::open(&g, "b");
    let open = || g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId");
    until("the upload goes", || open() == [kept.id.clone()]);
    g.alice.get(&aborted.target("")).assert_error(404, "NoSuchUpload");
    let_a_round_pass(&g);
    assert_eq!(open(), std::slice::from_ref(&kept.id));
}

#[test]
fn what_a_lock_keeps_does_not_expire() {
    let server = server();
    let g = Ground { bucket: fresh_bucket_name(), ..Ground::on(&server) };
    let made = g.alice.request("PUT", &g.root()).header("x-amz-bucket-object-lock-enabled", "true").send();
    made.assert_status(200);
    let mut kept = vec![locks::put_retained(&g, "k", "GOVERNANCE"), locks::put_retained(&g, "k", "COMPLIANCE")];
    let held = locks::digested(&g, "k", "held").header("x-amz-object-lock-legal-hold", "ON").send();
    kept.push(locks::version(&held.assert_status(200)));
    let free = version(&g.put("k", "free"));
    let everything = "<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>\
        <Expiration><Days>1</Days></Expiration>";
    put_rules(&g, &rule("all", everything)).assert_status(200);
    let of_k = || -> Vec<String> {
        let of_k = versions(&g).into_iter().filter(|(key, _)| key == "k");
        of_k.map(|(_, version)| version).collect()
    };
    until("what is free goes", || !of_k().contains(&free));
    let_a_round_pass(&g);
    kept.reverse();
    assert_eq!(of_k()[1..], kept);
    for version in &kept {
        g.alice.get(&format!("{}?versionId={version}", g.path("k"))).assert_status(200);
    }
}

#[test]
fn rules_that_are_taken_away_do_nothing_any_more() {
    let server = server();
    let g = Ground::on(&server);
    put_rules(&g, &rule("far", &days("", 1000))).assert_status(200);
    g.put("k", "x");
    g.alice.delete(&format!("{}?lifecycle", g.root())).assert_status(204);
    let other = Ground::on(&server);
    put_rules(&other, &rule("last", &days("~~~", 1))).assert_status(200);
    let_a_round_pass(&other);
    g.get("k").assert_body("x");
}

#[test]
fn a_front_end_that_is_killed_in_the_middle_is_replaced() {
    let (mut one, survivor) = match Server::siblings_with(&[("debug", "day_seconds = 1")]) {
        Some((one, two)) => (one, Some(two)),
        None => (server(), None),
    };
    let g = Ground::on(&one);
    g.versioning("Enabled");
    let keys: Vec<String> = (0..150).map(|i| format!("{i:03}")).collect();
    for key in &keys {
        g.put(key, "x");
    }
    put_rules(&g, &rule("all", &days("", 1))).assert_status(200);
    until("it has begun", || g.keys("").len() < keys.len());
    one.kill9();
    let g = match &survivor {
        Some(other) => Ground { alice: crate::ops::client(other, crate::harness::ALICE), ..g },
        None => {
            one.resume();
            g
        }
    };
    until("all of them go", || g.keys("").is_empty());
    let page = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    let counts = (page.elements("Version").len(), page.elements("DeleteMarker").len());
    assert_eq!(counts, (keys.len(), keys.len()), "each was covered once");
}
