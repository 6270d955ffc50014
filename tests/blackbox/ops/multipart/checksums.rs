//! Additional checksums of uploads, from CreateMultipartUpload to the object. AWS documents: `InvalidRequest` for a type
//! that an algorithm cannot have, for a part of another algorithm and for a part without a checksum that a completion
//! needs; `BadDigest` for a checksum that differs; `InvalidPart` for a part whose checksum is another one.

use dolium::s3::checksum::{Algorithm, Hasher};

use crate::client::{Payload, Reply};
use crate::ops::multipart::{Multipart, PART_BYTES_MIN};
use crate::ops::{Ground, bytes};

const ALGORITHM: &str = "x-amz-checksum-algorithm";
const TYPE: &str = "x-amz-checksum-type";

fn checksum(algorithm: Algorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.finish().value
}

fn raw(value: &str) -> Vec<u8> {
    data_encoding::BASE64.decode(value.as_bytes()).expect("is base64")
}

/// A part of an upload with the checksum of its body.
#[track_caller]
fn part(g: &Ground, upload: &Multipart<'_>, number: u32, algorithm: Algorithm, body: &[u8]) -> Reply {
    let request = g.alice.request("PUT", &upload.target(&format!("partNumber={number}&"))).body(body);
    request.header(algorithm.header(), checksum(algorithm, body)).send()
}

/// A completion of parts, each with what follows its ETag.
fn complete(g: &Ground, upload: &Multipart<'_>, parts: &[(u32, String, String)], headers: &[(&str, &str)]) -> Reply {
    let part = |(number, etag, more): &(u32, String, String)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{more}</Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    let request = g.alice.request("POST", &upload.target(""));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")).send()
}

fn named(algorithm: Algorithm, value: &str) -> String {
    format!("<{0}>{value}</{0}>", algorithm.element())
}

#[test]
fn every_algorithm_in_every_type_it_can_have() {
    let g = Ground::new();
    let bodies = [bytes(PART_BYTES_MIN), b"tail".to_vec()];
    for (algorithm, kind) in [
        (Algorithm::Crc32, "COMPOSITE"),
        (Algorithm::Crc32, "FULL_OBJECT"),
        (Algorithm::Crc32c, "COMPOSITE"),
        (Algorithm::Crc32c, "FULL_OBJECT"),
        (Algorithm::Crc64Nvme, "FULL_OBJECT"),
        (Algorithm::Sha1, "COMPOSITE"),
        (Algorithm::Sha256, "COMPOSITE"),
        (Algorithm::Sha512, "COMPOSITE"),
        (Algorithm::Md5, "COMPOSITE"),
        (Algorithm::XxHash64, "COMPOSITE"),
        (Algorithm::XxHash3, "COMPOSITE"),
        (Algorithm::XxHash128, "COMPOSITE"),
    ] {
        let (header, element) = (algorithm.header(), algorithm.element());
        let target = format!("{}?uploads", g.path("k"));
        let opened = g.alice.request("POST", &target).header(ALGORITHM, algorithm.name()).header(TYPE, kind).send();
        let opened = opened.assert_status(200).assert_header(ALGORITHM, algorithm.name()).assert_header(TYPE, kind);
        let upload = Multipart { ground: &g, key: "k".into(), id: opened.element("UploadId").expect("has an id") };
        let values = bodies.each_ref().map(|body| checksum(algorithm, body));
        let mut parts = Vec::new();
        for ((number, body), value) in (1..).zip(&bodies).zip(&values) {
            let reply = part(&g, &upload, number, algorithm, body).assert_status(200).assert_header(header, value);
            parts.push((number, reply.etag(), named(algorithm, value)));
        }
        let listed = g.alice.get(&upload.target("")).assert_status(200);
        assert_eq!(listed.elements(element), values, "{listed}");
        assert_eq!(
            (listed.element("ChecksumAlgorithm"), listed.element("ChecksumType")),
            (Some(algorithm.name().into()), Some(kind.into()))
        );
        let whole = match kind {
            "FULL_OBJECT" => checksum(algorithm, &bodies.concat()),
            _ => format!("{}-2", checksum(algorithm, &values.each_ref().map(|v| raw(v)).concat())),
        };
        let done = complete(&g, &upload, &parts, &[(header, &whole), (TYPE, kind)]).assert_status(200);
        assert_eq!((done.element(element), done.element("ChecksumType")), (Some(whole.clone()), Some(kind.into())));
        let attributes = g.alice.request("GET", &format!("{}?attributes", g.path("k")));
        let attributes = attributes.header("x-amz-object-attributes", "Checksum,ObjectParts").send().assert_status(200);
        assert_eq!(attributes.elements(element), [&[whole.clone()][..], &values].concat(), "{attributes}");
        // Completing again says the same.
        assert_eq!(complete(&g, &upload, &parts, &[]).assert_status(200).element(element), Some(whole.clone()));
        let head = g.alice.request("HEAD", &g.path("k")).header("x-amz-checksum-mode", "ENABLED").send();
        head.assert_status(200).assert_header(header, &whole).assert_header(TYPE, kind);
        g.alice.head(&g.path("k")).assert_status(200).assert_no_header(header).assert_no_header(TYPE);
        let second = g.alice.request("GET", &format!("{}?partNumber=2", g.path("k")));
        let second = second.header("x-amz-checksum-mode", "ENABLED").send().assert_status(206).assert_body("tail");
        second.assert_header(header, &values[1]).assert_header(TYPE, kind);
        let listing = g.alice.get(&g.root()).assert_status(200);
        assert_eq!(
            (listing.element("ChecksumAlgorithm"), listing.element("ChecksumType")),
            (Some(algorithm.name().into()), Some(kind.into()))
        );
    }
}

