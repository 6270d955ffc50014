//! The rows: a condition, what it allows, a request that meets it and one that does not.

use super::Row;
use super::scene::Scene;
use crate::client::{Payload, Request, now};
use crate::ops::locks::{self, FAR};
use crate::ops::object::put_object_tagging::document as tagging;

/// All of them.
pub const ROWS: &[&[Row]] = &[GLOBAL, CALLERS, SIGNATURES, LISTINGS, WRITES, LOCKS, TAGS, LISTS, ELSEWHERE];

/// Keys, lower case, that no request has.
pub const ABSENT: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltag/",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

const GET: &[&str] = &["s3:GetObject"];
const PUT: &[&str] = &["s3:PutObject"];
const LIST: &[&str] = &["s3:ListBucket"];

fn pick<T>(first: bool, one: T, other: T) -> T {
    if first { one } else { other }
}

/// What every request has. The shared server speaks no TLS; see `connections`.
const GLOBAL: &[Row] = &[
    Row::conditions(
        "DateGreaterThan aws:CurrentTime {before} & DateLessThan aws:CurrentTime {after}",
        "DateLessThan aws:CurrentTime {before}",
    ),
    Row::conditions(
        "NumericGreaterThan aws:EpochTime {before-epoch} & NumericLessThan aws:EpochTime {after-epoch}",
        "NumericGreaterThan aws:EpochTime {after-epoch}",
    ),
    Row::conditions("IpAddress aws:SourceIp 127.0.0.0/8", "IpAddress aws:SourceIp 198.51.100.0/24"),
    Row::conditions("Bool aws:SecureTransport false", "Bool aws:SecureTransport true"),
    Row::conditions("Null s3:TlsVersion true", "NumericGreaterThanEquals s3:TlsVersion 1"),
    Row::conditions("StringEquals aws:RequestedRegion us-east-1", "StringEquals aws:RequestedRegion eu-west-1"),
    Row::conditions("StringEquals aws:ResourceAccount {owner}", "StringEquals aws:ResourceAccount {other}"),
    Row::conditions("StringEquals s3:ResourceAccount {owner}", "StringEquals s3:ResourceAccount {other}"),
    Row::conditions("Bool aws:ViaAWSService false", "Bool aws:ViaAWSService true"),
    Row::conditions("Bool aws:PrincipalIsAWSService false", "Bool aws:PrincipalIsAWSService true"),
    Row::requests("StringLike aws:Referer https://app.example/*", GET, |s, met| {
        s.get("k").header("referer", pick(met, "https://app.example/a", "https://other.example/app.example/"))
    }),
    Row::requests("StringLike aws:UserAgent tool/*", GET, |s, met| {
        s.get("k").header("user-agent", pick(met, "tool/1", "another tool/1"))
    }),
];

/// Who asks.
const CALLERS: &[Row] = &[
    Row::requests("StringEquals aws:username ula", GET, |s, met| s.user_or(met, &s.second)),
    Row::requests("StringEquals aws:username ula", GET, |s, met| s.user_or(met, &s.g.bob)),
    Row::requests("StringEquals aws:userid {user-id}", GET, |s, met| s.user_or(met, &s.second)),
    Row::requests("StringLike aws:userid *:nightly", GET, |s, met| s.user_or(!met, &s.session)),
    Row::requests("StringEquals aws:userid {other}", GET, |s, met| s.user_or(!met, &s.g.bob)),
    Row::requests("StringEquals aws:principaltype User", GET, |s, met| s.user_or(met, &s.g.bob)),
    Row::requests("StringEquals aws:principaltype Account", GET, |s, met| s.user_or(!met, &s.g.bob)),
    Row::requests("StringEquals aws:principaltype AssumedRole", GET, |s, met| s.user_or(!met, &s.session)),
    Row::requests("StringEquals aws:principaltype Anonymous", GET, |s, met| s.user_or(!met, &s.user.anonymous())),
    Row::requests("ArnEquals aws:PrincipalArn {arn}", GET, |s, met| s.user_or(met, &s.second)),
    Row::requests("ArnEquals aws:PrincipalArn arn:aws:iam::{other}:root", GET, |s, met| s.user_or(!met, &s.g.bob)),
    Row::requests("ArnEquals aws:PrincipalArn arn:aws:iam::{other}:role/role", GET, |s, met| {
        s.user_or(!met, &s.session)
    }),
    Row::requests("StringEquals aws:PrincipalAccount {other}", GET, |s, met| s.user_or(met, &s.user.anonymous())),
    Row::conditions("StringEquals aws:PrincipalAccount {other}", "StringEquals aws:PrincipalAccount {owner}"),
    Row::requests("Bool aws:MultiFactorAuthPresent false", GET, |s, met| s.user_or(!met, &s.session)),
    Row::requests("DateGreaterThan aws:TokenIssueTime {before}", GET, |s, met| s.user_or(!met, &s.session)),
];

