//! What went wrong in other object stores, and does not here. Faults that the rest of the tests show already:
//!
//! | fault | test |
//! |---|---|
//! | a trailer that is not signed excuses the signature | `auth::bodies::an_unsigned_trailer_does_not_excuse_the_signature` |
//! | unsigned `x-amz-*` headers; a copy source added to a presigned URL | `auth::signatures::unsigned_amz_headers_are_refused` |
//! | the policy of a form is not enforced; a form for another bucket | `ops::object::post_object::{policies, refused}` |
//! | `X-Forwarded-For` is trusted | `wire::forwarded_addresses_count_from_trusted_proxies_only` |
//! | CORS reflected with credentials; names that split an answer | `ops::preflight`, `ops::cors` |
//! | secrets in logs, debug logs too | `auth::signatures::logs_hold_no_secret` |
//! | a comparison that is not constant-time | `tidy`, invariant 10 |
//! | request smuggling | `heads::what_is_no_http_is_refused_in_s3s_words`, `pipelining` |
//! | a malformed request crashes the server | `ops::strict`, `auth::signatures`, the fuzz targets |
//! | a key in a form leaves its bucket | `ops::object::post_object::keys_of_every_kind_stay_in_their_bucket` |

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use dolium::storage::{BucketSettings, LockSettings, Versioning};
use serde_json::{Value, json};

use super::world::World;
use crate::client::{Payload, Reply, Request, encode};
use crate::harness::{ALICE, Server};
use crate::ops::{Ground, client, fresh_bucket_name, locks, md5_base64};

fn policy(statements: &Value) -> Vec<u8> {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string().into_bytes()
}

fn with_policy(statements: &Value) -> BucketSettings {
    BucketSettings { policy: policy(statements).into(), ..BucketSettings::default() }
}

fn on(effect: &str, action: &str, key: &str) -> Value {
    json!({ "Effect": effect, "Principal": "*", "Action": action, "Resource": format!("arn:aws:s3:::matrix/{key}") })
}

/// MinIO CVE-2026-40344, CVE-2026-41145: the access key in the query, and no signature anywhere.
#[test]
fn an_access_key_in_the_query_is_no_signature() {
    let g = Ground::new();
    let day = &crate::client::form_date(crate::client::now()).replace('-', "")[..8];
    let scope = format!("{}%2F{day}%2Fus-east-1%2Fs3%2Faws4_request", ALICE.access);
    for query in [
        format!("X-Amz-Credential={scope}"),
        format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}"),
        format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Signature="),
        format!("AWSAccessKeyId={}&Expires=99999999999", ALICE.access),
    ] {
        for payload in [Payload::UnsignedChunksTrailer, Payload::Unsigned] {
            let put = g.alice.anonymous().request("PUT", &format!("{}?{query}", g.path("k")));
            let put = put.payload(payload).trailer("x-amz-checksum-crc32", "AAAAAA==").body("");
            let reply = put.send();
            assert!([400, 403].contains(&reply.status), "{query}: {reply}");
        }
    }
    assert!(g.keys("").is_empty());
}

/// MinIO CVE-2023-28432: an endpoint told the environment, secrets included.
#[test]
fn nobody_is_told_a_secret_or_the_environment() {
    let server = Server::start();
    let root = env!("CARGO_MANIFEST_DIR");
    for address in [server.s3, server.admin] {
        for path in [
            "/",
            "/minio/bootstrap/v1/verify",
            "/minio/health/live",
            "/health/live",
            "/health/ready",
            "/metrics",
            "/env",
            "/debug/vars",
            "/openapi.json",
            "/v1/tenants",
            "/?env",
            "/?Action=GetCallerIdentity&Version=2011-06-15",
        ] {
            for method in ["GET", "POST"] {
                let reply = crate::client::Client::new(address, "", "").anonymous().request(method, path).send();
                let text = reply.to_string();
                assert!(!text.contains(ALICE.secret) && !text.contains(root), "{method} {path}: {text}");
                assert!(!text.contains("PATH=") && !text.contains("CARGO"), "{method} {path}: {text}");
            }
        }
    }
}

