"""boto3 with the `s3` (V2) and `s3v4` signers, default checksums on."""
import datetime, hashlib, json, os
from boto3_strict import connect, no_surprises
from common import *

suite = Suite()
A, B = bucket("a"), bucket("b")


s3 = connect()


def read(key, name=A, **more):
    return s3.get_object(Bucket=name, Key=key, **more)["Body"].read()


@suite.part
def buckets():
    for name in (A, B):
        s3.create_bucket(Bucket=name)
    names = [b["Name"] for b in s3.list_buckets()["Buckets"]]
    suite.check("list_buckets", A in names and B in names, names)
    suite.equal("location", s3.get_bucket_location(Bucket=A)["LocationConstraint"], None)
    suite.equal("head_bucket", s3.head_bucket(Bucket=A)["ResponseMetadata"]["HTTPStatusCode"], 200)
    suite.refused("head of none", "404", s3.head_bucket, Bucket=bucket("none"))
    suite.refused("listing of none", "NoSuchBucket", s3.list_objects_v2, Bucket=bucket("none"))
    suite.refused("another region", "InvalidLocationConstraint", s3.create_bucket, Bucket=bucket("eu"),
                  CreateBucketConfiguration={"LocationConstraint": "mars-north-1"})


@suite.part
def objects():
    data = os.urandom(300_000)
    put = s3.put_object(Bucket=A, Key="one", Body=data, Metadata={"foo": "bar"}, ContentType="x/y", CacheControl="no-cache",
                        ContentDisposition="inline", ContentLanguage="de", Expires="Wed, 21 Oct 2037 07:28:00 GMT")
    suite.equal("ETag", put["ETag"], f'"{hashlib.md5(data).hexdigest()}"')
    got = s3.get_object(Bucket=A, Key="one", ChecksumMode="ENABLED")
    suite.equal("bytes", hashlib.sha256(got["Body"].read()).hexdigest(), hashlib.sha256(data).hexdigest())
    suite.equal("headers", (got["Metadata"], got["ContentType"], got["CacheControl"], got["ContentDisposition"],
                            got["ContentLanguage"]), ({"foo": "bar"}, "x/y", "no-cache", "inline", "de"))
    suite.check("default checksum is kept", got.get("ChecksumCRC32") or got.get("ChecksumCRC64NVME"), got.keys())
    suite.equal("range", read("one", Range="bytes=5-14"), data[5:15])
    suite.equal("open range", read("one", Range="bytes=299990-"), data[-10:])
    suite.refused("range past the end", "InvalidRange", read, "one", Range="bytes=300000-300001")
    suite.refused("If-Match", "PreconditionFailed", read, "one", IfMatch='"no"')
    suite.refused("If-None-Match", "304", read, "one", IfNoneMatch=put["ETag"])
    suite.refused("If-Modified-Since", "304", read, "one", IfModifiedSince=got["LastModified"])
    suite.equal("overrides", s3.get_object(Bucket=A, Key="one", ResponseContentType="a/b", ResponseCacheControl="x")["ContentType"], "a/b")
    suite.refused("conditional create", "PreconditionFailed", s3.put_object, Bucket=A, Key="one", Body=b"", IfNoneMatch="*")
    s3.put_object(Bucket=A, Key="one", Body=b"new", IfMatch=put["ETag"])
    suite.equal("conditional replace", read("one"), b"new")
    suite.refused("missing", "NoSuchKey", read, "missing")
    suite.refused("head of a missing key", "404", s3.head_object, Bucket=A, Key="missing")
    s3.put_object(Bucket=A, Key="empty", Body=b"")
    suite.equal("empty", read("empty"), b"")
    s3.put_object(Bucket=A, Key="sha", Body=data, ChecksumAlgorithm="SHA256")
    suite.check("SHA256 comes back", s3.head_object(Bucket=A, Key="sha", ChecksumMode="ENABLED").get("ChecksumSHA256"))
    suite.refused("wrong MD5", "BadDigest", s3.put_object, Bucket=A, Key="bad", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    suite.refused("wrong checksum", "BadDigest", s3.put_object, Bucket=A, Key="bad", Body=b"x", ChecksumCRC32="AAAAAA==")
    suite.refused("nothing of it is visible", "404", s3.head_object, Bucket=A, Key="bad")
    suite.refused("long key", "KeyTooLongError", s3.put_object, Bucket=A, Key="k" * 1025, Body=b"")


@suite.part
def listing():
    keys = [f"l/{i // 10}/{i:03}" for i in range(45)] + ["l/top"]
    for key in keys:
        s3.put_object(Bucket=B, Key=key, Body=b"x")
    for operation in ("list_objects", "list_objects_v2"):
        pages = list(s3.get_paginator(operation).paginate(Bucket=B, PaginationConfig={"PageSize": 7}))
        suite.equal(f"{operation}: pages", [c["Key"] for p in pages for c in p["Contents"]], keys)
        suite.equal(f"{operation}: page sizes", [len(p["Contents"]) for p in pages], [7] * 6 + [4])
        pages = list(s3.get_paginator(operation).paginate(Bucket=B, Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": 2}))
        found = [c["Prefix"] for p in pages for c in p.get("CommonPrefixes", [])]
        suite.equal(f"{operation}: prefixes", found, [f"l/{i}/" for i in range(5)])
        suite.equal(f"{operation}: keys beside them", [c["Key"] for p in pages for c in p.get("Contents", [])], ["l/top"])
    suite.equal("StartAfter", s3.list_objects_v2(Bucket=B, StartAfter="l/4/044")["Contents"][0]["Key"], "l/top")
    page = s3.list_objects_v2(Bucket=B, MaxKeys=0)
    suite.equal("MaxKeys 0", (page["KeyCount"], page["IsTruncated"]), (0, False))
    suite.refused("MaxKeys -1", "InvalidArgument", s3.list_objects_v2, Bucket=B, MaxKeys=-1)
    suite.check("owner on request", "Owner" in s3.list_objects_v2(Bucket=B, FetchOwner=True)["Contents"][0])
    done = s3.delete_objects(Bucket=B, Delete={"Objects": [{"Key": k} for k in keys]})
    suite.equal("delete_objects", (len(done["Deleted"]), done.get("Errors")), (len(keys), None))
    done = s3.delete_objects(Bucket=B, Delete={"Objects": [{"Key": "x"}], "Quiet": True})
    suite.equal("quiet", done.get("Deleted"), None)
    suite.equal("empty", s3.list_objects_v2(Bucket=B)["KeyCount"], 0)


@suite.part
def strange_keys():
    # A leading newline-only path is still one key; botocore asks for encoding-type=url in every listing.
    keys = STRANGE + CONTROL
    for index, key in enumerate(keys):
        s3.put_object(Bucket=B, Key=key, Body=str(index).encode())
    for index, key in enumerate(keys):
        suite.equal(f"key {key[:40]!r}", read(key, B), str(index).encode())
    for operation in (s3.list_objects, s3.list_objects_v2):
        suite.equal("listing", sorted(c["Key"] for c in operation(Bucket=B)["Contents"]), sorted(keys))
    page = s3.list_objects_v2(Bucket=B, Prefix="a/", Delimiter="/")
    suite.equal("dots are names", [c["Prefix"] for c in page["CommonPrefixes"]], ["a/../", "a/./"])
    s3.copy_object(Bucket=B, Key="copied", CopySource={"Bucket": B, "Key": "percent%41%2F%zz%"})
    suite.equal("copy source with %", read("copied", B), str(keys.index("percent%41%2F%zz%")).encode())
    plain = [k for k in keys + ["copied"] if k not in CONTROL]
    done = s3.delete_objects(Bucket=B, Delete={"Objects": [{"Key": k} for k in plain]})
    suite.equal("delete_objects", (len(done["Deleted"]), done.get("Errors")), (len(plain), None))
    for key in CONTROL:
        s3.delete_object(Bucket=B, Key=key)
    suite.equal("nothing left", s3.list_objects_v2(Bucket=B)["KeyCount"], 0)


@suite.part
def presigned():
    data = os.urandom(9000)
    s3.put_object(Bucket=A, Key="sig ned+/ü", Body=data)
    url = s3.generate_presigned_url("get_object", {"Bucket": A, "Key": "sig ned+/ü"}, 600)
    suite.equal("GET", fetch(url)[::2], (200, data))
    suite.check("GET tampered", fetch(url.replace("%20ned", "%20nod"))[0] == 403)
    url = s3.generate_presigned_url("get_object", {"Bucket": A, "Key": "sig ned+/ü", "ResponseContentType": "a/b"}, 600)
    suite.equal("GET with an override", fetch(url)[1]["content-type"], "a/b")
    url = s3.generate_presigned_url("put_object", {"Bucket": A, "Key": "put", "ContentType": "x/z"}, 600)
    suite.equal("PUT", fetch(url, "PUT", data, {"Content-Type": "x/z"})[0], 200)
    suite.equal("PUT: bytes", read("put"), data)
    url = s3.generate_presigned_url("put_object", {"Bucket": A, "Key": "meta", "Metadata": {"a": "b"}}, 600)
    status, _, body = fetch(url, "PUT", b"1", {"x-amz-meta-a": "b"} if AUTH == "v4" else {})
    suite.equal("PUT with metadata", (status, body), (200, b""))
    suite.equal("metadata from the query or header", s3.head_object(Bucket=A, Key="meta")["Metadata"], {"a": "b"})
    url = s3.generate_presigned_url("delete_object", {"Bucket": A, "Key": "put"}, 600)
    suite.equal("DELETE", fetch(url, "DELETE")[0], 204)
    suite.equal("DELETE again", fetch(url, "DELETE")[0], 204)


@suite.part
def forms():
    data = os.urandom(90_000)
    form = s3.generate_presigned_post(A, "form/${filename}")
    status, headers, body = post_form(form["url"], form["fields"], "ü +.bin", data)
    suite.equal("generate_presigned_post", (status, headers["ETag"], body), (204, f'"{hashlib.md5(data).hexdigest()}"', b""))
    suite.equal("bytes", read("form/ü +.bin"), data)
    more = {"acl": "private", "Content-Type": "x/form", "x-amz-meta-a": "b", "success_action_status": "201"}
    form = s3.generate_presigned_post(A, "form", more, [{n: v} for n, v in more.items()] + [["content-length-range", 1, 9]])
    status, headers, body = post_form(form["url"], form["fields"], "f", b"12345678")
    suite.check("201", status == 201 and b"<PostResponse><Location>" in body and b"<Key>form</Key>" in body, (status, body))
    head = s3.head_object(Bucket=A, Key="form")
    suite.equal("fields", (head["ContentType"], head["Metadata"]), ("x/form", {"a": "b"}))
    for label, fields, content, wanted in (
        ("too large", form["fields"], b"1234567890", (400, b"EntityTooLarge")),
        ("too small", form["fields"], b"", (400, b"EntityTooSmall")),
        ("another key", {**form["fields"], "key": "other"}, b"1", (403, b"Policy Condition failed")),
        ("a field more", {**form["fields"], "x-amz-meta-c": "d"}, b"1", (403, b"Extra input fields: x-amz-meta-c")),
        ("another policy", {**form["fields"], "policy": "e30="}, b"1", (403, b"SignatureDoesNotMatch")),
    ):
        status, _, body = post_form(form["url"], fields, "f", content)
        suite.check(label, status == wanted[0] and wanted[1] in body, (status, body))
    form = s3.generate_presigned_post(A, "late", ExpiresIn=-10)
    status, _, body = post_form(form["url"], form["fields"], "f", b"1")
    suite.check("expired", status == 403 and b"Policy expired" in body, (status, body))
    suite.equal("nothing of it is there", s3.list_objects_v2(Bucket=A, Prefix="late")["KeyCount"], 0)


@suite.part
def copies():
    s3.put_object(Bucket=A, Key="source ü+", Body=b"copied", Metadata={"c": "blue"}, ContentType="x/c")
    done = s3.copy_object(Bucket=B, Key="target", CopySource={"Bucket": A, "Key": "source ü+"})
    suite.check("CopyObjectResult", done["CopyObjectResult"]["ETag"], done)
    head = s3.head_object(Bucket=B, Key="target")
    suite.equal("metadata goes along", (head["Metadata"], head["ContentType"]), ({"c": "blue"}, "x/c"))
    s3.copy_object(Bucket=B, Key="target", CopySource={"Bucket": B, "Key": "target"}, MetadataDirective="REPLACE", Metadata={"c": "red"})
    suite.equal("onto itself", (s3.head_object(Bucket=B, Key="target")["Metadata"], read("target", B)), ({"c": "red"}, b"copied"))
    suite.refused("onto itself, unchanged", "InvalidRequest", s3.copy_object, Bucket=B, Key="target", CopySource={"Bucket": B, "Key": "target"})
    suite.refused("condition on the source", "PreconditionFailed", s3.copy_object, Bucket=B, Key="x",
                  CopySource={"Bucket": A, "Key": "source ü+"}, CopySourceIfMatch='"no"')
    suite.refused("missing source", "NoSuchKey", s3.copy_object, Bucket=B, Key="x", CopySource={"Bucket": A, "Key": "none"})
    s3.delete_object(Bucket=B, Key="target")


@suite.part
def transfer():
    big = random_file("big", BIG_MIB * MIB)
    s3.upload_file(big, A, "big", ExtraArgs={"Metadata": {"big": "yes"}})
    s3.download_file(A, "big", path("big.back"))
    suite.same_bytes("upload_file and download_file", path("big.back"), big)
    head = s3.head_object(Bucket=A, Key="big")
    suite.equal("size and metadata", (head["ContentLength"], head["Metadata"]), (BIG_MIB * MIB, {"big": "yes"}))
    suite.check("ETag of parts", "-" in head["ETag"], head["ETag"])
    s3.copy({"Bucket": A, "Key": "big"}, B, "big copy")
    s3.download_file(B, "big copy", path("big.back"))
    suite.same_bytes("managed copy", path("big.back"), big)
    data = open(big, "rb")
    data.seek(8 * MIB - 10)
    suite.equal("range over a part's edge", read("big", Range=f"bytes={8 * MIB - 10}-{8 * MIB + 9}"), data.read(20))
    s3.delete_object(Bucket=B, Key="big copy")


@suite.part
def parts():
    key, body = "parts ü+", os.urandom(5 * MIB)
    upload = s3.create_multipart_upload(Bucket=A, Key=key, ContentType="p/q")["UploadId"]
    ids = {"Bucket": A, "Key": key, "UploadId": upload}
    one = s3.upload_part(PartNumber=1, Body=body, **ids)["ETag"]
    two = s3.upload_part(PartNumber=2, Body=b"old", **ids)["ETag"]
    two = s3.upload_part(PartNumber=2, Body=b"tail", **ids)["ETag"]
    source = {"Bucket": A, "Key": "big"}
    three = s3.upload_part_copy(PartNumber=3, CopySource=source, CopySourceRange="bytes=0-9", **ids)["CopyPartResult"]["ETag"]
    suite.equal("list_parts", [(p["PartNumber"], p["Size"], p["ETag"]) for p in s3.list_parts(**ids)["Parts"]],
                [(1, 5 * MIB, one), (2, 4, two), (3, 10, three)])
    page = s3.list_parts(MaxParts=1, PartNumberMarker=1, **ids)
    suite.equal("list_parts, paged", ([p["PartNumber"] for p in page["Parts"]], page["IsTruncated"]), ([2], True))
    uploads = s3.list_multipart_uploads(Bucket=A)["Uploads"]
    suite.equal("list_multipart_uploads", [(u["Key"], u["UploadId"]) for u in uploads], [(key, upload)])
    suite.refused("part 10001", "InvalidArgument", s3.upload_part, PartNumber=10001, Body=b"", **ids)

    def complete(*parts):
        listed = [{"PartNumber": n, "ETag": e} for n, e in parts]
        return s3.complete_multipart_upload(MultipartUpload={"Parts": listed}, **ids)

    suite.refused("small part in the middle", "EntityTooSmall", complete, (1, one), (2, two), (3, three))
    suite.refused("wrong ETag", "InvalidPart", complete, (1, two))
    suite.refused("wrong order", "InvalidPartOrder", complete, (2, two), (1, one))
    done = complete((1, one), (2, two))
    suite.equal("completing twice", complete((1, one), (2, two))["ETag"], done["ETag"])
    suite.equal("bytes", hashlib.sha256(read(key)).hexdigest(), hashlib.sha256(body + b"tail").hexdigest())
    suite.equal("type", s3.head_object(Bucket=A, Key=key)["ContentType"], "p/q")
    second = s3.create_multipart_upload(Bucket=A, Key=key)["UploadId"]
    s3.abort_multipart_upload(Bucket=A, Key=key, UploadId=second)
    suite.refused("after abort", "NoSuchUpload", s3.upload_part, Bucket=A, Key=key, UploadId=second, PartNumber=1, Body=b"")
    suite.equal("no upload left", s3.list_multipart_uploads(Bucket=A).get("Uploads"), None)


@suite.part
def locks():
    name, far = bucket("lock"), datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc)
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    suite.equal("versioning comes with it", s3.get_bucket_versioning(Bucket=name)["Status"], "Enabled")
    conf = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=conf)
    suite.equal("configuration", s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"], conf)
    ids = {"Bucket": name, "Key": "k"}
    ids["VersionId"] = s3.put_object(Body=b"x", **ids)["VersionId"]
    suite.equal("default rule", s3.head_object(**ids)["ObjectLockMode"], "GOVERNANCE")
    suite.refused("locked", "AccessDenied", s3.delete_object, **ids)
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": far}
    s3.put_object_retention(Retention=longer, **ids)
    suite.equal("retention", s3.get_object_retention(**ids)["Retention"], longer)
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": far - datetime.timedelta(days=1)}
    suite.refused("shortening", "AccessDenied", s3.put_object_retention, Retention=shorter, **ids)
    s3.put_object_retention(Retention=shorter, BypassGovernanceRetention=True, **ids)
    s3.put_object_legal_hold(LegalHold={"Status": "ON"}, **ids)
    suite.equal("legal hold", s3.get_object_legal_hold(**ids)["LegalHold"], {"Status": "ON"})
    suite.refused("held", "AccessDenied", s3.delete_object, BypassGovernanceRetention=True, **ids)
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **ids)
    done = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "VersionId": ids["VersionId"]}]})
    suite.equal("bulk delete", [e["Code"] for e in done["Errors"]], ["AccessDenied"])
    s3.delete_object(BypassGovernanceRetention=True, **ids)
    put = s3.put_object(Bucket=name, Key="k", Body=b"y", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=far,
                        ObjectLockLegalHoldStatus="OFF")
    head = s3.head_object(Bucket=name, Key="k")
    suite.equal("with the object", (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"], head["ObjectLockLegalHoldStatus"]),
                ("GOVERNANCE", far, "OFF"))
    upload = s3.create_multipart_upload(Bucket=name, Key="m", ObjectLockLegalHoldStatus="ON")["UploadId"]
    etag = s3.upload_part(Bucket=name, Key="m", UploadId=upload, PartNumber=1, Body=b"z")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    whole = s3.complete_multipart_upload(Bucket=name, Key="m", UploadId=upload, MultipartUpload=parts)["VersionId"]
    suite.equal("of an upload", s3.head_object(Bucket=name, Key="m")["ObjectLockLegalHoldStatus"], "ON")
    s3.put_object_legal_hold(Bucket=name, Key="m", LegalHold={"Status": "OFF"})
    gone = [{"Key": "k", "VersionId": put["VersionId"]}, {"Key": "m", "VersionId": whole}]
    done = s3.delete_objects(Bucket=name, Delete={"Objects": gone}, BypassGovernanceRetention=True)
    suite.equal("bulk delete with bypass", (len(done["Deleted"]), done.get("Errors")), (2, None))
    s3.delete_bucket(Bucket=name)


@suite.part
def lifecycle():
    def put(*rules):
        return s3.put_bucket_lifecycle_configuration(Bucket=B, LifecycleConfiguration={"Rules": list(rules)})

    def kept():
        return s3.get_bucket_lifecycle_configuration(Bucket=B)["Rules"]

    suite.refused("no rules yet", "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=B)
    older = [{"ID": f"test{n}/", "Prefix": f"test{n}/", "Status": status, "Expiration": {"Days": 30 + n}}
             for n, status in ((1, "Enabled"), (2, "Disabled"))]
    put(*older)
    suite.equal("the older form", kept(), older)
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b ü", "Value": ""}]
    rules = [
        {"ID": "all", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 400}},
        {"ID": "tag", "Filter": {"Tag": tags[0]}, "Status": "Enabled", "Expiration": {"Days": 300}},
        {"ID": "and", "Filter": {"And": {"Prefix": "p/", "Tags": tags, "ObjectSizeGreaterThan": 5, "ObjectSizeLessThan": 9}},
         "Status": "Enabled", "Expiration": {"Days": 200}},
        {"ID": "markers", "Filter": {"Prefix": "m/"}, "Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": True},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 4}},
        {"ID": "uploads", "Filter": {"Prefix": "u/"}, "Status": "Enabled",
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ]
    put(*rules)
    suite.equal("every filter and action", kept(), rules)
    done = s3.put_object(Bucket=B, Key="x", Body=b"")
    suite.check("x-amz-expiration", 'rule-id="all"' in done.get("Expiration", ""), done)
    suite.equal("of a HEAD", s3.head_object(Bucket=B, Key="x")["Expiration"], done["Expiration"])
    s3.delete_object(Bucket=B, Key="x")
    upload = s3.create_multipart_upload(Bucket=B, Key="u/x")
    suite.check("abort date", (upload["AbortRuleId"], upload["AbortDate"].hour) == ("uploads", 0), upload)
    s3.abort_multipart_upload(Bucket=B, Key="u/x", UploadId=upload["UploadId"])
    put({"Filter": {"Prefix": "d/"}, "Status": "Enabled", "Expiration": {"Date": "2040-01-01"}})
    suite.equal("a date", kept()[0]["Expiration"]["Date"].isoformat(), "2040-01-01T00:00:00+00:00")
    suite.check("an id", len(kept()[0]["ID"]) > 8, kept())
    rule = {"Filter": {"Prefix": ""}, "Status": "Enabled"}
    suite.refused("no days", "InvalidArgument", put, {**rule, "Expiration": {"Days": 0}})
    suite.refused("no action", "InvalidRequest", put, rule)
    suite.refused("status", "MalformedXML", put, {**rule, "Status": "enabled", "Expiration": {"Days": 1}})
    suite.refused("transition", "NotImplemented", put, {**rule, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]})
    s3.delete_bucket_lifecycle(Bucket=B)
    suite.refused("deleted", "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=B)


@suite.part
def lists():
    other = connect(secret=OTHER_SECRET, access=OTHER_ACCESS)
    ids = [client.list_buckets()["Owner"]["ID"] for client in (s3, other)]
    told = lambda answer: [(g["Grantee"].get("URI", g["Grantee"].get("DisplayName")), g["Permission"]) for g in answer["Grants"]]
    everybody, owner = "http://acs.amazonaws.com/groups/global/AllUsers", ("clients", "FULL_CONTROL")
    s3.put_object(Bucket=A, Key="listed", Body=b"x", ACL="public-read")
    acl = lambda: told(s3.get_object_acl(Bucket=A, Key="listed"))
    suite.equal("put with a list", acl(), [(everybody, "READ"), owner])
    s3.put_object_acl(Bucket=A, Key="listed", ACL="private")
    suite.refused("private", "AccessDenied", other.get_object, Bucket=A, Key="listed")
    s3.put_object_acl(Bucket=A, Key="listed", GrantRead=f'id="{ids[1]}"', GrantFullControl=f"id={ids[0]}")
    suite.equal("grants", acl(), [("others", "READ"), owner])
    suite.equal("read by the grantee", other.get_object(Bucket=A, Key="listed")["Body"].read(), b"x")
    policy = s3.get_object_acl(Bucket=A, Key="listed")
    policy = {"Owner": policy["Owner"], "Grants": [{"Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "no@example.invalid"},
                                                    "Permission": "READ"}]}
    suite.refused("an unknown address", "UnresolvableGrantByEmailAddress", s3.put_object_acl, Bucket=A, Key="listed", AccessControlPolicy=policy)
    s3.copy_object(Bucket=A, Key="listed copy", CopySource={"Bucket": A, "Key": "listed"})
    suite.equal("a copy is private", told(s3.get_object_acl(Bucket=A, Key="listed copy")), [owner])
    s3.put_bucket_acl(Bucket=A, ACL="public-read-write")
    suite.equal("a bucket's", told(s3.get_bucket_acl(Bucket=A)), [(everybody, "READ"), (everybody, "WRITE"), owner])
    other.put_object(Bucket=A, Key="theirs", Body=b"y")
    suite.refused("whoever writes is alone with it", "AccessDenied", s3.get_object, Bucket=A, Key="theirs")
    page = s3.list_objects_v2(Bucket=A, Prefix="theirs", FetchOwner=True)["Contents"]
    suite.equal("and owns it", [entry["Owner"]["ID"] for entry in page], [ids[1]])
    other.put_object(Bucket=A, Key="theirs", Body=b"y", ACL="bucket-owner-full-control")
    suite.equal("unless it lets the bucket's owner", s3.get_object(Bucket=A, Key="theirs")["Body"].read(), b"y")
    s3.delete_object(Bucket=A, Key="theirs")
    s3.put_bucket_acl(Bucket=A, ACL="private")


@suite.part
def ownership():
    name = bucket("owned")
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    read = lambda: s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    suite.equal("create_bucket", read(), [{"ObjectOwnership": "BucketOwnerEnforced"}])
    suite.refused("lists", "AccessControlListNotSupported", s3.put_object, Bucket=name, Key="x", Body=b"", ACL="public-read")
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    suite.equal("put", read(), [{"ObjectOwnership": "ObjectWriter"}])
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    suite.refused("a bucket with a list", "InvalidBucketAclWithObjectOwnership", s3.put_bucket_ownership_controls, Bucket=name,
                  OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    s3.delete_bucket_ownership_controls(Bucket=name)
    suite.refused("deleted", "OwnershipControlsNotFoundError", read)
    switches = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=switches)
    suite.equal("switches", s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"], switches)
    suite.refused("a public list", "AccessDenied", s3.put_bucket_acl, Bucket=name, ACL="public-read")
    suite.equal("a public list is ignored", fetch(f"http://{HOST}:{PORT}/{name}")[0], 403)
    s3.delete_public_access_block(Bucket=name)
    suite.equal("and counts again", fetch(f"http://{HOST}:{PORT}/{name}")[0], 200)
    suite.refused("no switches", "NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=name)
    s3.delete_bucket(Bucket=name)


@suite.part
def policies():
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{A}/open/*"}]})
    suite.refused("no policy", "NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=A)
    s3.put_object(Bucket=A, Key="open/x", Body=b"x")
    s3.put_bucket_policy(Bucket=A, Policy=text)
    suite.equal("get_bucket_policy", s3.get_bucket_policy(Bucket=A)["Policy"], text)
    suite.equal("public", s3.get_bucket_policy_status(Bucket=A)["PolicyStatus"]["IsPublic"], True)
    suite.equal("read by anybody", fetch(f"http://{HOST}:{PORT}/{A}/open/x")[2], b"x")
    suite.refused("of another bucket", "MalformedPolicy", s3.put_bucket_policy, Bucket=A, Policy=text.replace(A, B))
    s3.delete_bucket_policy(Bucket=A)
    suite.equal("read by nobody", fetch(f"http://{HOST}:{PORT}/{A}/open/x")[0], 403)


@suite.part
def refusals():
    suite.refused("wrong secret", "SignatureDoesNotMatch", connect(secret="wrong").list_buckets)
    suite.refused("unknown key", "InvalidAccessKeyId", connect(access="NOBODYKNOWSTHIS").list_buckets)
    suite.refused("bad name", "InvalidBucketName", s3.create_bucket, Bucket="Under_Score") if STYLE == "path" else None
    suite.refused("full bucket", "BucketNotEmpty", s3.delete_bucket, Bucket=A)
    grants = s3.get_object_acl(Bucket=A, Key="one")
    suite.equal("acl", [(g["Permission"], g["Grantee"]["ID"] == grants["Owner"]["ID"]) for g in grants["Grants"]], [("FULL_CONTROL", True)])
    suite.refused("torrent", "NotImplemented", s3.get_object_torrent, Bucket=A, Key="one")


@suite.part
def away():
    for name in (A, B):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for entry in page.get("Contents", []):
                s3.delete_object(Bucket=name, Key=entry["Key"])
        s3.delete_bucket(Bucket=name)
    suite.refused("gone", "404", s3.head_bucket, Bucket=A)


@suite.part
def answers():
    no_surprises(suite)


suite.finish()