/// Older than any condition here takes, and not too old to be taken at all.
const OLD_SECONDS: i64 = 800;

/// How it is signed, and when.
const SIGNATURES: &[Row] = &[
    Row::requests("StringEquals s3:authType REST-HEADER", GET, |s, met| s.user_or(met, &s.user.v4_presigned())),
    Row::requests("StringEquals s3:authType REST-HEADER", GET, |s, met| {
        if met { s.of(&s.user.v2(), "k") } else { s.of(&s.user.v2_presigned(), "k") }
    }),
    Row::requests("StringEquals s3:authType REST-QUERY-STRING", GET, |s, met| s.user_or(!met, &s.user.v4_presigned())),
    Row::requests("StringEquals s3:authType REST-QUERY-STRING", GET, |s, met| s.user_or(!met, &s.user.v2_presigned())),
    Row::requests("Null s3:authType true", GET, |s, met| s.user_or(!met, &s.user.anonymous())),
    Row::requests("StringEquals s3:authType POST", PUT, |s, met| if met { s.form().request() } else { s.put("new") }),
    Row::requests("StringEquals s3:authType POST", PUT, |s, met| {
        if met { s.v2_form().request() } else { s.put_by(&s.user.v4_presigned(), "new") }
    }),
    Row::requests("StringEquals s3:signatureversion AWS4-HMAC-SHA256", GET, |s, met| s.user_or(met, &s.user.v2())),
    Row::requests("StringEquals s3:signatureversion AWS4-HMAC-SHA256", GET, |s, met| {
        s.of(&pick(met, s.user.v4_presigned(), s.user.v2_presigned()), "k")
    }),
    Row::requests("StringEquals s3:signatureversion AWS", GET, |s, met| s.user_or(!met, &s.user.v2())),
    Row::requests("StringEquals s3:signatureversion AWS4-HMAC-SHA256", PUT, |s, met| {
        if met { s.form().request() } else { s.v2_form().request() }
    }),
    Row::requests("StringEquals s3:signatureversion AWS", PUT, |s, met| {
        if met { s.v2_form().request() } else { s.form().request() }
    }),
    Row::requests("NumericLessThan s3:signatureAge 600000", GET, |s, met| {
        s.get("k").at(pick(met, now(), now() - OLD_SECONDS))
    }),
    Row::requests("NumericLessThan s3:signatureAge 600000", GET, |s, met| {
        let link = s.of(&s.user.v4_presigned(), "k").expires(86_400);
        link.at(pick(met, now(), now() - 3_600))
    }),
    Row::requests("NumericLessThan s3:signatureAge 600000", PUT, |s, met| {
        s.form().at(pick(met, now(), now() - OLD_SECONDS)).request()
    }),
    Row::requests("NumericEquals s3:signatureAge 0", GET, |s, met| {
        let old = now() - OLD_SECONDS;
        if met { s.of(&s.user.v2(), "k").at(old) } else { s.get("k").at(old) }
    }),
    Row::requests("NumericEquals s3:signatureAge 0", PUT, |s, met| {
        if met { s.v2_form().request() } else { s.form().at(now() - OLD_SECONDS).request() }
    }),
    Row::requests("StringEquals s3:x-amz-content-sha256 UNSIGNED-PAYLOAD", PUT, |s, met| {
        s.put("new").payload(pick(met, Payload::Unsigned, Payload::Exact))
    }),
    Row::requests("StringEquals s3:x-amz-content-sha256 UNSIGNED-PAYLOAD", PUT, |s, met| {
        s.put_by(&pick(met, s.user.v4_presigned(), s.user.v2()), "new")
    }),
    Row::requests("StringEquals s3:x-amz-content-sha256 UNSIGNED-PAYLOAD", PUT, |s, met| {
        if met { s.form().request() } else { s.v2_form().request() }
    }),
    // A form's signature does not cover its file, whatever a field says.
    Row::requests("StringEquals s3:x-amz-content-sha256 {sha256-of-x}", PUT, |s, met| {
        let claim = s.form().field("x-amz-content-sha256", &crate::client::sign::sha256(b"x")).file("f", "x");
        if met { s.put("new") } else { claim.request() }
    }),
];