/// MinIO CVE-2025-62506, CVE-2021-21362: a session did more than its policy says; a form wrote where only reading was
/// allowed.
#[test]
fn a_session_that_may_only_read_writes_in_no_way() {
    let world = World::new();
    let session = world.client("session");
    let delete = "<Delete><Object><Key>mine</Key></Object></Delete>";
    let form = crate::client::Form::bare(&session, "matrix").field("key", "formed").file("f", "x");
    for request in [
        session.request("PUT", "/matrix/new").body("x"),
        session.request("PUT", "/matrix/copy").header("x-amz-copy-source", "/matrix/mine"),
        session.request("DELETE", "/matrix/mine"),
        session.request("POST", "/matrix/new?uploads"),
        session.request("PUT", "/matrix/mine?acl").header("x-amz-acl", "public-read"),
        session.request("PUT", "/matrix?acl").header("x-amz-acl", "public-read"),
        session.request("DELETE", "/matrix"),
        form.request(),
    ] {
        let answer = world.answer(request);
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    let bulk = session.request("POST", "/matrix?delete").header("content-md5", md5_base64(delete.as_bytes()));
    let bulk = world.answer(bulk.body(delete)).text();
    assert!(bulk.contains("<Code>AccessDenied</Code>") && !bulk.contains("<Deleted>"), "{bulk}");
    let listing = world.answer(session.request("GET", "/matrix")).text();
    assert_eq!(listing.matches("<Key>").count(), 2, "{listing}");
    assert_eq!(world.answer(session.request("GET", "/matrix/mine")).text(), "data");
}

/// MinIO CVE-2023-25812: a Deny on setting governance aside was ignored. One key at a time and in bulk.
#[test]
fn governance_is_not_set_aside_against_a_deny() {
    let world = World::new();
    let settings = BucketSettings {
        versioning: Versioning::Enabled.into(),
        object_lock: Some(LockSettings { rule: None }),
        ..BucketSettings::default()
    };
    world.configure(&settings);
    let owner = world.client("owner");
    let put = owner.request("PUT", "/matrix/kept").header("content-md5", md5_base64(b"x")).body("x");
    let put = put.header("x-amz-object-lock-mode", "GOVERNANCE");
    let put = world.answer(put.header("x-amz-object-lock-retain-until-date", locks::FAR));
    assert_eq!(put.status, 200, "{}", put.text());
    let listing = world.answer(owner.request("GET", "/matrix?versions&prefix=kept"));
    let version = listing.element("VersionId");
    let target = format!("/matrix/kept?versionId={version}");
    let bypassing = |request: Request| request.header("x-amz-bypass-governance-retention", "true");
    let delete = format!("<Delete><Object><Key>kept</Key><VersionId>{version}</VersionId></Object></Delete>");
    let bulk = || {
        let bulk = owner.request("POST", "/matrix?delete").header("content-md5", md5_base64(delete.as_bytes()));
        world.answer(bypassing(bulk.body(delete.as_bytes()))).text()
    };
    for key in ["*", "kept"] {
        let denied = policy(&json!([on("Deny", "s3:BypassGovernanceRetention", key)]));
        world.configure(&BucketSettings { policy: denied.into(), ..settings.clone() });
        let one = world.answer(bypassing(owner.request("DELETE", &target)));
        assert_eq!(one.status, 403, "{}", one.text());
        let text = bulk();
        assert!(text.contains("<Code>AccessDenied</Code>") && !text.contains("<Deleted>"), "{text}");
        let sooner = locks::retention("GOVERNANCE", "2098-01-01T00:00:00.000Z");
        let sooner = owner.request("PUT", &format!("/matrix/kept?retention&versionId={version}")).body(sooner);
        assert_eq!(world.answer(bypassing(sooner)).status, 403);
        assert_eq!(world.answer(owner.request("GET", &target)).text(), "x");
    }
    world.configure(&settings);
    let text = bulk();
    assert!(text.contains("<Deleted>"), "{text}");
}

/// SeaweedFS CVE-2026-54917, CVE-2026-58372: `..` in a path, or in a key of a bulk delete, reached another bucket.
#[test]
fn dots_lead_to_no_other_bucket() {
    let g = Ground::new();
    let bobs = fresh_bucket_name();
    g.bob.put(&format!("/{bobs}"), "").assert_status(200);
    g.bob.put(&format!("/{bobs}/k"), "bob's").assert_status(200);
    for path in ["../{}/k", "%2e%2e/{}/k", "..%2f{}%2fk", "a/../../{}/k", "./../{}/k", "..%5c{}%5ck", "/../{}/k"] {
        let target = format!("{}/{}", g.root(), path.replace("{}", &bobs));
        let read = g.alice.get(&target);
        assert_ne!(read.text(), "bob's", "{target}");
        assert!([400, 403, 404].contains(&read.status), "{target}: {read}");
        let _ = g.alice.put(&target, "planted");
        let _ = g.alice.delete(&target);
        g.bob.get(&format!("/{bobs}/k")).assert_status(200).assert_body("bob's");
    }
    let keys = [format!("../{bobs}/k"), format!("/../{bobs}/k"), format!("a/../../{bobs}/k"), format!("/{bobs}/k")];
    let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    let delete = format!("<Delete>{objects}</Delete>");
    let bulk = g.alice.request("POST", &format!("{}?delete", g.root()));
    bulk.header("content-md5", md5_base64(delete.as_bytes())).body(delete).send().assert_status(200);
    g.bob.get(&format!("/{bobs}/k")).assert_status(200).assert_body("bob's");
}

/// SeaweedFS CVE-2026-73080: the server fetched a URL for whoever asked, and told what it found.
#[test]
fn nothing_makes_the_server_fetch_a_url() {
    let trap = TcpListener::bind("127.0.0.1:0").expect("listens");
    let url = format!("http://{}/secret", trap.local_addr().expect("an address"));
    let g = Ground::new();
    g.put("k", "x");
    for client in [g.alice.clone(), g.alice.anonymous()] {
        for source in [url.clone(), format!("/{url}"), encode(&url)] {
            for target in [g.path("copy"), format!("{}?partNumber=1&uploadId=x", g.path("copy"))] {
                let reply = client.request("PUT", &target).header("x-amz-copy-source", &source).send();
                assert!((400..500).contains(&reply.status), "{source}: {reply}");
            }
        }
        let put = client.request("PUT", &g.path("r")).header("x-amz-website-redirect-location", &url).body("x");
        let _ = put.send();
        let _ = client.get(&g.path("r"));
        let _ = client.request("GET", &g.path("k")).absolute(url.trim_end_matches("/secret")).send();
        let _ = client.request("GET", &g.path("k")).header("referer", &url).header("origin", &url).send();
    }
    trap.set_nonblocking(true).expect("changes the mode");
    assert_eq!(trap.accept().expect_err("nobody came").kind(), ErrorKind::WouldBlock);
}

/// SeaweedFS #9120: who sends a request was read from a header that the client sends.
#[test]
fn nobody_is_who_a_header_says() {
    let g = Ground::new();
    g.put("k", "x");
    for name in [
        "x-amz-principal",
        "x-amz-user",
        "x-amz-identity",
        "x-amz-identity-id",
        "x-amz-account-id",
        "x-amz-canonical-user",
        "x-amz-s3-identity",
        "x-amz-source-account",
        "x-amz-principal-arn",
        "x-seaweedfs-principal",
        "x-seaweedfs-identity-name",
        "x-forwarded-user",
        "x-remote-user",
        "x-auth-user",
        "x-dolium-tenant",
        "remote-user",
    ] {
        for value in ["alice", ALICE.access, "arn:aws:iam::000000000000:root", "root", "admin"] {
            for client in [g.bob.clone(), g.alice.anonymous()] {
                let reply = client.request("GET", &g.path("k")).header(name, value).send();
                assert_eq!(reply.status, 403, "{name}: {value}: {reply}");
            }
        }
    }
}

/// RustFS: default credentials.
#[test]
fn nobody_knows_a_key_beforehand() {
    let g = Ground::new();
    for (access, secret) in [
        ("minioadmin", "minioadmin"),
        ("rustfsadmin", "rustfsadmin"),
        ("admin", "admin"),
        ("root", "root"),
        ("dolium", "dolium"),
        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("", ""),
    ] {
        for client in [g.alice.keys(access, secret), g.alice.keys(access, secret).v2()] {
            let reply = client.get("/");
            assert!([400, 403].contains(&reply.status), "{access}: {reply}");
        }
    }
}

/// RustFS: a version was read with the right to read the current one.
#[test]
fn an_old_version_is_not_read_with_the_right_to_read_the_current_one() {
    let world = World::new();
    let allowed = |action| BucketSettings {
        versioning: Versioning::Enabled.into(),
        ..with_policy(&json!([on("Allow", action, "*")]))
    };
    world.configure(&allowed("s3:GetObject"));
    let (owner, nobody, other) = (world.client("owner"), world.client("nobody"), world.client("other"));
    assert_eq!(world.answer(owner.request("PUT", "/matrix/mine").body("new")).status, 200);
    for who in [&nobody, &other] {
        assert_eq!(world.answer(who.request("GET", "/matrix/mine")).text(), "new");
        for method in ["GET", "HEAD"] {
            assert_eq!(world.answer(who.request(method, "/matrix/mine?versionId=null")).status, 403);
        }
        let old = [("x-amz-copy-source", "/matrix/mine?versionId=null")];
        let copy = who.request("PUT", "/matrix/copy").header(old[0].0, old[0].1);
        assert_eq!(world.answer(copy).status, 403);
    }
    world.configure(&allowed("s3:GetObjectVersion"));
    assert_eq!(world.answer(nobody.request("GET", "/matrix/mine?versionId=null")).text(), "data");
    assert_eq!(world.answer(nobody.request("GET", "/matrix/mine")).status, 403);
}

/// versitygw, s3-proxy CVE-2026-42882: the policy saw another spelling of the key than whoever read it.
#[test]
fn a_key_is_judged_as_it_is_read() {
    let world = World::new();
    world.configure(&with_policy(&json!([on("Allow", "s3:GetObject", "*"), on("Deny", "s3:GetObject", "secret/*")])));
    let (owner, nobody) = (world.client("owner"), world.client("nobody"));
    for key in ["/matrix/secret/k", "/matrix/open/k"] {
        assert_eq!(world.answer(owner.request("PUT", key).body("content")).status, 200);
    }
    assert_eq!(world.answer(nobody.request("GET", "/matrix/open%2Fk")).text(), "content");
    for spelling in [
        "secret/k",
        "secret%2Fk",
        "%73ecret/k",
        "%73ecret%2fk",
        "open/../secret/k",
        "open/%2e%2e/secret/k",
        "/secret/k",
        "./secret/k",
        "secret%252Fk",
        "secret//k",
        "secret%2F%2Fk",
    ] {
        let answer = world.answer(nobody.request("GET", &format!("/matrix/{spelling}")));
        assert_eq!(answer.status, 403, "{spelling}: {}", answer.text());
    }
}

/// versitygw: a copy source was decoded twice, and judged after the first time.
#[test]
fn a_copy_source_is_judged_as_it_is_read() {
    let world = World::new();
    let statements = json!([on("Allow", "s3:GetObject", "open/*"), on("Allow", "s3:PutObject", "copy")]);
    world.configure(&with_policy(&statements));
    let (owner, other) = (world.client("owner"), world.client("other"));
    for key in ["/matrix/open/k", "/matrix/secret", "/matrix/open%252Fk"] {
        assert_eq!(world.answer(owner.request("PUT", key).body("content")).status, 200);
    }
    let copy = |source: &str| other.request("PUT", "/matrix/copy").header("x-amz-copy-source", source);
    for source in [
        "/matrix/open%252Fk",
        "/matrix/open/..%2Fsecret",
        "/matrix/open/../secret",
        "/matrix/open/%252e%252e/secret",
        "/matrix/%6fpen%252Fk",
        "matrix/secret",
        "/matrix//open/k",
    ] {
        let answer = world.answer(copy(source));
        assert_eq!(answer.status, 403, "{source}: {}", answer.text());
    }
    let answer = world.answer(copy("/matrix/open%2Fk"));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// RustFS CVE-2026-21862: a condition on the address believed the client. The address itself is the wire's.
#[test]
fn a_condition_on_the_address_does_not_believe_headers() {
    let world = World::new();
    let mut statement = on("Allow", "s3:GetObject", "*");
    statement["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } });
    world.configure(&with_policy(&json!([statement])));
    for name in ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x-client-ip"] {
        for value in ["198.51.100.7", "for=198.51.100.7"] {
            let request = world.client("nobody").request("GET", "/matrix/mine").header(name, value);
            assert_eq!(world.answer(request).status, 403, "{name}: {value}");
        }
    }
}

/// What is denied by what a document says is denied to those as well who did not sign.
#[test]
fn a_condition_on_a_document_counts_for_everybody() {
    let world = World::new();
    let mut denied = on("Deny", "s3:PutObjectTagging", "*");
    denied["Condition"] = json!({ "StringEquals": { "s3:RequestObjectTag/level": "public" } });
    world.configure(&with_policy(&json!([on("Allow", "s3:PutObjectTagging", "*"), denied])));
    for caller in ["nobody", "other", "user", "member", "owner"] {
        for (level, status) in [("public", 403), ("internal", 200)] {
            let tags = crate::ops::object::put_object_tagging::document(&[("level", level)]);
            let put = world.answer(world.client(caller).request("PUT", "/matrix/mine?tagging").body(tags));
            assert_eq!(put.status, status, "{caller}: {level}: {}", put.text());
        }
    }
}

fn public_object(g: &Ground) {
    g.alice.request("PUT", &g.path("k")).header("x-amz-acl", "public-read").body("x").send().assert_status(200);
    g.alice.anonymous().get(&g.path("k")).assert_status(200).assert_body("x");
}

/// RGW CVE-2020-1760: a link that nobody signed made a page of a public object.
#[test]
fn whoever_does_not_sign_chooses_no_headers_of_the_answer() {
    let g = Ground::new();
    public_object(&g);
    for parameter in [
        "response-content-type=text%2Fhtml",
        "response-content-disposition=inline",
        "response-cache-control=x",
        "response-expires=x",
        "response-content-language=x",
        "response-content-encoding=x",
    ] {
        let target = format!("{}?{parameter}", g.path("k"));
        g.alice.anonymous().get(&target).assert_error(400, "InvalidRequest");
        g.alice.anonymous().head(&target).assert_status(400);
        g.alice.get(&target).assert_status(200);
    }
}

/// RGW CVE-2015-5245, CVE-2020-10753, CVE-2021-3524: a line break in what is answered.
#[test]
fn no_value_splits_an_answer() {
    let g = Ground::new();
    g.put("k", "x");
    for end in ["%0d%0a", "%0a", "%0d", "%00"] {
        for header in ["content-type", "content-disposition", "cache-control", "expires"] {
            let reply = g.alice.get(&format!("{}?response-{header}=a{end}x-evil:%201", g.path("k")));
            reply.assert_error(400, "InvalidArgument").assert_no_header("x-evil");
        }
        let kept = g.alice.v4_presigned().request("PUT", &format!("{}?x-amz-meta-a=a{end}x-evil:%201", g.path("l")));
        let reply = kept.body("x").send();
        if reply.status == 200 {
            g.get("l").assert_no_header("x-evil");
        }
    }
}

/// RGW CVE-2022-3854, CVE-2019-10222, CVE-2018-7262, CVE-2016-8626, CVE-2020-12059: what is malformed is refused, and the
/// next one is served.
#[test]
fn what_is_malformed_is_refused_and_the_next_is_served() {
    let g = Ground::new();
    g.put("k", "x");
    let refused = |reply: Reply, what: &str| assert!((400..500).contains(&reply.status), "{what}: {reply}");
    for source in ["", "/", "//", "?", "?versionId=", "/?versionId=x", "%", "%zz/k", "%ff/k", "b", "b/", "/b//", ":"] {
        let put = g.alice.request("PUT", &g.path("c")).header("x-amz-copy-source", source);
        refused(put.send(), source);
    }
    for content_type in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"", "text/plain", ""]
    {
        for body in ["", "--", "----\r\n\r\n", "--x\r\nContent-Disposition: form-data; name=\"\r\n\r\n"] {
            let post = g.alice.anonymous().request("POST", &g.root()).header("content-type", content_type).body(body);
            refused(post.send(), content_type);
        }
    }
    for target in ["/%", "/%zz", "/%00/%00", "/b?%", "/b?%ff=%ff", "//", "/b?max-keys=-"] {
        refused(g.alice.anonymous().get(target), target);
    }
    g.get("k").assert_body("x");
}

/// RGW CVE-2020-1700, CVE-2019-3821: connections that break off were never closed.
#[test]
fn connections_that_break_off_are_closed() {
    let server = Server::start();
    let g = Ground::on(&server);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("lists descriptors").count();
    g.put("k", "x");
    let before = open();
    let wire = g.alice.request("PUT", &g.path("cut")).body(vec![0; 1 << 20]).wire().bytes();
    for cut in [0, 1, 20, wire.len() / 2, wire.len() - 1] {
        let mut connections: Vec<_> = (0..40).map(|_| g.alice.connect()).collect();
        connections.iter_mut().for_each(|connection| connection.send_what_fits(&wire[..cut]));
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while open() > before + 20 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(open() <= before + 20, "{} descriptors were open, now {}", before, open());
    assert_eq!(g.keys(""), ["k"]);
}

/// Pithos: with READ on a bucket its private objects could be copied.
#[test]
fn reading_a_bucket_is_not_reading_its_objects() {
    let g = Ground::new();
    g.put("private", "secret");
    let bobs = fresh_bucket_name();
    g.bob.put(&format!("/{bobs}"), "").assert_status(200);
    g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "public-read").send().assert_status(200);
    assert_eq!(g.bob.get(&g.root()).assert_status(200).elements("Key"), ["private"]);
    g.bob.get(&g.path("private")).assert_error(403, "AccessDenied");
    let source = g.path("private");
    let copy = g.bob.request("PUT", &format!("/{bobs}/copy")).header("x-amz-copy-source", &source);
    copy.send().assert_error(403, "AccessDenied");
    let upload = g.bob.post(&format!("/{bobs}/copy?uploads"), "").assert_status(200).element("UploadId");
    let part = format!("/{bobs}/copy?partNumber=1&uploadId={}", upload.expect("an id"));
    // RustFS CVE-2026-39360.
    let part = g.bob.request("PUT", &part).header("x-amz-copy-source", &source).send();
    part.assert_error(403, "AccessDenied");
    assert!(g.bob.get(&format!("/{bobs}")).assert_status(200).elements("Key").is_empty());
}

/// Pithos: whoever signed wrong was served as nobody.
#[test]
fn whoever_signs_wrong_is_not_nobody() {
    let g = Ground::new();
    public_object(&g);
    for how in crate::auth::SIGNED {
        let thief = g.alice.keys(ALICE.access, "guessed").how(how);
        thief.get(&g.path("k")).assert_error(403, "SignatureDoesNotMatch");
        let stranger = g.alice.keys("AKIDSTRANGER", ALICE.secret).how(how);
        stranger.get(&g.path("k")).assert_error(403, "InvalidAccessKeyId");
        let late = client(Server::shared(), ALICE).how(how).request("GET", &g.path("k"));
        let late = late.at(crate::client::now() - 100_000).send();
        assert_eq!(late.status, 403, "{late}");
    }
}

/// Whoever tries keys does not hear which of them were ever good.
#[test]
fn disabled_expired_and_unknown_keys_answer_alike() {
    let world = World::new();
    let unknown = world.client("AKIAUNKNOWN000000000");
    for how in crate::auth::SIGNED {
        for target in ["/matrix/mine", "/matrix", "/", "/no-such-bucket/k"] {
            let answer = |client: crate::client::Client| {
                let client = client.how(how);
                let answer = world.answer(client.request("GET", target));
                let access = client.signer().access.clone();
                assert!(answer.text().contains("<Code>InvalidAccessKeyId</Code>"), "{}", answer.text());
                (answer.status, answer.text().replace(&access, "KEY"))
            };
            let as_unknown = answer(unknown.clone());
            assert_eq!(answer(world.client("disabled")), as_unknown);
            assert_eq!(answer(world.client("expired")), as_unknown);
            // Nor whether the secret was right.
            assert_eq!(
                answer(world.client("disabled").keys(&world.client("disabled").signer().access, "x")),
                as_unknown
            );
        }
    }
}
