"""Apache Libcloud: its S3 driver (V4) and its driver for other S3 servers (V2, in the query string, on PUT as well)."""
import libcloud.common.base
from libcloud.common.types import InvalidCredsError
from libcloud.storage.drivers.rgw import S3RGWStorageDriver
from libcloud.storage.drivers.s3 import S3StorageDriver
from libcloud.storage.types import ContainerDoesNotExistError, ContainerIsNotEmptyError, ObjectDoesNotExistError
from common import *

suite = Suite()
# Otherwise it makes one slash of two.
libcloud.common.base.ALLOW_PATH_DOUBLE_SLASHES = True
A, B = bucket("a"), bucket("b")


def connect(secret=SECRET):
    where = {"secure": False, "host": HOST, "port": PORT, "region": "us-east-1"}
    if AUTH == "v2":
        return S3RGWStorageDriver(ACCESS, secret, signature_version="2", **where)
    return S3StorageDriver(ACCESS, secret, **where)


driver = connect()


def raises(label, kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        suite.check(label, True)
    else:
        suite.check(label, False, f"accepted, wanted {kind.__name__}")


@suite.part
def containers():
    for name in (A, B):
        driver.create_container(name)
    suite.check("iterate_containers", {A, B} <= {c.name for c in driver.iterate_containers()})
    suite.equal("get_container", driver.get_container(A).name, A)
    raises("none", ContainerDoesNotExistError, driver.get_container, bucket("none"))
    raises("wrong secret", InvalidCredsError, lambda: list(connect("wrong").iterate_containers()))


@suite.part
def objects():
    a, file = driver.get_container(A), random_file("file", 300_000)
    extra = {"content_type": "x/y", "meta_data": {"foo": "bar"}}
    made = driver.upload_object(file, a, "dir/file", extra=extra)
    suite.equal("upload_object", (made.hash, made.size), (md5(file), 300_000))
    got = driver.get_object(A, "dir/file")
    suite.equal("get_object", (got.size, got.hash, got.meta_data, got.extra["content_type"]), (300_000, md5(file), {"foo": "bar"}, "x/y"))
    driver.download_object(got, path("file.back"))
    suite.same_bytes("download_object", path("file.back"), file)
    driver.download_object_range(got, path("range"), 100, 200)
    with open(file, "rb") as source, open(path("range"), "rb") as part:
        suite.equal("download_object_range", part.read(), source.read()[100:200])
    raises("missing", ObjectDoesNotExistError, driver.get_object, A, "none")
    # Below it, requests resolves dots in paths, and guesses the encoding of a listing.
    keys = [k for k in STRANGE if not {".", ".."} & set(k.split("/")) and k.isascii()]
    b = driver.get_container(B)
    for index, key in enumerate(keys):
        driver.upload_object(random_file(f"strange/{index}", 100 + index), b, key)
        suite.equal(f"key {key[:40]!r}", b"".join(driver.get_object(B, key).as_stream()), open(path(f"strange/{index}"), "rb").read())
    suite.equal("iterate_container_objects", {o.name: o.size for o in driver.iterate_container_objects(b)},
                {key: 100 + index for index, key in enumerate(keys)})
    suite.equal("with a prefix", [o.name for o in driver.iterate_container_objects(b, prefix="double/")], ["double//slash"])
    for entry in driver.iterate_container_objects(b):
        suite.equal("delete_object", entry.delete(), True)


@suite.part
def pages():
    b = driver.get_container(B)
    source = random_file("small", 3)
    keys = [f"p/{n:04}" for n in range(150)]
    for key in keys:
        driver.upload_object(source, b, key)
    suite.equal("all of them", [o.name for o in driver.iterate_container_objects(b)], keys)
    for entry in driver.iterate_container_objects(b):
        entry.delete()


@suite.part
def streams():
    if AUTH == "v2":
        # Its V2 signature leaves out ?uploads, which no server may accept.
        return
    a, big = driver.get_container(A), random_file("big", BIG_MIB * MIB)
    with open(big, "rb") as source:
        made = driver.upload_object_via_stream(iter(lambda: source.read(MIB), b""), a, "big", extra={"content_type": "x/big"})
    suite.equal("upload_object_via_stream", made.size, BIG_MIB * MIB)
    got = driver.get_object(A, "big")
    suite.check("in parts", "-" in got.hash and got.extra["content_type"] == "x/big", (got.hash, got.extra))
    with open(path("big.back"), "wb") as out:
        for chunk in driver.download_object_as_stream(got, chunk_size=MIB):
            out.write(chunk)
    suite.same_bytes("download_object_as_stream", path("big.back"), big)
    suite.equal("no upload is left", list(driver.ex_iterate_multipart_uploads(a)), [])


@suite.part
def link():
    if AUTH == "v4":
        url = driver.get_object_cdn_url(driver.get_object(A, "dir/file"), ex_expiry=1)
        # It signs the host without its port.
        status, _, body = fetch(url, headers={"Host": HOST})
        suite.equal("get_object_cdn_url", (status, body == open(path("file"), "rb").read()), (200, True))


@suite.part
def away():
    raises("a full container", ContainerIsNotEmptyError, driver.delete_container, driver.get_container(A))
    for name in (A, B):
        for entry in driver.iterate_container_objects(driver.get_container(name)):
            entry.delete()
        suite.equal("delete_container", driver.delete_container(driver.get_container(name)), True)
    raises("gone", ContainerDoesNotExistError, driver.get_container, A)


suite.finish()