/// Listings.
const LISTINGS: &[Row] = &[
    Row::requests("StringEquals s3:prefix in/", LIST, |s, met| s.list(pick(met, "prefix=in/", "prefix=out/"))),
    Row::requests("StringEquals s3:prefix in/", LIST, |s, met| {
        s.list(pick(met, "list-type=2&prefix=in%2F", "list-type=2"))
    }),
    Row::requests("StringEquals s3:prefix in/", &["s3:ListBucketVersions"], |s, met| {
        s.list(pick(met, "versions&prefix=in/", "versions&prefix=i"))
    }),
    // Of a key that is not there this is asked with the key as the prefix; whoever may list it is told.
    Row::requests("StringLike s3:prefix in/*", LIST, |s, met| s.get(pick(met, "in/none", "out/none"))).answered(404),
    Row::requests("StringEquals s3:delimiter /", LIST, |s, met| s.list(pick(met, "delimiter=/", "delimiter=a"))),
    Row::requests("NumericLessThanEquals s3:max-keys 10", LIST, |s, met| {
        s.list(pick(met, "max-keys=10", "max-keys=11"))
    }),
];

const TAGGED_BUCKET: &[&str] = &["s3:CreateBucket", "s3:PutBucketTagging", "s3:TagResource"];

/// What is written, and under which conditions of its own.
const WRITES: &[Row] = &[
    Row::requests("Null s3:if-match false", PUT, |s, met| {
        let etag = s.store("matched");
        if met { s.put("matched").header("if-match", etag) } else { s.put("matched") }
    })
    .also(GET),
    Row::requests("Null s3:if-match false", &["s3:DeleteObject"], |s, met| {
        let etag = s.store("deleted");
        let delete = s.user.request("DELETE", &s.g.path("deleted"));
        if met { delete.header("if-match", etag) } else { delete }
    })
    .also(GET),
    Row::requests("StringEquals s3:if-none-match *", PUT, |s, met| {
        if met { s.put("unwritten").header("if-none-match", "*") } else { s.put("unwritten") }
    }),
    Row::requests("Bool s3:ObjectCreationOperation true", PUT, |s, met| if met { s.put("new") } else { s.begin() }),
    Row::requests(
        "Bool s3:ObjectCreationOperation true",
        PUT,
        |s, met| {
            if met { s.form().request() } else { s.begin() }
        },
    ),
    Row::requests("Bool s3:ObjectCreationOperation false", PUT, |s, met| if met { s.begin() } else { s.put("new") }),
    Row::requests("StringEquals s3:VersionId {first}", &["s3:GetObjectVersion"], |s, met| {
        let version = pick(met, s.fill("{first}").as_str(), "null").to_owned();
        s.user.request("GET", &format!("{}?versionId={version}", s.g.path("k")))
    }),
    Row::requests("StringLike s3:x-amz-copy-source {bucket}/in/*", PUT, |s, met| s.copy(pick(met, "in/a", "out/a")))
        .also(GET),
    Row::requests("StringEquals s3:x-amz-metadata-directive REPLACE", PUT, |s, met| {
        s.copy("in/a").header("x-amz-metadata-directive", pick(met, "REPLACE", "COPY"))
    })
    .also(GET),
    Row::requests("StringEquals s3:x-amz-storage-class STANDARD_IA", PUT, |s, met| {
        s.put("new").header("x-amz-storage-class", pick(met, "STANDARD_IA", "STANDARD"))
    }),
    Row::requests("StringEquals s3:x-amz-storage-class STANDARD_IA", PUT, |s, met| {
        s.form().field("x-amz-storage-class", pick(met, "STANDARD_IA", "STANDARD")).request()
    }),
    Row::requests("StringEquals s3:x-amz-server-side-encryption AES256", PUT, |s, met| {
        s.put("new").header("x-amz-server-side-encryption", pick(met, "AES256", "aws:kms"))
    })
    .answered(501),
    Row::requests("StringEquals s3:x-amz-server-side-encryption-aws-kms-key-id one", PUT, |s, met| {
        s.put("new").header("x-amz-server-side-encryption-aws-kms-key-id", pick(met, "one", "two"))
    })
    .answered(501),
    Row::requests("StringEquals s3:x-amz-server-side-encryption-customer-algorithm AES256", PUT, |s, met| {
        s.put("new").header("x-amz-server-side-encryption-customer-algorithm", pick(met, "AES256", "none"))
    })
    .answered(501),
    Row::requests("StringEquals s3:LocationConstraint us-east-1", &["s3:CreateBucket"], |s, met| {
        s.make_bucket(pick(met, "us-east-1", ""))
    })
    .own(),
    Row::requests("StringEquals s3:LocationConstraint us-east-1", &["s3:CreateBucket"], |s, met| {
        s.make_bucket(pick(met, "us-east-1", "eu-west-1"))
    })
    .own(),
    Row::requests("StringEquals aws:RequestTag/Team red", TAGGED_BUCKET, |s, met| {
        s.make_tagged_bucket("Team", pick(met, "red", "blue"))
    })
    .own(),
    Row::requests("ForAnyValue:StringEquals aws:TagKeys Team", TAGGED_BUCKET, |s, met| {
        s.make_tagged_bucket(pick(met, "Team", "Crew"), "red")
    })
    .own(),
    Row::requests("StringEquals s3:x-amz-object-ownership BucketOwnerEnforced", &["s3:CreateBucket"], |s, met| {
        s.make_bucket("").header("x-amz-object-ownership", pick(met, "BucketOwnerEnforced", "ObjectWriter"))
    })
    .also(&["s3:PutBucketOwnershipControls"])
    .own(),
];

