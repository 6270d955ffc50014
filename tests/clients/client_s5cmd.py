"""s5cmd: copies, syncs and removals in parallel, and its versions."""
import json, os
from common import *

suite = Suite()
S5CMD = os.path.join(TOOL, "bin", "s5cmd")
A, B = bucket("a"), bucket("b")
ENVIRONMENT = clean_environment(AWS_ACCESS_KEY_ID=ACCESS, AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION="us-east-1",
                                AWS_CONFIG_FILE=path("none"), AWS_SHARED_CREDENTIALS_FILE=path("none"),
                                AWS_EC2_METADATA_DISABLED="true")


def s5cmd(*arguments, **more):
    return run(S5CMD, "--endpoint-url", ENDPOINT, "--retry-count", "0", "--numworkers", "8", *arguments, env=ENVIRONMENT, **more)


def listed(*arguments):
    """The objects that `ls` tells, as it writes them in JSON."""
    return [json.loads(line) for line in run(S5CMD, "--json", "--endpoint-url", ENDPOINT, "--retry-count", "0", "ls", *arguments,
                                             env=ENVIRONMENT).stdout.splitlines()]


def versions_of(uri):
    """The ids of an object's versions and markers, the newest first; only its text tells them."""
    return [line.split()[-1] for line in s5cmd("ls", "--all-versions", uri).stdout.splitlines()]


@suite.part
def buckets():
    for name in (A, B):
        s5cmd("mb", f"s3://{name}")
    out = s5cmd("ls").stdout
    suite.check("ls", f"s3://{A}" in out and f"s3://{B}" in out, out)
    s5cmd("head", f"s3://{A}")
    none = s5cmd("head", f"s3://{bucket('none')}", ok=False)
    suite.check("head of none", none.returncode != 0 and "404" in none.stderr, none.stderr)


@suite.part
def trees():
    folder = tree("tree")
    s5cmd("cp", f"{folder}/", f"s3://{A}/tree/")
    s5cmd("cp", f"s3://{A}/tree/*", path("down") + "/")
    suite.equal("cp up and down", digests(path("down")), digests(folder))
    os.unlink(os.path.join(folder, "mib"))
    changed = random_file("tree/one byte", 2)
    os.utime(changed, (os.path.getmtime(changed) - 50,) * 2)
    s5cmd("sync", "--delete", "--size-only", f"{folder}/", f"s3://{A}/tree/")
    s5cmd("sync", "--delete", f"s3://{A}/tree/*", path("down") + "/")
    suite.equal("sync after a change, and back", digests(path("down")), digests(folder))
    s5cmd("sync", f"s3://{A}/tree/*", f"s3://{B}/other/")
    s5cmd("sync", f"s3://{B}/other/*", path("other") + "/")
    suite.equal("sync from bucket to bucket", digests(path("other")), digests(path("down")))
    suite.equal("sync of the same", s5cmd("sync", f"{folder}/", f"s3://{A}/tree/").stdout, "")
    out = s5cmd("du", f"s3://{A}/tree/*").stdout
    total = sum(os.path.getsize(os.path.join(folder, name)) for name in digests(folder))
    suite.check("du", f"{total} bytes in {len(digests(folder))} objects" in out, out)
    suite.equal("ls of prefixes", sorted(e["key"].removeprefix(f"s3://{A}/tree/") for e in listed(f"s3://{A}/tree/")),
                sorted(["a/", "deep/", "empty", "one byte", "z~(1)"]))


