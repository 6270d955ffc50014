"""rclone, V2 and V4."""
import json, os, re, time
from common import *

suite = Suite()
# The build from PyPI is static, so it does not resolve names below localhost; Debian's does.
RCLONE = "/usr/bin/rclone" if STYLE == "vhost" else os.path.join(TOOL, "bin", "rclone")
A, B = bucket("a"), bucket("b")
ENVIRONMENT = clean_environment(
    RCLONE_CONFIG=path("rclone.conf"), RCLONE_CONFIG_D_TYPE="s3", RCLONE_CONFIG_D_PROVIDER="Other",
    RCLONE_CONFIG_D_ACCESS_KEY_ID=ACCESS, RCLONE_CONFIG_D_SECRET_ACCESS_KEY=SECRET, RCLONE_CONFIG_D_ENDPOINT=ENDPOINT,
    RCLONE_CONFIG_D_REGION="us-east-1", RCLONE_CONFIG_D_V2_AUTH=str(AUTH == "v2").lower(),
    RCLONE_CONFIG_D_FORCE_PATH_STYLE=str(STYLE == "path").lower(), RCLONE_RETRIES="1", RCLONE_LOW_LEVEL_RETRIES="1",
    RCLONE_S3_UPLOAD_CUTOFF="20M", RCLONE_S3_CHUNK_SIZE="5M")
open(path("rclone.conf"), "w").close()


def rclone(*arguments, **more):
    return run(RCLONE, *arguments, env=ENVIRONMENT, **more)