const PUT_RETAINED: &[&str] = &["s3:PutObject", "s3:PutObjectRetention"];

/// Locks: in headers, and in documents.
const LOCKS: &[Row] = &[
    Row::requests("StringEquals s3:object-lock-mode GOVERNANCE", PUT_RETAINED, |s, met| {
        s.lock(pick(met, "GOVERNANCE", "COMPLIANCE"), FAR)
    }),
    Row::requests("StringEquals s3:object-lock-mode GOVERNANCE", &["s3:PutObjectRetention"], |s, met| {
        s.change("retention", locks::retention(pick(met, "GOVERNANCE", "COMPLIANCE"), FAR))
    }),
    Row::requests("DateLessThan s3:object-lock-retain-until-date 2099-06-01T00:00:00Z", PUT_RETAINED, |s, met| {
        s.lock("GOVERNANCE", pick(met, FAR, "2099-06-02T00:00:00Z"))
    }),
    Row::requests("NumericLessThan s3:object-lock-remaining-retention-days 30000", PUT_RETAINED, |s, met| {
        s.lock("GOVERNANCE", pick(met, FAR, "2199-01-01T00:00:00Z"))
    }),
    Row::requests(
        "NumericLessThan s3:object-lock-remaining-retention-days 30000",
        &["s3:PutObjectRetention"],
        |s, met| s.change("retention", locks::retention("GOVERNANCE", pick(met, FAR, "2199-01-01T00:00:00Z"))),
    ),
    Row::requests("StringEquals s3:object-lock-legal-hold ON", &["s3:PutObject", "s3:PutObjectLegalHold"], |s, met| {
        s.put("held")
            .header("content-md5", crate::ops::md5_base64(b"x"))
            .header("x-amz-object-lock-legal-hold", pick(met, "ON", "OFF"))
    }),
    Row::requests("StringEquals s3:object-lock-legal-hold ON", &["s3:PutObjectLegalHold"], |s, met| {
        s.change("legal-hold", locks::hold(pick(met, "ON", "OFF")))
    }),
];

const PUT_TAGGED: &[&str] = &["s3:PutObject", "s3:PutObjectTagging"];