@suite.part
def big():
    file = random_file("big", BIG_MIB * MIB)
    s5cmd("cp", "--part-size", "8", "--content-type", "x/y", "--metadata", "a=b", file, f"s3://{A}/big")
    s5cmd("cp", "--part-size", "8", f"s3://{A}/big", path("big.back"))
    suite.same_bytes("cp in parts", path("big.back"), file)
    head = json.loads(run(S5CMD, "--json", "--endpoint-url", ENDPOINT, "head", f"s3://{A}/big", env=ENVIRONMENT).stdout)
    suite.equal("head", (head["size"], head["content_type"], {k.lower(): v for k, v in head["metadata"].items()}),
                (BIG_MIB * MIB, "x/y", {"a": "b"}))
    s5cmd("mv", f"s3://{A}/big", f"s3://{B}/big moved")
    s5cmd("cp", f"s3://{B}/big moved", path("big.moved"))
    suite.same_bytes("mv between buckets", path("big.moved"), file)
    s5cmd("pipe", f"s3://{A}/piped", stdin="from a pipe")
    suite.equal("pipe and cat", s5cmd("cat", f"s3://{A}/piped").stdout, "from a pipe")
    status, _, body = fetch(s5cmd("presign", f"s3://{A}/piped").stdout.strip())
    suite.equal("presign", (status, body), (200, b"from a pipe"))
    s5cmd("cp", "-n", file, f"s3://{A}/piped")
    suite.equal("cp -n leaves what is there", s5cmd("cat", f"s3://{A}/piped").stdout, "from a pipe")


@suite.part
def batch():
    lines = "".join(f'cp "{path("tree/one byte")}" "s3://{B}/batch/{n} ü+%.bin"\n' for n in range(40))
    s5cmd("run", stdin=lines)
    suite.equal("run", sorted(e["key"] for e in listed(f"s3://{B}/batch/*")), sorted(f"s3://{B}/batch/{n} ü+%.bin" for n in range(40)))
    s5cmd("rm", f"s3://{B}/batch/*")
    suite.equal("rm of a pattern", listed(f"s3://{B}/*") and [e for e in listed(f"s3://{B}/*") if "batch" in e["key"]], [])


@suite.part
def versions():
    suite.check("off", "unversioned" in s5cmd("bucket-version", f"s3://{A}").stdout.lower())
    s5cmd("bucket-version", "--set", "Enabled", f"s3://{A}")
    suite.check("enabled", "Enabled" in s5cmd("bucket-version", f"s3://{A}").stdout)
    for text in ("one", "two", "three"):
        s5cmd("pipe", f"s3://{A}/v", stdin=text)
    found = versions_of(f"s3://{A}/v")
    texts = [s5cmd("cat", "--version-id", version, f"s3://{A}/v").stdout for version in found]
    suite.equal("ls --all-versions and cat --version-id", sorted(texts), ["one", "three", "two"])
    ids = dict(zip(texts, found))
    s5cmd("cp", "--version-id", ids["one"], f"s3://{A}/v", path("v"))
    suite.equal("cp --version-id", open(path("v")).read(), "one")
    s5cmd("head", "--version-id", ids["two"], f"s3://{A}/v")
    s5cmd("rm", f"s3://{A}/v")
    gone = s5cmd("cat", f"s3://{A}/v", ok=False)
    suite.check("rm makes a marker", gone.returncode != 0, gone.stdout)
    suite.equal("the marker is listed", len(versions_of(f"s3://{A}/v")), 4)
    s5cmd("rm", "--version-id", ids["two"], f"s3://{A}/v")
    suite.equal("rm --version-id", len(versions_of(f"s3://{A}/v")), 3)
    out = s5cmd("du", "--all-versions", f"s3://{A}/v").stdout
    suite.check("du --all-versions", "8 bytes in" in out, out)
    s5cmd("bucket-version", "--set", "Suspended", f"s3://{A}")
    s5cmd("pipe", f"s3://{A}/v", stdin="null")
    suite.equal("a null version", s5cmd("cat", "--version-id", "null", f"s3://{A}/v").stdout, "null")


@suite.part
def away():
    full = s5cmd("rb", f"s3://{A}", ok=False)
    suite.check("rb of a full bucket", full.returncode != 0 and "BucketNotEmpty" in full.stderr, full.stderr)
    s5cmd("rm", "--all-versions", f"s3://{A}/*")
    s5cmd("rb", f"s3://{A}")
    s5cmd("rm", f"s3://{B}/*")
    s5cmd("rb", f"s3://{B}")
    out = s5cmd("ls").stdout
    suite.check("rb", A not in out and B not in out, out)


suite.finish()
