"""minio-py: its objects, versions, locks, tags, lifecycle, composed objects and forms."""
import base64, datetime, hashlib, io
from minio import Minio
from minio.commonconfig import ENABLED, GOVERNANCE, REPLACE, AndOperator, ComposeSource, CopySource, Filter, Tags
from minio.deleteobjects import DeleteObject
from minio.datatypes import PostPolicy
from minio.error import S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, Expiration, LifecycleConfig, NoncurrentVersionExpiration, Rule
from minio.objectlockconfig import DAYS, ObjectLockConfig
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig
from common import *

suite = Suite()
A, B, LOCKED = bucket("a"), bucket("b"), bucket("locked")
FAR = datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc)
# A region that is given is not asked for with ?location.
client = Minio(f"{DOMAIN}:{PORT}", ACCESS, SECRET, secure=False, region=None if STYLE == "path" else "us-east-1")
client.enable_virtual_style_endpoint() if STYLE == "vhost" else client.disable_virtual_style_endpoint()


def refused(label, code, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except S3Error as error:
        suite.equal(label, error.code, code)
    else:
        suite.check(label, False, f"accepted, wanted {code}")


def read(key, name=A, **more):
    answer = client.get_object(name, key, **more)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def put(key, body, name=A, **more):
    return client.put_object(name, key, io.BytesIO(body), len(body), **more)


def digest(body):
    """What a PUT under lock needs; by itself it sends an MD5, and only over TLS."""
    return {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode()}


def tags(for_object=True, **pairs):
    made = Tags(for_object)
    made.update(pairs)
    return made


@suite.part
def buckets():
    for name in (A, B):
        client.make_bucket(name)
    client.make_bucket(LOCKED, object_lock=True)
    suite.check("list_buckets", {A, B, LOCKED} <= {b.name for b in client.list_buckets()})
    suite.equal("bucket_exists", (client.bucket_exists(A), client.bucket_exists(bucket("none"))), (True, False))
    refused("listing of none", "NoSuchBucket", lambda: list(client.list_objects(bucket("none"))))


@suite.part
def objects():
    file = random_file("file", 300_000)
    done = client.fput_object(A, "file", file, content_type="x/y", metadata={"foo": "bar"}, tags=tags(a="1"))
    suite.equal("ETag", done.etag, md5(file))
    client.fget_object(A, "file", path("file.back"))
    suite.same_bytes("fput_object and fget_object", path("file.back"), file)
    found = client.stat_object(A, "file")
    suite.equal("stat_object", (found.size, found.content_type, found.etag), (300_000, "x/y", md5(file)))
    suite.equal("tags", dict(client.get_object_tags(A, "file")), {"a": "1"})
    with open(file, "rb") as source:
        suite.equal("a range", read("file", offset=100, length=50), source.read()[100:150])
    big = random_file("big", BIG_MIB * MIB)
    with open(big, "rb") as source:
        done = client.put_object(A, "big", source, -1, part_size=8 * MIB)
    suite.check("parts of a stream", done.etag.endswith(f"-{-(-BIG_MIB // 8)}"), done.etag)
    client.fget_object(A, "big", path("big.back"))
    suite.same_bytes("a stream in parts", path("big.back"), big)
    refused("a missing key", "NoSuchKey", read, "none")
    refused("its stat", "NoSuchKey", client.stat_object, A, "none")
    for index, key in enumerate(k for k in STRANGE if not {".", ".."} & set(k.split("/"))):
        put(key, str(index).encode(), B)
        suite.equal(f"key {key[:40]!r}", read(key, B), str(index).encode())
    keys = sorted(k for k in STRANGE if not {".", ".."} & set(k.split("/")))
    for v1 in (False, True):
        suite.equal("list_objects", sorted(o.object_name for o in client.list_objects(B, recursive=True, use_api_v1=v1)), keys)
    suite.equal("prefixes", {o.object_name for o in client.list_objects(B, prefix="d")}, {"double/"})
    errors = list(client.remove_objects(B, [DeleteObject(k) for k in keys]))
    suite.equal("remove_objects", (errors, list(client.list_objects(B, recursive=True))), ([], []))


@suite.part
def copies():
    done = client.copy_object(B, "copy ü", CopySource(A, "file"))
    suite.equal("copy_object", done.etag, md5(path("file")))
    client.copy_object(B, "copy ü", CopySource(A, "file"), metadata={"c": "red"}, metadata_directive=REPLACE, tags=tags(b="2"), tagging_directive=REPLACE)
    suite.equal("replaced", (client.stat_object(B, "copy ü").metadata["x-amz-meta-c"], dict(client.get_object_tags(B, "copy ü"))), ("red", {"b": "2"}))
    client.compose_object(B, "composed", [ComposeSource(A, "big", offset=0, length=6 * MIB), ComposeSource(A, "big", offset=6 * MIB),
                                          ComposeSource(A, "file")])
    client.fget_object(B, "composed", path("composed"))
    with open(path("big"), "rb") as one, open(path("file"), "rb") as two, open(path("wanted"), "wb") as out:
        out.write(one.read() + two.read())
    suite.same_bytes("compose_object", path("composed"), path("wanted"))
    refused("a condition on the source", "PreconditionFailed", client.copy_object, B, "x", CopySource(A, "file", match_etag="no"))


@suite.part
def versions():
    suite.equal("off", client.get_bucket_versioning(A).status_string, "Off")
    client.set_bucket_versioning(A, VersioningConfig(ENABLED))
    suite.equal("enabled", client.get_bucket_versioning(A).status, ENABLED)
    ids = [put("v", body).version_id for body in (b"one", b"two", b"three")]
    suite.equal("each is there", [read("v", version_id=i) for i in ids], [b"one", b"two", b"three"])
    suite.equal("stat of one", client.stat_object(A, "v", version_id=ids[1]).size, 3)
    copied = client.copy_object(A, "v copy", CopySource(A, "v", version_id=ids[0]))
    suite.equal("copy of one", (read("v copy"), bool(copied.version_id)), (b"one", True))
    client.remove_object(A, "v")
    refused("a marker", "NoSuchKey", read, "v")
    listed = [o for o in client.list_objects(A, prefix="v", include_version=True) if o.object_name == "v"]
    suite.equal("listed", sorted((o.version_id in ids, o.is_delete_marker, o.is_latest) for o in listed),
                [(False, True, "true")] + [(True, False, "false")] * 3)
    errors = list(client.remove_objects(A, [DeleteObject("v", o.version_id) for o in listed if o.version_id != ids[0]]))
    suite.equal("versions removed", (errors, read("v")), ([], b"one"))
    client.set_object_tags(A, "v", tags(x="y"), version_id=ids[0])
    suite.equal("tags of a version", dict(client.get_object_tags(A, "v", version_id=ids[0])), {"x": "y"})
    client.delete_object_tags(A, "v", version_id=ids[0])
    suite.equal("no tags", client.get_object_tags(A, "v"), None)
    client.set_bucket_versioning(A, VersioningConfig(SUSPENDED))
    put("v", b"null")
    suite.equal("a null version", read("v", version_id="null"), b"null")


@suite.part
def locks():
    refused("no configuration", "ObjectLockConfigurationNotFoundError", client.get_object_lock_config, B)
    client.set_object_lock_config(LOCKED, ObjectLockConfig(GOVERNANCE, 3, DAYS))
    kept = client.get_object_lock_config(LOCKED)
    suite.equal("configuration", (kept.mode, kept.duration, kept.duration_unit), (GOVERNANCE, 3, DAYS))
    refused("a lock without a digest", "InvalidRequest", put, "k", b"1", LOCKED)
    first = put("k", b"1", LOCKED, metadata=digest(b"1")).version_id
    suite.equal("default rule", client.get_object_retention(LOCKED, "k").mode, GOVERNANCE)
    client.delete_object_lock_config(LOCKED)
    suite.equal("no rule", client.get_object_lock_config(LOCKED).mode, None)
    second = put("k", b"2", LOCKED, metadata=digest(b"2"), retention=Retention(GOVERNANCE, FAR), legal_hold=True).version_id
    suite.equal("with the object", (client.get_object_retention(LOCKED, "k").retain_until_date, client.is_object_legal_hold_enabled(LOCKED, "k")),
                (FAR, True))
    client.disable_object_legal_hold(LOCKED, "k", version_id=second)
    suite.equal("hold lifted", client.is_object_legal_hold_enabled(LOCKED, "k"), False)
    client.set_object_retention(LOCKED, "k", Retention(GOVERNANCE, FAR), version_id=first)
    refused("locked", "AccessDenied", client.remove_object, LOCKED, "k", version_id=first)
    client.enable_object_legal_hold(LOCKED, "k", version_id=first)
    gone = [DeleteObject("k", first), DeleteObject("k", second)]
    errors = list(client.remove_objects(LOCKED, gone, bypass_governance_mode=True))
    suite.equal("held", [(e.code, e.version_id) for e in errors], [("AccessDenied", first)])
    client.disable_object_legal_hold(LOCKED, "k", version_id=first)
    suite.equal("bypassed", list(client.remove_objects(LOCKED, gone, bypass_governance_mode=True)), [])


@suite.part
def configurations():
    suite.equal("no tags", client.get_bucket_tags(B), None)
    client.set_bucket_tags(B, tags(False, a="1", b="zwei"))
    suite.equal("bucket tags", dict(client.get_bucket_tags(B)), {"a": "1", "b": "zwei"})
    client.delete_bucket_tags(B)
    suite.equal("no lifecycle", client.get_bucket_lifecycle(B), None)
    rules = [Rule(ENABLED, rule_filter=Filter(prefix="logs/"), rule_id="one", expiration=Expiration(days=30)),
             Rule(ENABLED, rule_filter=Filter(AndOperator("p/", tags(a="1", b="2"))), rule_id="two",
                  noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=5)),
             Rule(ENABLED, rule_filter=Filter(prefix="u/"), rule_id="three",
                  abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(days_after_initiation=3))]
    client.set_bucket_lifecycle(B, LifecycleConfig(rules))
    kept = client.get_bucket_lifecycle(B).rules
    suite.equal("lifecycle", [(r.rule_id, r.rule_filter, r.expiration, r.noncurrent_version_expiration, r.abort_incomplete_multipart_upload) for r in kept],
                [(r.rule_id, r.rule_filter, r.expiration, r.noncurrent_version_expiration, r.abort_incomplete_multipart_upload) for r in rules])
    client.delete_bucket_lifecycle(B)
    suite.equal("no encryption", client.get_bucket_encryption(B), None)
    refused("no policy", "NoSuchBucketPolicy", client.get_bucket_policy, B)


