"""boto 2.49, unpatched, with OrdinaryCallingFormat and SubdomainCallingFormat; it signs V2."""
import hashlib, io
from boto.s3.cors import CORSConfiguration
from boto.exception import S3ResponseError
from boto.s3.connection import OrdinaryCallingFormat, S3Connection, SubdomainCallingFormat
from common import *

suite = Suite()
A, B = bucket("a"), bucket("b")


def connect(secret=SECRET, access=ACCESS):
    formats = {"path": OrdinaryCallingFormat, "vhost": SubdomainCallingFormat}
    # Without suppress_consec_slashes boto itself folds `//` before it signs.
    return S3Connection(access, secret, host=DOMAIN, port=PORT, is_secure=False, calling_format=formats[STYLE](),
                        suppress_consec_slashes=False)


connection = connect()


@suite.part
def buckets():
    for name in (A, B):
        connection.create_bucket(name)
    names = [b.name for b in connection.get_all_buckets()]
    suite.check("get_all_buckets", A in names and B in names, names)
    suite.equal("lookup of none", connection.lookup(bucket("none")), None)
    suite.equal("get_location", connection.get_bucket(A).get_location(), "")


@suite.part
def objects():
    b = connection.get_bucket(A)
    file = random_file("one", 300_000)
    key = b.new_key("folder/one")
    key.set_metadata("foo", "bar")
    with open(file, "rb") as source:
        suite.equal("set_contents_from_file", key.set_contents_from_file(source, headers={"Cache-Control": "no-cache"}), 300_000)
    got = b.get_key("folder/one")
    suite.equal("etag", got.etag, f'"{md5(file)}"')
    suite.equal("size", got.size, 300_000)
    suite.equal("metadata", got.get_metadata("foo"), "bar")
    suite.equal("cache control", got.cache_control, "no-cache")
    got.get_contents_to_filename(path("one.back"))
    suite.same_bytes("get_contents_to_filename", path("one.back"), file)
    data = open(file, "rb").read()
    suite.equal("range", got.get_contents_as_string(headers={"Range": "bytes=100-199"}), data[100:200])
    suite.equal("last bytes", got.get_contents_as_string(headers={"Range": "bytes=-5"}), data[-5:])
    suite.refused("range past the end", "InvalidRange", b.get_key("folder/one").get_contents_as_string,
                  headers={"Range": "bytes=300000-"})
    b.new_key("text").set_contents_from_string("hellö")
    suite.equal("from string", b.get_key("text").get_contents_as_string(), "hellö".encode())
    with open(file, "rb") as source:
        b.new_key("text").set_contents_from_file(source, replace=False)
    suite.equal("replace=False", b.get_key("text").get_contents_as_string(), "hellö".encode())
    b.new_key("filename").set_contents_from_filename(file, md5=b.new_key("x").compute_md5(open(file, "rb")))
    suite.equal("from filename", b.get_key("filename").get_contents_as_string(), data)
    wrong = b.new_key("wrong")
    suite.refused("wrong MD5", "BadDigest", wrong.set_contents_from_string, "x" * 10,
                  md5=("0" * 32, "AAAAAAAAAAAAAAAAAAAAAA==", 10))
    suite.equal("wrong MD5 leaves nothing", b.get_key("wrong"), None)
    suite.equal("missing key", b.get_key("missing"), None)
    suite.refused("read of a missing key", "NoSuchKey", b.new_key("missing").get_contents_as_string)
    b.new_key("gzip").set_contents_from_string(b"\x1f\x8bnot really", headers={"Content-Encoding": "gzip"})
    suite.equal("content encoding", b.get_key("gzip").content_encoding, "gzip")