#[test]
fn an_upload_that_declares_nothing_gets_crc64nvme() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let bodies = [bytes(PART_BYTES_MIN), b"tail".to_vec()];
    // Whatever the parts are checked by.
    let one = part(&g, &upload, 1, Algorithm::Sha1, &bodies[0]).assert_status(200);
    one.assert_header("x-amz-checksum-sha1", &checksum(Algorithm::Sha1, &bodies[0]));
    let two = g.alice.put(&upload.target("partNumber=2&"), bodies[1].clone()).assert_status(200);
    two.assert_header("x-amz-checksum-crc64nvme", &checksum(Algorithm::Crc64Nvme, &bodies[1]));
    let etags = bodies.each_ref().map(|body| crate::ops::md5_hex(body));
    let named_one = (1, etags[0].clone(), named(Algorithm::Sha1, &checksum(Algorithm::Sha1, &bodies[0])));
    complete(&g, &upload, &[named_one], &[]).assert_error(400, "InvalidPart");
    let parts = [(1, etags[0].clone(), String::new()), (2, etags[1].clone(), String::new())];
    let wrong = [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")];
    complete(&g, &upload, &parts, &wrong).assert_error(400, "BadDigest");
    let done = complete(&g, &upload, &parts, &[]).assert_status(200);
    let whole = checksum(Algorithm::Crc64Nvme, &bodies.concat());
    assert_eq!(
        (done.element("ChecksumCRC64NVME"), done.element("ChecksumType")),
        (Some(whole), Some("FULL_OBJECT".into()))
    );
}

