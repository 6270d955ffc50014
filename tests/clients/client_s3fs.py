"""s3fs, the file system that fsspec, pandas and dask open s3:// with: asynchronous botocore, V2 and V4."""
import os
import s3fs
from common import *

suite = Suite()
A, B = bucket("a"), bucket("b")


def mount(**more):
    config = {"signature_version": "s3" if AUTH == "v2" else "s3v4", "retries": {"max_attempts": 1},
              "s3": {"addressing_style": "virtual" if STYLE == "vhost" else "path"}}
    return s3fs.S3FileSystem(key=ACCESS, secret=SECRET, endpoint_url=ENDPOINT, client_kwargs={"region_name": "us-east-1"},
                             config_kwargs=config, skip_instance_cache=True, use_listings_cache=False, **more)


fs = mount()


def refused(label, kind, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind:
        suite.check(label, True)
    else:
        suite.check(label, False, f"accepted, wanted {kind.__name__}")


@suite.part
def buckets():
    for name in (A, B):
        fs.mkdir(name)
    suite.check("ls", {A, B} <= set(fs.ls("")), fs.ls(""))
    suite.equal("exists", (fs.exists(A), fs.exists(bucket("none"))), (True, False))
    refused("ls of none", FileNotFoundError, fs.ls, bucket("none"))


@suite.part
def files():
    data = os.urandom(300_000)
    fs.pipe(f"{A}/dir/one", data, ContentType="x/y", Metadata={"foo": "bar"})
    info = fs.info(f"{A}/dir/one")
    suite.equal("info", (info["size"], info["type"], info["ContentType"], info["ETag"]), (300_000, "file", "x/y", f'"{hashlib.md5(data).hexdigest()}"'))
    suite.equal("cat", hashlib.sha256(fs.cat(f"{A}/dir/one")).hexdigest(), hashlib.sha256(data).hexdigest())
    suite.equal("cat of a range", fs.cat_file(f"{A}/dir/one", start=100, end=200), data[100:200])
    suite.equal("metadata", fs.metadata(f"{A}/dir/one"), {"foo": "bar"})
    fs.setxattr(f"{A}/dir/one", copy_kwargs={"ContentType": "x/z"}, more="baz")
    suite.equal("setxattr", (fs.getxattr(f"{A}/dir/one", "more"), fs.getxattr(f"{A}/dir/one", "foo")), ("baz", "bar"))
    fs.put_tags(f"{A}/dir/one", {"a": "1"})
    fs.put_tags(f"{A}/dir/one", {"b": "2"}, mode="m")
    suite.equal("tags", fs.get_tags(f"{A}/dir/one"), {"a": "1", "b": "2"})
    suite.equal("directories", (fs.ls(A), fs.isdir(f"{A}/dir"), fs.find(A)), ([f"{A}/dir"], True, [f"{A}/dir/one"]))
    refused("missing", FileNotFoundError, fs.cat, f"{A}/none")
    fs.pipe(f"{A}/new", b"1", mode="create")
    suite.equal("create", fs.cat(f"{A}/new"), b"1")
    refused("create what is there", FileExistsError, fs.pipe, f"{A}/new", b"2", mode="create")
    fs.touch(f"{A}/empty")
    suite.equal("touch", fs.info(f"{A}/empty")["size"], 0)
    status, _, body = fetch(fs.sign(f"{A}/dir/one", 600))
    suite.equal("sign", (status, body == data), (200, True))


@suite.part
def trees():
    folder = tree("tree")
    fs.put(folder, f"{A}/tree", recursive=True)
    fs.get(f"{A}/tree", path("down"), recursive=True)
    suite.equal("put and get", digests(path("down")), digests(folder))
    fs.copy(f"{A}/tree", f"{B}/tree", recursive=True)
    suite.equal("copy", sorted(k.removeprefix(B) for k in fs.find(f"{B}/tree")), sorted(k.removeprefix(A) for k in fs.find(f"{A}/tree")))
    suite.equal("glob", [k.removeprefix(f"{B}/") for k in fs.glob(f"{B}/tree/**/b*")], ["tree/a/b", "tree/deep/er/still/big"])
    suite.equal("du", fs.du(f"{B}/tree"), sum(os.path.getsize(os.path.join(folder, name)) for name in digests(folder)))
    fs.rm(f"{B}/tree", recursive=True)
    suite.equal("rm", fs.find(B), [])


@suite.part
def open_files():
    big = random_file("big", BIG_MIB * MIB)
    with open(big, "rb") as source, fs.open(f"{A}/big", "wb", block_size=8 * MIB) as out:
        while block := source.read(3 * MIB + 1):
            out.write(block)
    fs.get(f"{A}/big", path("big.back"))
    suite.same_bytes("a file written in parts", path("big.back"), big)
    with open(big, "rb") as source, fs.open(f"{A}/big", "rb", block_size=MIB) as back:
        for where in (0, 8 * MIB - 5, BIG_MIB * MIB - 7):
            source.seek(where), back.seek(where)
            suite.equal(f"seek to {where}", back.read(10), source.read(10))
    with fs.open(f"{A}/big", "ab") as more:
        more.write(b"appended")
    suite.equal("append, by a copy of a part", (fs.info(f"{A}/big")["size"], fs.tail(f"{A}/big", 8)), (BIG_MIB * MIB + 8, b"appended"))
    fs.merge(f"{A}/merged", [f"{A}/big", f"{A}/dir/one"])
    suite.equal("merge", fs.info(f"{A}/merged")["size"], BIG_MIB * MIB + 8 + 300_000)
    fs.copy(f"{A}/big", f"{B}/big", preserve_etag=True)
    suite.equal("copy that keeps the ETag", fs.info(f"{B}/big")["ETag"], fs.info(f"{A}/big")["ETag"])
    fs.mv(f"{B}/big", f"{B}/moved")
    suite.equal("mv", fs.ls(B), [f"{B}/moved"])
    fs.rm(f"{A}/merged")


@suite.part
def versions():
    suite.equal("off", fs.is_bucket_versioned(B), False)
    fs.make_bucket_versioned(B)
    suite.equal("enabled", fs.is_bucket_versioned(B), True)
    aware = mount(version_aware=True)
    for text in (b"one", b"two", b"three"):
        with aware.open(f"{B}/v", "wb") as out:
            out.write(text)
    found = aware.object_version_info(f"{B}/v")
    suite.equal("object_version_info", [v["Size"] for v in found], [5, 3, 3])
    ids = [v["VersionId"] for v in reversed(found)]
    suite.equal("open of a version", [aware.cat_file(f"{B}/v?versionId={i}") for i in ids], [b"one", b"two", b"three"])
    suite.equal("info of one", aware.info(f"{B}/v", version_id=ids[0])["size"], 3)
    with aware.open(f"{B}/v", "rb") as held:
        aware.pipe(f"{B}/v", b"four!")
        suite.equal("an open file keeps its version", held.read(), b"three")
    suite.equal("ls of versions", len([e for e in aware.ls(B, detail=True, versions=True) if e["Key"] == f"{B}/v"]), 4)
    aware.rm(f"{B}/v")
    suite.equal("a marker", aware.exists(f"{B}/v"), False)
    suite.equal("what it hides", aware.cat_file(f"{B}/v?versionId={ids[1]}"), b"two")
    fs.call_s3("delete_object", Bucket=B, Key="v", VersionId=ids[1])
    refused("a version removed", FileNotFoundError, aware.cat_file, f"{B}/v?versionId={ids[1]}")


@suite.part
def away():
    fs.rm(A, recursive=True)
    mount(version_aware=True).rm(B, recursive=True)
    suite.equal("rm of buckets", (fs.exists(A), fs.exists(B)), (False, False))


suite.finish()