@suite.part
def listing():
    b = connection.get_bucket(B)
    for name in ("l/a/1", "l/a/2", "l/b/1", "l/top", "m"):
        b.new_key(name).set_contents_from_string(name)
    rows = [(type(k).__name__, k.name) for k in b.list(prefix="l/", delimiter="/")]
    suite.equal("list(prefix, delimiter)", sorted(rows), [("Key", "l/top"), ("Prefix", "l/a/"), ("Prefix", "l/b/")])
    suite.equal("list(prefix)", [k.name for k in b.list("l/a/")], ["l/a/1", "l/a/2"])
    page = b.get_all_keys(max_keys=2)
    suite.equal("max_keys", ([k.name for k in page], page.is_truncated), (["l/a/1", "l/a/2"], True))
    page = b.get_all_keys(max_keys=2, marker="l/a/2")
    suite.equal("marker", [k.name for k in page], ["l/b/1", "l/top"])
    suite.check("entries are whole", all(k.etag and k.last_modified and k.owner for k in b.get_all_keys()))
    result = b.delete_keys(["l/a/1", "l/a/2", "no such key"])
    suite.equal("delete_keys", (sorted(d.key for d in result.deleted), result.errors), (["l/a/1", "l/a/2", "no such key"], []))
    suite.equal("after delete_keys", [k.name for k in b.list()], ["l/b/1", "l/top", "m"])
    for k in b.list():
        k.delete()
    suite.equal("empty", list(b.list()), [])


@suite.part
def strange_keys():
    b = connection.get_bucket(B)
    for index, name in enumerate(STRANGE):
        b.new_key(name).set_contents_from_string(f"{index}")
    for index, name in enumerate(STRANGE):
        suite.equal(f"key {name[:40]!r}", b.get_key(name).get_contents_as_string(), f"{index}".encode())
    suite.equal("list", sorted(k.name for k in b.list()), sorted(STRANGE))
    suite.equal("list, url encoded", sorted(boto_unquote(k.name) for k in b.list(encoding_type="url")), sorted(STRANGE))
    result = b.delete_keys(STRANGE)
    suite.equal("delete_keys", (len(result.deleted), result.errors), (len(STRANGE), []))
    suite.equal("nothing left", list(b.list()), [])


def boto_unquote(text):
    from urllib.parse import unquote_plus
    return unquote_plus(text)


@suite.part
def urls():
    b = connection.get_bucket(A)
    data = open(random_file("url", 5000), "rb").read()
    b.new_key("url key+").set_contents_from_string(data)
    url = b.get_key("url key+").generate_url(600)
    suite.equal("generate_url GET", fetch(url)[::2], (200, data))
    suite.equal("the same for HEAD", fetch(url, "HEAD")[0], 403)
    url = connection.generate_url(600, "PUT", A, "put key", headers={"Content-Type": "text/x-boto"})
    suite.equal("generate_url PUT", fetch(url, "PUT", b"put!", {"Content-Type": "text/x-boto"})[0], 200)
    suite.equal("put by url", b.get_key("put key").get_contents_as_string(), b"put!")
    suite.equal("PUT with another type", fetch(url, "PUT", b"no", {"Content-Type": "text/other"})[0], 403)
    url = connection.generate_url(-100, "GET", A, "put key")
    status, _, body = fetch(url)
    suite.check("expired", status == 403 and b"Request has expired" in body, (status, body))
    url = b.get_key("put key").generate_url(600, response_headers={"response-content-type": "text/plain"})
    suite.equal("response override", fetch(url)[1]["content-type"], "text/plain")