#[test]
fn types_that_cannot_be_are_refused() {
    let g = Ground::new();
    for (headers, message) in [
        (
            &[(ALGORITHM, "SHA256"), (TYPE, "FULL_OBJECT")][..],
            "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.",
        ),
        (
            &[(ALGORITHM, "SHA1"), (TYPE, "FULL_OBJECT")],
            "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.",
        ),
        (
            &[(ALGORITHM, "SHA512"), (TYPE, "FULL_OBJECT")],
            "The FULL_OBJECT checksum type cannot be used with the sha512 checksum algorithm.",
        ),
        (
            &[(ALGORITHM, "MD5"), (TYPE, "FULL_OBJECT")],
            "The FULL_OBJECT checksum type cannot be used with the md5 checksum algorithm.",
        ),
        (
            &[(ALGORITHM, "XXHASH3"), (TYPE, "FULL_OBJECT")],
            "The FULL_OBJECT checksum type cannot be used with the xxhash3 checksum algorithm.",
        ),
        (
            &[(ALGORITHM, "CRC64NVME"), (TYPE, "COMPOSITE")],
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
        ),
        (
            &[(TYPE, "COMPOSITE")],
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        ),
        (&[(ALGORITHM, "CRC32"), (TYPE, "PARTS")], "Value for x-amz-checksum-type header is invalid."),
        (
            &[(ALGORITHM, "MD4")],
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]",
        ),
    ] {
        let request = g.alice.request("POST", &format!("{}?uploads", g.path("k")));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let reply = request.send().assert_error(400, "InvalidRequest");
        assert_eq!(reply.element("Message").as_deref(), Some(message));
    }
    assert!(g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId").is_empty());
}

#[test]
fn parts_bring_the_checksum_that_was_declared() {
    let g = Ground::new();
    let upload = Multipart::open_with(&g, "k", &[(ALGORITHM, "SHA256")]);
    part(&g, &upload, 1, Algorithm::Crc32, b"x").assert_error(400, "InvalidRequest");
    g.alice.put(&upload.target("partNumber=1&"), "x").assert_error(400, "InvalidRequest");
    let wrong = g.alice.request("PUT", &upload.target("partNumber=1&")).body("x");
    let wrong = wrong.header("x-amz-checksum-sha256", checksum(Algorithm::Sha256, b"y")).send();
    wrong.assert_error(400, "BadDigest");
    let trailing = g.alice.request("PUT", &upload.target("partNumber=1&")).payload(Payload::UnsignedChunksTrailer);
    let trailing = trailing.trailer("x-amz-checksum-sha256", &checksum(Algorithm::Sha256, b"x")).body("x").send();
    trailing.assert_status(200).assert_header("x-amz-checksum-sha256", &checksum(Algorithm::Sha256, b"x"));
    // A full object's follows from what the server computes.
    let full = Multipart::open_with(&g, "k", &[(ALGORITHM, "CRC32C"), (TYPE, "FULL_OBJECT")]);
    let reply = g.alice.put(&full.target("partNumber=1&"), "x").assert_status(200);
    reply.assert_header("x-amz-checksum-crc32c", &checksum(Algorithm::Crc32c, b"x"));
    // And so does the copy of a part.
    g.put("source", "copied");
    let copied = g.alice.request("PUT", &upload.target("partNumber=2&"));
    let copied = copied.header("x-amz-copy-source", g.path("source")).send().assert_status(200);
    assert_eq!(copied.element("ChecksumSHA256"), Some(checksum(Algorithm::Sha256, b"copied")));
}

