"""restic: a backup, and back."""
import json, os
from common import *

suite = Suite()
NAME_OF_BUCKET = bucket("a")
ENVIRONMENT = clean_environment(AWS_ACCESS_KEY_ID=ACCESS, AWS_SECRET_ACCESS_KEY=SECRET, RESTIC_PASSWORD="cellar",
                                RESTIC_REPOSITORY=f"s3:{ENDPOINT}/{NAME_OF_BUCKET}/repository", RESTIC_CACHE_DIR=path("cache"))
LOOKUP = ("-o", f"s3.bucket-lookup={'dns' if STYLE == 'vhost' else 'path'}")


def restic(*arguments, **more):
    return run(TOOL, *LOOKUP, *arguments, env=ENVIRONMENT, **more)


def snapshots():
    return json.loads(restic("snapshots", "--json").stdout)


@suite.part
def backup_and_restore():
    restic("init")
    folder = tree("tree")
    restic("backup", folder)
    first = digests(folder)
    random_file("tree/mib", 2 * MIB)
    random_file("tree/new", 40 * MIB)
    restic("backup", folder)
    suite.equal("snapshots", len(snapshots()), 2)
    restic("check", "--read-data")
    restic("restore", "latest", "--target", path("latest"))
    suite.equal("restore", digests(path("latest") + folder), digests(folder))
    restic("restore", snapshots()[0]["id"], "--target", path("first"))
    suite.equal("restore of the first", digests(path("first") + folder), first)
    suite.check("init twice is refused", restic("init", ok=False).returncode != 0)


@suite.part
def forget_and_prune():
    restic("forget", "--keep-last", "1")
    restic("prune", "--max-unused", "0")
    suite.equal("snapshots after forget", len(snapshots()), 1)
    restic("check", "--read-data")
    restic("restore", "latest", "--target", path("pruned"))
    suite.equal("restore after prune", digests(path("pruned") + path("tree")), digests(path("tree")))


suite.finish()