@suite.part
def forms():
    data = open(random_file("form", 5000), "rb").read()
    b = connection.get_bucket(A)

    def form(key, **more):
        # boto's forms were never taken to Python 3: its Base64 has to take and give text there.
        import boto.s3.connection as module
        from types import SimpleNamespace
        real = module.base64
        module.base64 = SimpleNamespace(b64encode=lambda text: real.b64encode(text.encode()).decode())
        try:
            made = connection.build_post_form_args(A, key, **more)
        finally:
            module.base64 = real
        # The host of the form is boto's; its path style has no bucket in it.
        where = made["action"] if STYLE == "vhost" else f"http://{HOST}:{PORT}/{A}"
        return where, {field["name"]: field["value"] for field in made["fields"]}

    where, fields = form("form/${filename}", acl="private", max_content_length=5000)
    status, headers, _ = post_form(where, fields, "a b.bin", data)
    suite.equal("build_post_form_args", (status, b.get_key("form/a b.bin").get_contents_as_string()), (204, data))
    status, _, body = post_form(where, fields, "a b.bin", data + b"!")
    suite.check("one byte too many", status == 400 and b"EntityTooLarge" in body, (status, body))
    where, fields = form("form", success_action_redirect="http://web.test/done")
    status, headers, _ = post_form(where, fields, "f", data)
    wanted = f"http://web.test/done?bucket={A}&key=form&etag=%22{hashlib.md5(data).hexdigest()}%22"
    suite.equal("redirect", (status, headers["Location"]), (303, wanted))
    status, _, body = post_form(where, {**fields, "key": "other"}, "f", data)
    suite.check("another key", status == 403 and b"Policy Condition failed" in body, (status, body))


@suite.part
def copies():
    a, b = connection.get_bucket(A), connection.get_bucket(B)
    source = a.new_key("ç source+%")
    source.set_metadata("colour", "blue")
    source.set_contents_from_string("copied")
    a.get_key("ç source+%").copy(B, "target")
    got = b.get_key("target")
    suite.equal("copy", (got.get_contents_as_string(), got.get_metadata("colour")), (b"copied", "blue"))
    b.copy_key("second", A, "ç source+%", metadata={"colour": "red"})
    suite.equal("copy_key with metadata", b.get_key("second").get_metadata("colour"), "red")
    suite.refused("copy of nothing", "NoSuchKey", b.copy_key, "third", A, "nothing")
    b.delete_keys(["target", "second"])


@suite.part
def parts():
    b = connection.get_bucket(A)
    big = random_file("big", 12 * MIB)
    upload = b.initiate_multipart_upload("big", metadata={"m": "1"}, headers={"Content-Type": "x/y"})
    with open(big, "rb") as source:
        for number in (1, 2, 3):
            upload.upload_part_from_file(io.BytesIO(source.read(5 * MIB)), number)
    suite.equal("get_all_parts", [(p.part_number, p.size) for p in upload.get_all_parts()],
                [(1, 5 * MIB), (2, 5 * MIB), (3, 2 * MIB)])
    suite.equal("list_multipart_uploads", [(u.key_name, u.id) for u in b.list_multipart_uploads()], [("big", upload.id)])
    suite.equal("not there yet", b.get_key("big"), None)
    upload.complete_upload()
    got = b.get_key("big")
    suite.equal("size, metadata, type", (got.size, got.get_metadata("m"), got.content_type), (12 * MIB, "1", "x/y"))
    suite.check("etag of parts", got.etag.endswith('-3"'), got.etag)
    got.get_contents_to_filename(path("big.back"))
    suite.same_bytes("multipart", path("big.back"), big)
    copied = b.initiate_multipart_upload("copied parts")
    copied.copy_part_from_key(A, "big", 1, 0, 6 * MIB - 1)
    copied.copy_part_from_key(A, "big", 2, 6 * MIB, 12 * MIB - 1)
    copied.complete_upload()
    b.get_key("copied parts").get_contents_to_filename(path("big.back"))
    suite.same_bytes("copy_part_from_key", path("big.back"), big)
    upload = b.initiate_multipart_upload("gone")
    upload.upload_part_from_file(io.BytesIO(b"x"), 1)
    upload.cancel_upload()
    suite.equal("cancel_upload", list(b.list_multipart_uploads()), [])
    suite.refused("a part of a cancelled upload", "NoSuchUpload", upload.upload_part_from_file, io.BytesIO(b"x"), 1)


