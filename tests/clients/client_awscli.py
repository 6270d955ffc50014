"""aws cli v1: the s3 and s3api commands that the public guides tell users to run."""
import json, os
from common import *

suite = Suite()
AWS = os.path.join(TOOL, "bin", "aws")
A, B = bucket("a"), bucket("b")
with open(path("config"), "w") as out:
    out.write("[default]\nregion = us-east-1\ns3 =\n"
              f"    addressing_style = {'virtual' if STYLE == 'vhost' else 'path'}\n    max_concurrent_requests = 4\n")
ENVIRONMENT = clean_environment(AWS_ACCESS_KEY_ID=ACCESS, AWS_SECRET_ACCESS_KEY=SECRET, AWS_CONFIG_FILE=path("config"),
                                AWS_MAX_ATTEMPTS="1", AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")


def aws(*arguments, **more):
    return run(AWS, "--endpoint-url", ENDPOINT, *arguments, env=ENVIRONMENT, **more)


def api(command, *arguments):
    out = aws("s3api", command, *arguments).stdout
    return json.loads(out) if out.strip() else None


def refused(label, code, *arguments):
    done = aws(*arguments, ok=False)
    suite.check(label, done.returncode != 0 and f"({code})" in done.stderr, done.stderr)


@suite.part
def buckets():
    aws("s3", "mb", f"s3://{A}")
    api("create-bucket", "--bucket", B)
    names = [b["Name"] for b in api("list-buckets")["Buckets"]]
    suite.check("list-buckets", A in names and B in names, names)
    suite.check("ls", A in aws("s3", "ls").stdout)
    api("head-bucket", "--bucket", A)
    suite.equal("get-bucket-location", api("get-bucket-location", "--bucket", A), {"LocationConstraint": None})
    refused("head-bucket of none", "404", "s3api", "head-bucket", "--bucket", bucket("none"))


@suite.part
def objects():
    file = random_file("file", 300_000)
    aws("s3", "cp", file, f"s3://{A}/dir/file", "--metadata", "foo=bar", "--content-type", "x/y")
    aws("s3", "cp", f"s3://{A}/dir/file", path("file.back"))
    suite.same_bytes("cp", path("file.back"), file)
    out = aws("s3", "ls", f"s3://{A}").stdout
    suite.check("ls of a bucket", "PRE dir/" in out, out)
    out = aws("s3", "ls", "--recursive", "--summarize", f"s3://{A}").stdout
    suite.check("ls --summarize", "Total Objects: 1" in out and "300000" in out, out)
    head = api("head-object", "--bucket", A, "--key", "dir/file")
    suite.equal("head-object", (head["ContentLength"], head["Metadata"], head["ContentType"], head["ETag"]),
                (300_000, {"foo": "bar"}, "x/y", f'"{md5(file)}"'))
    api("get-object", "--bucket", A, "--key", "dir/file", "--range", "bytes=10-19", path("range"))
    suite.equal("get-object --range", open(path("range"), "rb").read(), open(file, "rb").read()[10:20])
    put = api("put-object", "--bucket", A, "--key", "put", "--body", file)
    suite.equal("put-object", put["ETag"], f'"{md5(file)}"')
    api("copy-object", "--bucket", B, "--key", "copy+ ü", "--copy-source", f"{A}/dir/file")
    aws("s3", "cp", f"s3://{B}/copy+ ü", f"s3://{A}/again")
    aws("s3", "mv", f"s3://{A}/again", f"s3://{A}/moved")
    aws("s3", "cp", f"s3://{A}/moved", path("moved"))
    suite.same_bytes("copy-object, cp and mv between buckets", path("moved"), file)
    refused("get of a missing key", "NoSuchKey", "s3api", "get-object", "--bucket", A, "--key", "none", path("none"))
    refused("wrong If-Match", "PreconditionFailed", "s3api", "get-object", "--bucket", A, "--key", "put", "--if-match", '"x"', path("none"))


@suite.part
def streams():
    aws("s3", "cp", "-", f"s3://{A}/stream", stdin="from a pipe")
    suite.equal("cp from and to a pipe", aws("s3", "cp", f"s3://{A}/stream", "-").stdout, "from a pipe")


@suite.part
def listing():
    page = api("list-objects", "--bucket", A)
    suite.equal("list-objects", [c["Key"] for c in page["Contents"]], ["dir/file", "moved", "put", "stream"])
    page = api("list-objects-v2", "--bucket", A, "--delimiter", "/", "--prefix", "d")
    suite.equal("list-objects-v2", [p["Prefix"] for p in page["CommonPrefixes"]], ["dir/"])
    page = api("list-objects-v2", "--bucket", A, "--page-size", "1")
    suite.equal("paged", [c["Key"] for c in page["Contents"]], ["dir/file", "moved", "put", "stream"])
    page = api("list-objects-v2", "--bucket", A, "--max-items", "1")
    suite.check("max-items", page["NextToken"] and len(page["Contents"]) == 1, page)


@suite.part
def strange_keys():
    keys = [k for k in STRANGE]
    # One interpreter start per command is slow: the shared list goes through the cli once each way.
    body = random_file("strange", 77)
    for key in keys:
        aws("s3api", "put-object", "--bucket", B, "--key", key, "--body", body)
    listed = [c["Key"] for c in api("list-objects-v2", "--bucket", B)["Contents"]]
    suite.equal("listing", sorted(listed), sorted(keys + ["copy+ ü"]))
    for key in keys[::3]:
        aws("s3api", "get-object", "--bucket", B, "--key", key, path("strange.back"))
        suite.same_bytes(f"key {key[:40]!r}", path("strange.back"), body)
    with open(path("delete.json"), "w") as out:
        json.dump({"Objects": [{"Key": k} for k in listed]}, out)
    done = api("delete-objects", "--bucket", B, "--delete", f"file://{path('delete.json')}")
    suite.equal("delete-objects", (sorted(d["Key"] for d in done["Deleted"]), done.get("Errors")), (sorted(listed), None))


@suite.part
def sync():
    folder = tree("tree")
    aws("s3", "sync", folder, f"s3://{B}/tree")
    aws("s3", "sync", f"s3://{B}/tree", path("down"))
    suite.equal("sync up and down", digests(path("down")), digests(folder))
    suite.equal("sync of the same", aws("s3", "sync", folder, f"s3://{B}/tree").stdout.strip(), "")
    os.unlink(os.path.join(folder, "mib"))
    aws("s3", "sync", "--delete", folder, f"s3://{B}/tree")
    aws("s3", "sync", f"s3://{B}/tree", f"s3://{A}/other")
    aws("s3", "sync", "--delete", f"s3://{A}/other", path("down"))
    suite.equal("sync --delete, bucket to bucket, and back", digests(path("down")), digests(folder))


@suite.part
def big():
    file = random_file("big", BIG_MIB * MIB)
    aws("s3", "cp", file, f"s3://{A}/big")
    aws("s3", "cp", f"s3://{A}/big", path("big.back"))
    suite.same_bytes("cp in parts", path("big.back"), file)


@suite.part
def multipart():
    one = random_file("part1", 5 * MIB)
    two = random_file("part2", 1000)
    ids = ("--bucket", A, "--key", "parts")
    upload = api("create-multipart-upload", *ids)["UploadId"]
    listed = api("list-multipart-uploads", "--bucket", A)["Uploads"]
    suite.equal("list-multipart-uploads", [u["UploadId"] for u in listed], [upload])
    ids += ("--upload-id", upload)
    tags = [api("upload-part", *ids, "--part-number", str(n), "--body", f)["ETag"] for n, f in ((1, one), (2, two))]
    copied = api("upload-part-copy", *ids, "--part-number", "3", "--copy-source", f"{A}/big", "--copy-source-range", "bytes=0-9")
    suite.check("upload-part-copy", copied["CopyPartResult"]["ETag"], copied)
    suite.equal("list-parts", [p["PartNumber"] for p in api("list-parts", *ids)["Parts"]], [1, 2, 3])
    with open(path("parts.json"), "w") as out:
        json.dump({"Parts": [{"PartNumber": n + 1, "ETag": t} for n, t in enumerate(tags)]}, out)
    api("complete-multipart-upload", *ids, "--multipart-upload", f"file://{path('parts.json')}")
    api("get-object", "--bucket", A, "--key", "parts", path("parts.back"))
    suite.equal("bytes", open(path("parts.back"), "rb").read(), open(one, "rb").read() + open(two, "rb").read())
    upload = api("create-multipart-upload", "--bucket", A, "--key", "gone")["UploadId"]
    api("abort-multipart-upload", "--bucket", A, "--key", "gone", "--upload-id", upload)
    refused("list-parts after abort", "NoSuchUpload", "s3api", "list-parts", "--bucket", A, "--key", "gone", "--upload-id", upload)


@suite.part
def presign():
    url = aws("s3", "presign", f"s3://{A}/put", "--expires-in", "600").stdout.strip()
    status, _, body = fetch(url)
    suite.equal("presign", (status, body), (200, open(path("file"), "rb").read()))


@suite.part
def versions():
    if STYLE == "vhost":
        # How s3api addresses buckets is shown above; each of its commands costs a second.
        return
    name = bucket("versions")
    ids = ("--bucket", name, "--key", "v")
    api("create-bucket", "--bucket", name)
    api("put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
    suite.equal("get-bucket-versioning", api("get-bucket-versioning", "--bucket", name), {"Status": "Enabled"})
    one, two = (api("put-object", *ids, "--body", path(f), "--tagging", f"n={f}")["VersionId"] for f in ("part2", "file"))
    head = api("head-object", *ids, "--version-id", one)
    suite.equal("head-object", (head["ContentLength"], head["VersionId"]), (1000, one))
    api("get-object", *ids, "--version-id", one, path("v.back"))
    suite.same_bytes("get-object", path("v.back"), path("part2"))
    suite.equal("get-object-tagging", api("get-object-tagging", *ids, "--version-id", one)["TagSet"], [{"Key": "n", "Value": "part2"}])
    api("put-object-tagging", *ids, "--tagging", "TagSet=[{Key=a,Value=b c}]")
    suite.equal("put-object-tagging", api("get-object-tagging", *ids), {"VersionId": two, "TagSet": [{"Key": "a", "Value": "b c"}]})
    copied = api("copy-object", "--bucket", name, "--key", "v copy", "--copy-source", f"{name}/v?versionId={one}")
    suite.equal("copy-object", copied["CopySourceVersionId"], one)
    marker = api("delete-object", *ids)
    suite.equal("delete-object", marker["DeleteMarker"], True)
    listed = api("list-object-versions", "--bucket", name, "--prefix", "v", "--page-size", "1")
    suite.equal("list-object-versions", ([v["VersionId"] for v in listed["Versions"]], [m["VersionId"] for m in listed["DeleteMarkers"]]),
                ([two, one, copied["VersionId"]], [marker["VersionId"]]))
    refused("get of a marker", "MethodNotAllowed", "s3api", "get-object", *ids, "--version-id", marker["VersionId"], path("none"))
    api("put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Suspended")
    gone = [{"Key": k, "VersionId": v} for k, v in (("v", one), ("v", two), ("v", marker["VersionId"]), ("v copy", copied["VersionId"]))]
    done = api("delete-objects", "--bucket", name, "--delete", json.dumps({"Objects": gone}))
    suite.equal("delete-objects", (len(done["Deleted"]), done.get("Errors")), (4, None))
    api("delete-bucket", "--bucket", name)


@suite.part
def locks():
    if STYLE == "vhost":
        return
    name = bucket("locked")
    ids = ("--bucket", name, "--key", "k")
    api("create-bucket", "--bucket", name, "--object-lock-enabled-for-bucket")
    conf = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    api("put-object-lock-configuration", "--bucket", name, "--object-lock-configuration", json.dumps(conf))
    suite.equal("get-object-lock-configuration", api("get-object-lock-configuration", "--bucket", name)["ObjectLockConfiguration"], conf)
    version = api("put-object", *ids, "--body", path("part2"), "--object-lock-legal-hold-status", "ON")["VersionId"]
    suite.equal("get-object-legal-hold", api("get-object-legal-hold", *ids)["LegalHold"]["Status"], "ON")
    api("put-object-legal-hold", *ids, "--legal-hold", "Status=OFF")
    api("put-object-retention", *ids, "--retention", "Mode=GOVERNANCE,RetainUntilDate=2099-01-01T00:00:00Z")
    suite.check("get-object-retention", api("get-object-retention", *ids)["Retention"]["RetainUntilDate"].startswith("2099-01-01T00:00:00"))
    refused("delete-object", "AccessDenied", "s3api", "delete-object", *ids, "--version-id", version)
    api("delete-object", *ids, "--version-id", version, "--bypass-governance-retention")
    api("delete-bucket", "--bucket", name)


@suite.part
def configurations():
    if STYLE == "vhost":
        return
    rules = [{"Expiration": {"Days": 30}, "ID": "one", "Filter": {"Prefix": "logs/"}, "Status": "Enabled"},
             {"ID": "two", "Filter": {"And": {"Prefix": "p/", "Tags": [{"Key": "a", "Value": "1"}]}}, "Status": "Enabled",
              "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}]
    api("put-bucket-lifecycle-configuration", "--bucket", B, "--lifecycle-configuration", json.dumps({"Rules": rules}))
    suite.equal("get-bucket-lifecycle-configuration", api("get-bucket-lifecycle-configuration", "--bucket", B)["Rules"], rules)
    api("delete-bucket-lifecycle", "--bucket", B)
    refused("delete-bucket-lifecycle", "NoSuchLifecycleConfiguration", "s3api", "get-bucket-lifecycle-configuration", "--bucket", B)
    api("put-bucket-tagging", "--bucket", B, "--tagging", "TagSet=[{Key=a,Value=b}]")
    suite.equal("get-bucket-tagging", api("get-bucket-tagging", "--bucket", B)["TagSet"], [{"Key": "a", "Value": "b"}])


@suite.part
def checksums():
    if STYLE == "vhost":
        return
    file, ids = path("part1"), ("--bucket", A, "--key", "sum")
    put = api("put-object", *ids, "--body", file, "--checksum-algorithm", "SHA256", "--if-none-match", "*")
    told = api("get-object-attributes", *ids, "--object-attributes", "Checksum", "ObjectSize", "ETag")
    suite.equal("get-object-attributes", (told["Checksum"]["ChecksumSHA256"], told["ObjectSize"], told["ETag"]),
                (put["ChecksumSHA256"], 5 * MIB, md5(file)))
    refused("put-object --if-none-match", "PreconditionFailed", "s3api", "put-object", *ids, "--body", file, "--if-none-match", "*")
    aws("s3", "cp", path("big"), f"s3://{A}/sum", "--checksum-algorithm", "SHA1")
    head = api("head-object", *ids, "--checksum-mode", "ENABLED", "--part-number", "1")
    suite.equal("cp with a checksum", (head["ChecksumType"], "ChecksumSHA1" in head, head["PartsCount"]), ("COMPOSITE", True, -(-BIG_MIB // 8)))
    told = api("get-object-attributes", *ids, "--object-attributes", "ObjectParts", "--max-parts", "2")["ObjectParts"]
    suite.equal("parts", [p["PartNumber"] for p in told["Parts"]], [1, 2])
    refused("restore-object", "InvalidObjectState", "s3api", "restore-object", *ids, "--restore-request", "Days=1")


@suite.part
def away():
    aws("s3", "rm", f"s3://{A}/put")
    refused("rm", "404", "s3api", "head-object", "--bucket", A, "--key", "put")
    refused("delete-bucket, full", "BucketNotEmpty", "s3api", "delete-bucket", "--bucket", A)
    aws("s3", "rm", "--recursive", f"s3://{A}")
    api("delete-bucket", "--bucket", A)
    aws("s3", "rb", "--force", f"s3://{B}")
    out = aws("s3", "ls").stdout
    suite.check("rb", A not in out and B not in out, out)


suite.finish()