/// Tags: of the request, in a header, a field or a document; and of the object.
const TAGS: &[Row] = &[
    Row::requests("StringEquals s3:RequestObjectTag/Team red", PUT_TAGGED, |s, met| {
        s.put("new").header("x-amz-tagging", pick(met, "Team=red", "Team=blue"))
    }),
    Row::requests("StringEquals s3:RequestObjectTag/Team red", PUT_TAGGED, |s, met| {
        s.form().field("tagging", &tagging(&[("Team", pick(met, "red", "blue"))])).request()
    }),
    Row::requests("StringEquals s3:RequestObjectTag/Team red", &["s3:PutObjectTagging"], |s, met| {
        s.change("tagging", tagging(&[("Team", pick(met, "red", "blue"))]))
    }),
    Row::requests("ForAnyValue:StringEquals s3:RequestObjectTagKeys Team", PUT_TAGGED, |s, met| {
        s.put("new").header("x-amz-tagging", pick(met, "Team=red&a=b", "a=b"))
    }),
    Row::requests("ForAnyValue:StringEquals s3:RequestObjectTagKeys Team", &["s3:PutObjectTagging"], |s, met| {
        s.change("tagging", tagging(&[(pick(met, "Team", "Crew"), "red")]))
    }),
    Row::requests("StringEquals s3:ExistingObjectTag/Team red", GET, |s, met| s.get(pick(met, "red", "blue"))),
    Row::requests("StringEquals s3:ExistingObjectTag/Team red", GET, |s, met| s.get(pick(met, "red", "in/a"))),
];

const PUT_LISTED: &[&str] = &["s3:PutObject", "s3:PutObjectAcl"];
const BUCKET_ACL: &[&str] = &["s3:PutBucketAcl"];

/// Access control lists.
const LISTS: &[Row] = &[
    Row::requests("StringEquals s3:x-amz-acl bucket-owner-full-control", PUT_LISTED, |s, met| {
        s.put("new").header("x-amz-acl", pick(met, "bucket-owner-full-control", "private"))
    }),
    Row::requests("StringEquals s3:x-amz-acl bucket-owner-full-control", PUT_LISTED, |s, met| {
        s.form().field("acl", pick(met, "bucket-owner-full-control", "private")).request()
    }),
    Row::requests("StringLike s3:x-amz-grant-full-control *{alice}", BUCKET_ACL, |s, met| {
        s.grant("x-amz-grant-full-control", met)
    }),
    Row::requests("StringLike s3:x-amz-grant-read *{alice}", BUCKET_ACL, |s, met| s.grant("x-amz-grant-read", met)),
    Row::requests("StringLike s3:x-amz-grant-read-acp *{alice}", BUCKET_ACL, |s, met| {
        s.grant("x-amz-grant-read-acp", met)
    }),
    Row::requests("StringLike s3:x-amz-grant-write *{alice}", BUCKET_ACL, |s, met| s.grant("x-amz-grant-write", met)),
    Row::requests("StringLike s3:x-amz-grant-write-acp *{alice}", BUCKET_ACL, |s, met| {
        s.grant("x-amz-grant-write-acp", met)
    }),
];

/// What another action's request carries under the same name is nothing to it: nobody opens a door by naming it.
const ELSEWHERE: &[Row] = &[
    Row::requests("StringEquals s3:prefix in/", &["s3:ListBucket", "s3:GetObject"], |s, met| {
        if met { s.list("prefix=in/") } else { with_prefix(s, "GET", "/k") }
    }),
    Row::requests("StringEquals s3:prefix in/", LIST, |s, met| {
        if met { s.list("prefix=in/") } else { with_prefix(s, "HEAD", "") }
    }),
    // Whoever may not list here is not told that there is no such object.
    Row::requests("StringEquals s3:prefix in/", LIST, |s, met| {
        if met { s.list("prefix=in/") } else { with_prefix(s, "GET", "/none") }
    }),
    Row::requests(
        "StringEquals s3:x-amz-acl private",
        &["s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject"],
        |s, met| {
            let acl = |request: Request| request.header("x-amz-acl", "private");
            if met { acl(s.put("new")) } else { acl(s.user.request("DELETE", &s.g.path("new"))) }
        },
    ),
    Row::requests("Null s3:if-match false", &["s3:PutObject", "s3:GetObject"], |s, met| {
        // Nobody has put it, so that there is nothing to read.
        if met { s.put("absent").header("if-match", "*") } else { s.get("k").header("if-match", "*") }
    })
    .answered(404),
    Row::requests("StringEquals s3:VersionId {first}", &["s3:GetObjectVersion", "s3:GetObject"], |s, met| {
        let version = s.fill("{first}");
        let target = s.g.path("k");
        match met {
            true => s.user.request("GET", &format!("{target}?versionId={version}")),
            false => s.user.request("GET", &format!("{target}?versionid={version}")),
        }
    }),
];

fn with_prefix(s: &Scene, method: &str, key: &str) -> Request {
    s.user.request(method, &format!("{}{key}?prefix=in/", s.g.root()))
}