#[test]
fn a_completion_names_the_checksums_it_expects() {
    let g = Ground::new();
    let upload = Multipart::open_with(&g, "k", &[(ALGORITHM, "SHA256")]);
    let value = checksum(Algorithm::Sha256, b"x");
    let etag = part(&g, &upload, 1, Algorithm::Sha256, b"x").assert_status(200).etag();
    let right = (1, etag.clone(), named(Algorithm::Sha256, &value));
    let with = |more: String| vec![(1, etag.clone(), more)];
    let composite = format!("{}-1", checksum(Algorithm::Sha256, &raw(&value)));
    for (parts, headers, code) in [
        (with(named(Algorithm::Sha256, &checksum(Algorithm::Sha256, b"y"))), &[][..], "InvalidPart"),
        (with(named(Algorithm::Crc32, "AAAAAA==")), &[], "BadDigest"),
        (with(named(Algorithm::Sha256, "not base64")), &[], "InvalidArgument"),
        (with(named(Algorithm::Sha256, &value) + &named(Algorithm::Crc32, "AAAAAA==")), &[], "InvalidArgument"),
        (vec![right.clone()], &[("x-amz-checksum-sha256", value.as_str())], "BadDigest"),
        (vec![right.clone()], &[("x-amz-checksum-sha256", "nonsense")], "BadDigest"),
        (vec![right.clone()], &[("x-amz-checksum-crc32", "AAAAAA==")], "InvalidRequest"),
        (vec![right.clone()], &[(TYPE, "FULL_OBJECT")], "InvalidRequest"),
        (vec![right.clone()], &[("x-amz-mp-object-size", "2")], "InvalidRequest"),
        (vec![right.clone()], &[("x-amz-mp-object-size", "-1")], "InvalidRequest"),
    ] {
        let reply = complete(&g, &upload, &parts, headers);
        assert_eq!((reply.status, reply.code().as_deref()), (400, Some(code)), "{parts:?} {headers:?}: {reply}");
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    }
    let headers = [("x-amz-checksum-sha256", composite.as_str()), (TYPE, "COMPOSITE"), ("x-amz-mp-object-size", "1")];
    complete(&g, &upload, &[right], &headers).assert_status(200);
    g.get("k").assert_body("x");
}

/// AWS asks for each part's checksum again; Ceph's gateway, like this server, knows them.
#[test]
fn a_completion_need_not_name_the_checksums() {
    let g = Ground::new();
    for algorithm in [Algorithm::Sha256, Algorithm::Crc32] {
        let upload = Multipart::open_with(&g, "k", &[(ALGORITHM, algorithm.name()), (TYPE, "COMPOSITE")]);
        let bodies = [bytes(crate::ops::multipart::PART_BYTES_MIN), b"x".to_vec()];
        let values = bodies.each_ref().map(|body| checksum(algorithm, body));
        let etags = [0, 1].map(|i| part(&g, &upload, i as u32 + 1, algorithm, &bodies[i]).assert_status(200).etag());
        // One of two may be named, and has to be right.
        let of_second =
            |value: &str| vec![(1, etags[0].clone(), String::new()), (2, etags[1].clone(), value.to_owned())];
        let wrong = of_second(&named(algorithm, &values[0]));
        complete(&g, &upload, &wrong, &[]).assert_error(400, "InvalidPart");
        let done = complete(&g, &upload, &of_second(""), &[]).assert_status(200);
        let whole = format!("{}-2", checksum(algorithm, &[raw(&values[0]), raw(&values[1])].concat()));
        assert_eq!(done.element(algorithm.element()), Some(whole), "{done}");
        let attributes = g.alice.request("GET", &format!("{}?attributes", g.path("k")));
        let attributes = attributes.header("x-amz-object-attributes", "ObjectParts").send().assert_status(200);
        assert_eq!(attributes.elements(algorithm.element()), values, "{attributes}");
    }
}

#[test]
fn what_an_upload_was_opened_with_is_the_objects() {
    let g = Ground::new();
    let kept = [
        ("content-type", "text/x"),
        ("cache-control", "no-store"),
        ("x-amz-meta-a", "b"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/elsewhere"),
    ];
    let upload = Multipart::open_with(&g, "k", &kept);
    let open = g.alice.get(&format!("{}?uploads", g.root())).assert_status(200);
    assert_eq!(open.element("StorageClass").as_deref(), Some("STANDARD_IA"));
    let part = upload.part(1, "x");
    assert_eq!(
        g.alice.get(&upload.target("")).assert_status(200).element("StorageClass").as_deref(),
        Some("STANDARD_IA")
    );
    upload.complete(&[part]).assert_status(200);
    let reply = g.get("k");
    for (name, value) in kept {
        assert_eq!(reply.header(name).as_deref(), Some(value), "{name} in {reply}");
    }
}