@suite.part
def links():
    url = client.presigned_get_object(A, "file", response_headers={"response-content-type": "a/b"})
    status, headers, body = fetch(url)
    suite.equal("presigned_get_object", (status, headers["content-type"], body == open(path("file"), "rb").read()), (200, "a/b", True))
    status, _, _ = fetch(client.presigned_put_object(A, "sent ü"), "PUT", b"sent")
    suite.equal("presigned_put_object", (status, read("sent ü")), (200, b"sent"))
    policy = PostPolicy(A, datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
    policy.add_starts_with_condition("key", "form/")
    policy.add_content_length_range_condition(1, 100)
    fields = {**client.presigned_post_policy(policy), "key": "form/${filename}"}
    host = f"http://{A}.{DOMAIN}:{PORT}" if STYLE == "vhost" else f"{ENDPOINT}/{A}"
    status, _, body = post_form(host, fields, "ü.bin", b"form")
    suite.equal("presigned_post_policy", (status, read("form/ü.bin")), (204, b"form"))
    status, _, body = post_form(host, {**fields, "key": "other"}, "f", b"form")
    suite.check("another key", status == 403 and b"Policy Condition failed" in body, (status, body))


@suite.part
def away():
    for name in (A, B, LOCKED):
        everything = client.list_objects(name, recursive=True, include_version=True)
        suite.equal("every version", list(client.remove_objects(name, [DeleteObject(o.object_name, o.version_id) for o in everything])), [])
        client.remove_bucket(name)
    suite.equal("gone", client.bucket_exists(A), False)


suite.finish()