def another_second():
    """Waits for the clock's next second: rclone names versions after the whole seconds that S3's listings tell."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.01)


@suite.part
def buckets():
    for name in (A, B):
        rclone("mkdir", f"d:{name}")
    out = rclone("lsd", "d:").stdout
    suite.check("lsd", A in out and B in out, out)


@suite.part
def copy_check_sync():
    folder = tree("tree")
    rclone("copy", folder, f"d:{A}/tree")
    rclone("check", folder, f"d:{A}/tree")
    rclone("check", "--download", folder, f"d:{A}/tree")
    rclone("copy", f"d:{A}/tree", path("down"))
    suite.equal("copy up and down", digests(path("down")), digests(folder))
    random_file("tree/one byte", 2)
    differs = rclone("check", folder, f"d:{A}/tree", ok=False)
    suite.check("check finds a difference", differs.returncode != 0 and "1 differences found" in differs.stderr, differs.stderr)
    os.unlink(os.path.join(folder, "mib"))
    rclone("sync", folder, f"d:{A}/tree")
    rclone("sync", f"d:{A}/tree", f"d:{B}/other")
    rclone("sync", f"d:{B}/other", path("down"))
    suite.equal("sync, bucket to bucket, and back", digests(path("down")), digests(folder))
    size = json.loads(rclone("size", "--json", f"d:{A}/tree").stdout)
    suite.equal("size", size["count"], len(digests(folder)))
    rclone("sync", folder, f"d:{A}/tree", "--fast-list", "--checksum")
    suite.equal("lsf", sorted(rclone("lsf", f"d:{A}/tree").stdout.split("\n")[:-1]),
                sorted(["a/", "deep/", "empty", "one byte", "z~(1)"]))


@suite.part
def big():
    file = random_file("big/big", BIG_MIB * MIB)
    rclone("copyto", file, f"d:{A}/big")
    rclone("copyto", f"d:{A}/big", path("big.back"))
    suite.same_bytes("copyto in parts", path("big.back"), file)
    rclone("copyto", f"d:{A}/big", f"d:{B}/big copy")
    rclone("moveto", f"d:{B}/big copy", f"d:{B}/big moved")
    rclone("copyto", f"d:{B}/big moved", path("big.back"))
    suite.same_bytes("server-side copy and move", path("big.back"), file)


@suite.part
def strange_keys():
    # rclone has path semantics: empty, `.` and `..` segments are not names to it, and it may rewrite some others.
    keys = [k for k in STRANGE if "//" not in k and not k.startswith("/") and not k.endswith("/")
            and not {".", ".."} & set(k.split("/")) and len(k.encode()) < 1000]
    for index, key in enumerate(keys):
        rclone("rcat", f"d:{B}/s/{key}", stdin=f"{index}")
        suite.equal(f"key {key[:40]!r}", rclone("cat", f"d:{B}/s/{key}").stdout, f"{index}")
    listed = [e["Path"] for e in json.loads(rclone("lsjson", "-R", "--files-only", f"d:{B}/s").stdout)]
    suite.equal("lsjson", sorted(listed), sorted(keys))


@suite.part
def versions():
    rclone("mkdir", f"d:{B}")
    def versioning(*status):
        # One release writes JSON, another plain text.
        return rclone("backend", "versioning", f"d:{B}", *status).stdout.strip('"\n')

    suite.equal("backend versioning, none", versioning(), "Unversioned")
    suite.equal("enabled", versioning("Enabled"), "Enabled")
    for text in ("one", "two", "three"):
        another_second()
        rclone("rcat", f"d:{B}/v/file.txt", stdin=text)
    listed = {e["Name"]: e["ModTime"] for e in json.loads(rclone("lsjson", "--s3-versions", f"d:{B}/v").stdout)}
    older = sorted(name for name in listed if name != "file.txt")
    suite.check("--s3-versions", len(listed) == 3 and all(re.fullmatch(r"file-v\d{4}-\d\d-\d\d-\d{6}-\d{3}\.txt", n) for n in older), listed)

    def texts(*options):
        # Debian's release cannot name one old version by itself.
        rclone("sync", *options, f"d:{B}/v", path("versions"))
        return {name: open(path("versions", name)).read() for name in os.listdir(path("versions"))}

    suite.equal("their texts", texts("--s3-versions"), {older[0]: "one", older[1]: "two", "file.txt": "three"})
    # The time in a version's name is when it was stored.
    when = re.search(r"(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)-(\d{3})", older[1]).groups()
    moment = "{}T{}:{}:{}.{}Z".format(*when)
    suite.equal("--s3-version-at", texts("--s3-version-at", moment), {"file.txt": "two"})
    refused = rclone("rcat", "--s3-version-at", moment, f"d:{B}/v/other", stdin="x", ok=False)
    suite.check("the past is not written", refused.returncode != 0, refused.stderr)
    rclone("deletefile", f"d:{B}/v/file.txt")
    suite.equal("deleted", rclone("lsf", f"d:{B}/v").stdout, "")
    suite.equal("hidden versions", len(json.loads(rclone("lsjson", "--s3-versions", f"d:{B}/v").stdout)), 3)
    rclone("rcat", f"d:{B}/v/kept", stdin="kept")
    rclone("backend", "cleanup-hidden", f"d:{B}")
    left = [e["Name"] for e in json.loads(rclone("lsjson", "--s3-versions", f"d:{B}/v").stdout)]
    suite.equal("backend cleanup-hidden", left, ["kept"])
    suite.equal("suspended", versioning("Suspended"), "Suspended")
    rclone("rcat", f"d:{B}/v/kept", stdin="null")
    suite.equal("a null version", rclone("cat", f"d:{B}/v/kept").stdout, "null")
    rclone("delete", f"d:{B}/v")
    rclone("backend", "cleanup-hidden", f"d:{B}")


@suite.part
def link():
    url = rclone("link", f"d:{A}/tree/one byte").stdout.strip()
    status, _, body = fetch(url)
    suite.equal("link", (status, body), (200, open(path("tree/one byte"), "rb").read()))


@suite.part
def away():
    rclone("deletefile", f"d:{A}/big")
    rclone("delete", f"d:{A}/tree")
    rclone("rmdir", f"d:{A}")
    rclone("purge", f"d:{B}")
    out = rclone("lsd", "d:").stdout
    suite.check("rmdir and purge", A not in out and B not in out, out)


suite.finish()