@suite.part
def lists():
    b, other = connection.get_bucket(A), connect(secret=OTHER_SECRET, access=OTHER_ACCESS)
    strange = other.get_bucket(A, validate=False)
    key = b.new_key("listed")
    key.set_contents_from_string("x", policy="public-read")
    told = lambda acl: [(g.uri or g.display_name, g.permission) for g in acl.acl.grants]
    everybody, owner = "http://acs.amazonaws.com/groups/global/AllUsers", ("clients", "FULL_CONTROL")
    suite.equal("put with a policy", told(key.get_acl()), [(everybody, "READ"), owner])
    suite.equal("read by another", strange.get_key("listed").get_contents_as_string(), b"x")
    key.set_canned_acl("private")
    suite.equal("set_canned_acl", told(key.get_acl()), [owner])
    suite.refused("read by another", "AccessDenied", strange.new_key("listed").get_contents_as_string)
    acl = key.get_acl()
    acl.acl.add_user_grant("READ", other.get_canonical_user_id())
    key.set_acl(acl)
    suite.equal("set_acl", told(key.get_acl()), [owner, ("others", "READ")])
    suite.equal("read by the grantee", strange.get_key("listed").get_contents_as_string(), b"x")
    suite.refused("add_email_grant", "UnresolvableGrantByEmailAddress", key.add_email_grant, "READ", "nobody@example.invalid")
    b.set_canned_acl("public-read-write")
    suite.equal("a bucket's", told(b.get_acl()), [(everybody, "READ"), (everybody, "WRITE"), owner])
    strange.new_key("theirs").set_contents_from_string("y")
    suite.equal("whoever writes owns", [k.owner.display_name for k in b.list("theirs")], ["others"])
    suite.refused("and is alone with it", "AccessDenied", b.new_key("theirs").get_contents_as_string)
    b.delete_key("theirs")
    b.set_canned_acl("private")
    b.delete_key("listed")


@suite.part
def policy():
    b = connection.get_bucket(A)
    suite.refused("no policy", "NoSuchBucketPolicy", b.get_policy)
    text = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", '
            f'"Resource": "arn:aws:s3:::{A}/no/*"}}]}}')
    suite.check("set_policy", b.set_policy(text))
    suite.equal("get_policy", b.get_policy().decode(), text)
    suite.refused("what it denies", "AccessDenied", b.new_key("no/x").set_contents_from_string, "x")
    suite.refused("no policy of this bucket", "MalformedPolicy", b.set_policy, text.replace(A, B))
    b.delete_policy()
    suite.refused("delete_policy", "NoSuchBucketPolicy", b.get_policy)


@suite.part
def cors():
    b = connection.get_bucket(A)
    suite.refused("no CORS", "NoSuchCORSConfiguration", b.get_cors)
    rules = CORSConfiguration()
    rules.add_rule(["GET", "PUT"], ["*.get", "https://put.example"], "a", ["x-amz-*"], 3000, ["ETag"])
    rules.add_rule("HEAD", "*")
    b.set_cors(rules)
    told = [(r.id, r.allowed_method, r.allowed_origin, r.allowed_header, r.max_age_seconds, r.expose_header)
            for r in b.get_cors()]
    suite.equal("get_cors", told, [("a", ["GET", "PUT"], ["*.get", "https://put.example"], ["x-amz-*"], 3000, ["ETag"]),
                                   (None, ["HEAD"], ["*"], [], None, [])])
    b.delete_cors()
    suite.refused("delete_cors", "NoSuchCORSConfiguration", b.get_cors)


@suite.part
def refusals():
    suite.refused("wrong secret", "SignatureDoesNotMatch", connect(secret="wrong").get_all_buckets)
    suite.refused("unknown key", "InvalidAccessKeyId", connect(access="NOBODYKNOWSTHIS").get_all_buckets)
    suite.refused("full bucket", "BucketNotEmpty", connection.delete_bucket, A)
    acl = connection.get_bucket(A).get_acl()
    suite.equal("get_acl", [(g.permission, g.id == acl.owner.id) for g in acl.acl.grants], [("FULL_CONTROL", True)])


@suite.part
def away():
    for name in (A, B):
        b = connection.get_bucket(name)
        b.delete_keys([k.name for k in b.list()])
        connection.delete_bucket(name)
    suite.equal("delete_bucket", connection.lookup(A), None)


suite.finish()
