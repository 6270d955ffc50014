"""boto3: versions, their listing, conditional writes, tags and locks; the sub-resources nobody configured."""
import datetime, hashlib, os
from boto3_strict import connect, no_surprises
from common import *

suite = Suite()
A, B, PLAIN = bucket("a"), bucket("b"), bucket("plain")
LOCKED, LATE = bucket("locked"), bucket("late")
FAR = datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc)
s3 = connect()


def read(key, name=A, **more):
    return s3.get_object(Bucket=name, Key=key, **more)["Body"].read()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def put(key, body, name=A, **more):
    """Stores it; the version's id, or nothing where there are no versions."""
    return s3.put_object(Bucket=name, Key=key, Body=body, **more).get("VersionId")


def entries(page):
    """Key and version of each entry of a page of versions, the markers among them, in S3's order within each list."""
    return [(e["Key"], e["VersionId"]) for kind in ("Versions", "DeleteMarkers") for e in page.get(kind, [])]


def status(name, wanted):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": wanted})
    suite.equal(f"versioning {wanted}", s3.get_bucket_versioning(Bucket=name).get("Status"), wanted)


@suite.part
def versions():
    for name in (A, B, PLAIN):
        s3.create_bucket(Bucket=name)
    suite.equal("no versioning", "Status" in s3.get_bucket_versioning(Bucket=A), False)
    first = os.urandom(300_000)
    suite.equal("no version id without versioning", put("k", first), None)
    status(A, "Enabled")
    bodies = {"null": first}
    for size in (70_000, 5, 3 * MIB):
        body = os.urandom(size)
        bodies[put("k", body, Metadata={"size": str(size)})] = body
    suite.equal("four versions", len(bodies), 4)
    for version, body in bodies.items():
        got = s3.get_object(Bucket=A, Key="k", VersionId=version)
        suite.equal(f"version of {len(body)} bytes", (digest(got["Body"].read()), got["VersionId"]), (digest(body), version))
        head = s3.head_object(Bucket=A, Key="k", VersionId=version)
        suite.equal("its head", (head["ContentLength"], head["VersionId"]), (len(body), version))
    newest = list(bodies)[-1]
    suite.equal("the current one", digest(read("k")), digest(bodies[newest]))
    suite.equal("a range of one", read("k", VersionId="null", Range="bytes=10-19"), first[10:20])
    page = s3.list_object_versions(Bucket=A)
    suite.equal("newest first", [v["VersionId"] for v in page["Versions"]], list(bodies)[::-1])
    suite.equal("the latest", [v["IsLatest"] for v in page["Versions"]], [True, False, False, False])
    suite.equal("sizes and ETags", [(v["Size"], v["ETag"]) for v in page["Versions"]],
                [(len(b), f'"{hashlib.md5(b).hexdigest()}"') for b in reversed(bodies.values())])
    suite.equal("one in the listing of objects", [c["Size"] for c in s3.list_objects_v2(Bucket=A)["Contents"]], [3 * MIB])
    suite.refused("a version that cannot be", "InvalidArgument", read, "k", VersionId="no version")
    suite.refused("a full bucket", "BucketNotEmpty", s3.delete_bucket, Bucket=A)


@suite.part
def markers():
    newest = s3.head_object(Bucket=A, Key="k")["VersionId"]
    gone = s3.delete_object(Bucket=A, Key="k")
    suite.equal("a marker", gone["DeleteMarker"], True)
    marker = gone["VersionId"]
    for operation, code in ((s3.get_object, "NoSuchKey"), (s3.head_object, "404")):
        try:
            operation(Bucket=A, Key="k")
            suite.check("read of a marker", False, "accepted")
        except s3.exceptions.ClientError as error:
            headers = error.response["ResponseMetadata"]["HTTPHeaders"]
            told = error.response["Error"]["Code"], headers.get("x-amz-delete-marker"), headers.get("x-amz-version-id")
            suite.equal("read of a marker", told, (code, "true", marker))
    suite.refused("the marker itself", "MethodNotAllowed", read, "k", VersionId=marker)
    suite.refused("its head", "405", s3.head_object, Bucket=A, Key="k", VersionId=marker)
    page = s3.list_object_versions(Bucket=A)
    suite.equal("listed", [(m["VersionId"], m["IsLatest"]) for m in page["DeleteMarkers"]], [(marker, True)])
    suite.equal("no object", s3.list_objects_v2(Bucket=A)["KeyCount"], 0)
    removed = s3.delete_object(Bucket=A, Key="k", VersionId=marker)
    suite.equal("the marker removed", (removed["DeleteMarker"], removed["VersionId"]), (True, marker))
    suite.equal("the object is back", s3.head_object(Bucket=A, Key="k")["VersionId"], newest)
    removed = s3.delete_object(Bucket=A, Key="k", VersionId=newest)
    suite.equal("a version removed", ("DeleteMarker" in removed, removed["VersionId"]), (False, newest))
    suite.refused("a removed version", "NoSuchVersion", read, "k", VersionId=newest)
    suite.equal("the one before", len(read("k")), 5)
    s3.delete_object(Bucket=A, Key="k", VersionId=newest)


@suite.part
def suspended():
    kept = put("s", b"kept")
    status(A, "Suspended")
    suite.equal("a null version, told to readers alone", (put("s", b"null one"), s3.head_object(Bucket=A, Key="s")["VersionId"]), (None, "null"))
    put("s", b"null two")
    suite.equal("replaced", [v["VersionId"] for v in s3.list_object_versions(Bucket=A, Prefix="s")["Versions"]], ["null", kept])
    gone = s3.delete_object(Bucket=A, Key="s")
    suite.equal("a null marker", (gone["DeleteMarker"], gone["VersionId"]), (True, "null"))
    page = s3.list_object_versions(Bucket=A, Prefix="s")
    suite.equal("in its place", entries(page), [("s", kept), ("s", "null")])
    status(A, "Enabled")
    suite.equal("kept", read("s", VersionId=kept), b"kept")
    s3.delete_object(Bucket=A, Key="s", VersionId="null")
    suite.equal("current again", read("s"), b"kept")


@suite.part
def copies():
    body = os.urandom(6 * MIB)
    old = put("from", body, Metadata={"a": "old"}, Tagging="n=1")
    put("from", b"new", Metadata={"a": "new"})
    source = {"Bucket": A, "Key": "from", "VersionId": old}
    done = s3.copy_object(Bucket=B, Key="to", CopySource=source)
    suite.equal("version of the source", (done["CopySourceVersionId"], "VersionId" in done), (old, False))
    suite.equal("bytes", digest(read("to", B)), digest(body))
    suite.equal("metadata and tags", (s3.head_object(Bucket=B, Key="to")["Metadata"],
                s3.get_object_tagging(Bucket=B, Key="to")["TagSet"]), ({"a": "old"}, [{"Key": "n", "Value": "1"}]))
    back = s3.copy_object(Bucket=A, Key="from", CopySource=source)
    suite.check("an old version made current", back["VersionId"] not in (old, None), back)
    suite.equal("it is", digest(read("from")), digest(body))
    suite.equal("three versions", len(s3.list_object_versions(Bucket=A, Prefix="from")["Versions"]), 3)
    upload = s3.create_multipart_upload(Bucket=A, Key="part")["UploadId"]
    ids = {"Bucket": A, "Key": "part", "UploadId": upload}
    part = s3.upload_part_copy(PartNumber=1, CopySource=source, CopySourceRange=f"bytes=0-{5 * MIB}", **ids)
    suite.equal("version of a part's source", part["CopySourceVersionId"], old)
    whole = s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]}, **ids)
    suite.equal("of a part", digest(read("part", VersionId=whole["VersionId"])), digest(body[:5 * MIB + 1]))
    marker = s3.delete_object(Bucket=A, Key="from")["VersionId"]
    suite.refused("of a deleted key", "NoSuchKey", s3.copy_object, Bucket=B, Key="to", CopySource={"Bucket": A, "Key": "from"})
    suite.refused("of a marker", "InvalidRequest", s3.copy_object, Bucket=B, Key="to", CopySource={**source, "VersionId": marker})


@suite.part
def listing():
    name, versions = bucket("list"), {}
    s3.create_bucket(Bucket=name)
    status(name, "Enabled")
    keys = ["a", "b/1", "b/2", "b--c", "b--d", "c", *[f"d/{n:02}" for n in range(8)], "e ü+%&<", "tab\there"]
    for key in keys:
        versions[key] = [put(key, f"{key} {n}".encode(), name) for n in range(3)]
    for key in ("a", "d/03"):
        versions[key].append(s3.delete_object(Bucket=name, Key=key)["VersionId"])
    everything = [(key, version) for key in sorted(keys) for version in reversed(versions[key])]
    full = s3.list_object_versions(Bucket=name)
    suite.equal("all on one page", sorted(entries(full)), sorted(everything))
    suite.equal("latest", sorted(e["Key"] for kind in ("Versions", "DeleteMarkers") for e in full[kind] if e["IsLatest"]), sorted(keys))
    for size in (1, 2, 5, 7):
        found, markers = [], {}
        while True:
            page = s3.list_object_versions(Bucket=name, MaxKeys=size, **markers)
            suite.check("a page is full or the last", len(entries(page)) == size or not page["IsTruncated"], entries(page))
            # Within one page S3 answers versions and markers apart; their order is the key's, then the newest first.
            found += sorted(entries(page), key=everything.index)
            if not page["IsTruncated"]:
                break
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
            suite.equal("the marker is the page's last", (markers["KeyMarker"], markers["VersionIdMarker"]), found[-1])
        suite.equal(f"pages of {size}", found, everything)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=name, PaginationConfig={"PageSize": 4})
    suite.equal("paginator", sorted(e for page in pages for e in entries(page)), sorted(everything))
    suite.equal("KeyMarker alone goes past the key", entries(s3.list_object_versions(Bucket=name, KeyMarker="d/07"))[0][0], "e ü+%&<")
    page = s3.list_object_versions(Bucket=name, KeyMarker="c", VersionIdMarker=versions["c"][1], MaxKeys=1)
    suite.equal("both markers go on in the key", entries(page), [("c", versions["c"][0])])
    suite.refused("a version marker alone", "InvalidArgument", s3.list_object_versions, Bucket=name, VersionIdMarker=versions["c"][1])
    page = s3.list_object_versions(Bucket=name, Delimiter="/")
    suite.equal("prefixes", [p["Prefix"] for p in page["CommonPrefixes"]], ["b/", "d/"])
    suite.equal("beside them", {k for k, _ in entries(page)}, {k for k in keys if "/" not in k})
    page = s3.list_object_versions(Bucket=name, Delimiter="--", Prefix="b")
    suite.equal("a delimiter of several", ([p["Prefix"] for p in page["CommonPrefixes"]], len(entries(page))), (["b--"], 6))
    page = s3.list_object_versions(Bucket=name, Delimiter="/", MaxKeys=1, KeyMarker="b--d")
    suite.equal("a page of one prefix", ([p["Prefix"] for p in page["CommonPrefixes"]], page["NextKeyMarker"], page["IsTruncated"]),
                (["b/"], "b/", True))
    page = s3.list_object_versions(Bucket=name, Delimiter="/", MaxKeys=1, KeyMarker=page["NextKeyMarker"])
    suite.equal("and after it", entries(page), [("c", versions["c"][2])])
    page = s3.list_object_versions(Bucket=name, MaxKeys=0)
    suite.equal("MaxKeys 0", (page["IsTruncated"], entries(page)), (False, []))
    suite.refused("MaxKeys -1", "InvalidArgument", s3.list_object_versions, Bucket=name, MaxKeys=-1)
    page = s3.list_object_versions(Bucket=name, Prefix="d/03", OptionalObjectAttributes=["RestoreStatus"])
    suite.check("owners", all(e["Owner"]["ID"] for e in page["Versions"] + page["DeleteMarkers"]), page)
    objects = [k for k in sorted(keys) if k not in ("a", "d/03")]
    suite.equal("objects, V2", [c["Key"] for c in s3.list_objects_v2(Bucket=name, OptionalObjectAttributes=["RestoreStatus"])["Contents"]], objects)
    suite.equal("objects, V1", [c["Key"] for c in s3.list_objects(Bucket=name)["Contents"]], objects)
    page = s3.list_objects_v2(Bucket=name, Delimiter="--", Prefix="b", FetchOwner=True)
    suite.equal("V2, a delimiter of several", ([p["Prefix"] for p in page["CommonPrefixes"]], page["KeyCount"]), (["b--"], 3))
    listed = [{"Key": k, "VersionId": v} for k, v in everything]
    done = s3.delete_objects(Bucket=name, Delete={"Objects": listed})
    suite.equal("bulk delete of versions", sorted((d["Key"], d["VersionId"]) for d in done["Deleted"]), sorted(everything))
    suite.equal("markers among them", sorted(d["Key"] for d in done["Deleted"] if d.get("DeleteMarker")), ["a", "d/03"])
    s3.delete_bucket(Bucket=name)


@suite.part
def bulk():
    old = put("bulk", b"1")
    new = put("bulk", b"2")
    done = s3.delete_objects(Bucket=A, Delete={"Objects": [{"Key": "bulk"}, {"Key": "bulk never"}]})
    made = {d["Key"]: d["DeleteMarkerVersionId"] for d in done["Deleted"] if d["DeleteMarker"]}
    suite.equal("markers made", (sorted(made), done.get("Errors")), (["bulk", "bulk never"], None))
    gone = [{"Key": key, "VersionId": version} for key, version in made.items()] + [{"Key": "bulk", "VersionId": old}]
    done = s3.delete_objects(Bucket=A, Delete={"Objects": gone})
    suite.equal("versions removed", sorted((d["Key"], d["VersionId"], d.get("DeleteMarker", False)) for d in done["Deleted"]),
                sorted([(k, v, True) for k, v in made.items()] + [("bulk", old, False)]))
    suite.equal("what is left", entries(s3.list_object_versions(Bucket=A, Prefix="bulk")), [("bulk", new)])
    done = s3.delete_objects(Bucket=A, Delete={"Objects": [{"Key": "bulk", "VersionId": old}], "Quiet": True})
    suite.equal("twice and quiet", (done.get("Deleted"), done.get("Errors")), (None, None))
    done = s3.delete_objects(Bucket=A, Delete={"Objects": [{"Key": "bulk", "VersionId": "no version"}]})
    suite.equal("a version that cannot be", len(done["Errors"]), 1)
    suite.refused("1,001 of them", "MalformedXML", s3.delete_objects, Bucket=A, Delete={"Objects": [{"Key": "x"}] * 1001})


@suite.part
def conditions():
    for name in (A, PLAIN):
        tag = s3.put_object(Bucket=name, Key="if", Body=b"1", IfNoneMatch="*")["ETag"]
        suite.refused("create twice", "PreconditionFailed", s3.put_object, Bucket=name, Key="if", Body=b"2", IfNoneMatch="*")
        suite.refused("replace another", "PreconditionFailed", s3.put_object, Bucket=name, Key="if", Body=b"2", IfMatch='"no"')
        suite.refused("replace nothing", "NoSuchKey", s3.put_object, Bucket=name, Key="if none", Body=b"2", IfMatch=tag)
        tag = s3.put_object(Bucket=name, Key="if", Body=b"2", IfMatch=tag)["ETag"]
        source = {"Bucket": name, "Key": "if"}
        s3.copy_object(Bucket=name, Key="if copy", CopySource=source, IfNoneMatch="*", CopySourceIfMatch=tag)
        suite.refused("copy twice", "PreconditionFailed", s3.copy_object, Bucket=name, Key="if copy", CopySource=source, IfNoneMatch="*")
        suite.refused("copy onto another", "PreconditionFailed", s3.copy_object, Bucket=name, Key="if copy", CopySource=source, IfMatch='"no"')
        s3.copy_object(Bucket=name, Key="if copy", CopySource=source, IfMatch=tag)
        for condition, value in (("CopySourceIfMatch", '"no"'), ("CopySourceIfNoneMatch", tag), ("CopySourceIfModifiedSince", FAR),
                                 ("CopySourceIfUnmodifiedSince", FAR.replace(year=1999))):
            # A date to come is no condition to AWS.
            if condition == "CopySourceIfModifiedSince":
                value = s3.head_object(Bucket=name, Key="if")["LastModified"]
            suite.refused(condition, "PreconditionFailed", s3.copy_object, Bucket=name, Key="if copy", CopySource=source, **{condition: value})
        upload = s3.create_multipart_upload(Bucket=name, Key="if")["UploadId"]
        ids = {"Bucket": name, "Key": "if", "UploadId": upload}
        ids["MultipartUpload"] = {"Parts": [{"PartNumber": 1, "ETag": s3.upload_part(PartNumber=1, Body=b"3", **ids)["ETag"]}]}
        suite.refused("complete over it", "PreconditionFailed", s3.complete_multipart_upload, IfNoneMatch="*", **ids)
        suite.refused("complete over another", "PreconditionFailed", s3.complete_multipart_upload, IfMatch='"no"', **ids)
        tag = s3.complete_multipart_upload(IfMatch=tag, **ids)["ETag"]
        suite.refused("delete another", "PreconditionFailed", s3.delete_object, Bucket=name, Key="if", IfMatch='"no"')
        done = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "if", "ETag": '"no"'}, {"Key": "if copy"}]})
        suite.equal("each key has its condition", ([e["Code"] for e in done["Errors"]], [d["Key"] for d in done["Deleted"]]),
                    (["PreconditionFailed"], ["if copy"]))
        suite.equal("nothing was lost", read("if", name), b"3")
        s3.delete_object(Bucket=name, Key="if", IfMatch=tag)
        suite.refused("gone", "NoSuchKey", read, "if", name)
        suite.refused("replace a deleted one", "NoSuchKey", s3.put_object, Bucket=name, Key="if", Body=b"", IfMatch=tag)
        s3.put_object(Bucket=name, Key="if", Body=b"4", IfNoneMatch="*")
        suite.equal("create after a delete", read("if", name), b"4")


@suite.part
def tags():
    def of(**more):
        return {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=A, Key="t", **more)["TagSet"]}

    old = put("t", b"1", Tagging="a=1&b%20%C3%BC=%2B+x")
    suite.equal("with the object", of(), {"a": "1", "b ü": "+ x"})
    suite.equal("their count", s3.get_object(Bucket=A, Key="t")["TagCount"], 2)
    new = put("t", b"2")
    suite.equal("none on the next", (of(), "TagCount" in s3.head_object(Bucket=A, Key="t")), ({}, False))
    more = {"TagSet": [{"Key": "c", "Value": ""}]}
    told = s3.put_object_tagging(Bucket=A, Key="t", VersionId=old, Tagging=more)
    suite.equal("on a version", (told["VersionId"], of(VersionId=old), of()), (old, {"c": ""}, {}))
    s3.put_object_tagging(Bucket=A, Key="t", Tagging={"TagSet": [{"Key": f"k{n}", "Value": "v" * 256} for n in range(10)]})
    suite.equal("ten", (len(of()), s3.get_object_tagging(Bucket=A, Key="t")["VersionId"]), (10, new))
    for label, code, wrong in (("eleven", "InvalidTag", [{"Key": f"k{n}", "Value": ""} for n in range(11)]),
                               ("one twice", "InvalidTag", [{"Key": "k", "Value": str(n)} for n in range(2)]),
                               ("a long key", "InvalidTag", [{"Key": "k" * 129, "Value": ""}]),
                               ("a long value", "InvalidTag", [{"Key": "k", "Value": "v" * 257}])):
        suite.refused(label, code, s3.put_object_tagging, Bucket=A, Key="t", Tagging={"TagSet": wrong})
    source = {"Bucket": A, "Key": "t", "VersionId": old}
    s3.copy_object(Bucket=A, Key="t", CopySource=source)
    suite.equal("copied", of(), {"c": ""})
    s3.copy_object(Bucket=A, Key="t", CopySource=source, TaggingDirective="REPLACE", Tagging="d=4")
    suite.equal("replaced by a copy", of(), {"d": "4"})
    gone = s3.delete_object_tagging(Bucket=A, Key="t", VersionId=old)
    suite.equal("removed from a version", (gone["VersionId"], of(VersionId=old), of()), (old, {}, {"d": "4"}))
    upload = s3.create_multipart_upload(Bucket=A, Key="t", Tagging="e=5", Metadata={"m": "1"}, StorageClass="STANDARD_IA")["UploadId"]
    ids = {"Bucket": A, "Key": "t", "UploadId": upload}
    parts = {"Parts": [{"PartNumber": 7, "ETag": s3.upload_part(PartNumber=7, Body=b"p", **ids)["ETag"]}]}
    s3.complete_multipart_upload(MultipartUpload=parts, **ids)
    head = s3.head_object(Bucket=A, Key="t")
    suite.equal("carried from the upload", (of(), head["Metadata"], head["StorageClass"]), ({"e": "5"}, {"m": "1"}, "STANDARD_IA"))
    suite.refused("no bucket tags", "NoSuchTagSet", s3.get_bucket_tagging, Bucket=A)
    listed = [{"Key": f"k{n:02}", "Value": f"ü {n}"} for n in range(50)]
    s3.put_bucket_tagging(Bucket=A, Tagging={"TagSet": listed})
    suite.equal("bucket tags", sorted(s3.get_bucket_tagging(Bucket=A)["TagSet"], key=lambda t: t["Key"]), listed)
    s3.delete_bucket_tagging(Bucket=A)
    suite.refused("removed", "NoSuchTagSet", s3.get_bucket_tagging, Bucket=A)


@suite.part
def uploads():
    ids = []
    for key in ("u/1", "u/1", "u/1", "u/2", "v/x/1", "v/x/2", "w"):
        ids.append((key, s3.create_multipart_upload(Bucket=A, Key=key)["UploadId"]))
    for size in (1, 2, 3):
        found, markers = [], {}
        while True:
            page = s3.list_multipart_uploads(Bucket=A, MaxUploads=size, **markers)
            found += [(u["Key"], u["UploadId"]) for u in page["Uploads"]]
            if not page["IsTruncated"]:
                break
            markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
            suite.equal("the marker is the page's last", (markers["KeyMarker"], markers["UploadIdMarker"]), found[-1])
        suite.equal(f"pages of {size}", (sorted(found), [k for k, _ in found]), (sorted(ids), [k for k, _ in ids]))
    page = s3.list_multipart_uploads(Bucket=A, Delimiter="/", Prefix="v/")
    suite.equal("prefixes", ([p["Prefix"] for p in page["CommonPrefixes"]], page.get("Uploads")), (["v/x/"], None))
    suite.equal("KeyMarker alone", [u["Key"] for u in s3.list_multipart_uploads(Bucket=A, KeyMarker="u/1")["Uploads"]],
                ["u/2", "v/x/1", "v/x/2", "w"])
    key, upload = ids[-1]
    for number in (1, 2, 5, 10000):
        s3.upload_part(Bucket=A, Key=key, UploadId=upload, PartNumber=number, Body=str(number).encode())
    found, marker = [], 0
    while True:
        page = s3.list_parts(Bucket=A, Key=key, UploadId=upload, MaxParts=3, PartNumberMarker=marker)
        found += [p["PartNumber"] for p in page["Parts"]]
        if not page["IsTruncated"]:
            break
        marker = page["NextPartNumberMarker"]
    suite.equal("parts paged", (found, marker), ([1, 2, 5, 10000], 5))
    pages = s3.get_paginator("list_parts").paginate(Bucket=A, Key=key, UploadId=upload, PaginationConfig={"PageSize": 1})
    suite.equal("paginator", [p["PartNumber"] for page in pages for p in page["Parts"]], found)
    for key, upload in ids:
        s3.abort_multipart_upload(Bucket=A, Key=key, UploadId=upload)
    suite.equal("aborted", s3.list_multipart_uploads(Bucket=A).get("Uploads"), None)


@suite.part
def locks():
    s3.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    suite.refused("suspending under lock", "InvalidBucketState", s3.put_bucket_versioning, Bucket=LOCKED,
                  VersioningConfiguration={"Status": "Suspended"})
    enabled = {"ObjectLockEnabled": "Enabled"}
    suite.equal("no rule yet", s3.get_object_lock_configuration(Bucket=LOCKED)["ObjectLockConfiguration"], enabled)
    years = {**enabled, "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}}
    s3.put_object_lock_configuration(Bucket=LOCKED, ObjectLockConfiguration=years)
    suite.equal("years", s3.get_object_lock_configuration(Bucket=LOCKED)["ObjectLockConfiguration"], years)
    s3.put_object_lock_configuration(Bucket=LOCKED, ObjectLockConfiguration=enabled)
    suite.refused("enabling without versions", "InvalidBucketState", s3.put_object_lock_configuration, Bucket=PLAIN, ObjectLockConfiguration=enabled)
    suite.refused("none configured", "ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration, Bucket=PLAIN)
    suite.refused("a lock where there are none", "InvalidRequest", s3.put_object, Bucket=PLAIN, Key="l", Body=b"", ObjectLockMode="GOVERNANCE",
                  ObjectLockRetainUntilDate=FAR)
    s3.create_bucket(Bucket=LATE)
    status(LATE, "Enabled")
    s3.put_object_lock_configuration(Bucket=LATE, ObjectLockConfiguration=enabled)
    suite.equal("enabled later", s3.get_object_lock_configuration(Bucket=LATE)["ObjectLockConfiguration"], enabled)
    old, new = put("l", b"1", LOCKED), put("l", b"2", LOCKED)
    ids = {"Bucket": LOCKED, "Key": "l", "VersionId": old}
    suite.refused("no retention yet", "NoSuchObjectLockConfiguration", s3.get_object_retention, **ids)
    until = FAR - datetime.timedelta(days=400)
    s3.put_object_retention(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}, **ids)
    suite.equal("of this version only", ("ObjectLockMode" in s3.head_object(Bucket=LOCKED, Key="l"), s3.head_object(**ids)["ObjectLockRetainUntilDate"]),
                (False, until))
    s3.put_object_retention(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": FAR}, **ids)
    suite.equal("extended", s3.get_object_retention(**ids)["Retention"]["RetainUntilDate"], FAR)
    suite.refused("a date gone by", "InvalidArgument", s3.put_object_retention, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": FAR.replace(year=1999)}, **ids)
    suite.refused("locked", "AccessDenied", s3.delete_object, **ids)
    marker = s3.delete_object(Bucket=LOCKED, Key="l")["VersionId"]
    suite.equal("a marker over it may be", read("l", LOCKED, VersionId=old), b"1")
    s3.delete_object(Bucket=LOCKED, Key="l", VersionId=marker)
    s3.put_object_legal_hold(Bucket=LOCKED, Key="l", LegalHold={"Status": "ON"})
    suite.equal("a hold on the current one", s3.head_object(Bucket=LOCKED, Key="l")["ObjectLockLegalHoldStatus"], "ON")
    suite.refused("held", "AccessDenied", s3.delete_object, Bucket=LOCKED, Key="l", VersionId=new, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=LOCKED, Key="l", VersionId=new, LegalHold={"Status": "OFF"})
    s3.copy_object(Bucket=LOCKED, Key="copy", CopySource={"Bucket": LOCKED, "Key": "l", "VersionId": old}, ObjectLockMode="GOVERNANCE",
                   ObjectLockRetainUntilDate=FAR, ObjectLockLegalHoldStatus="ON")
    head = s3.head_object(Bucket=LOCKED, Key="copy")
    suite.equal("with a copy", (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]), ("GOVERNANCE", "ON"))
    suite.refused("a lock without a digest", "InvalidRequest", connect(request_checksum_calculation="when_required").put_object, Bucket=LOCKED,
                  Key="l", Body=b"", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=FAR)
    # Nothing removes this one before its time, so it and its bucket stay.
    ids = {"Bucket": LOCKED, "Key": "for ever", "VersionId": put("for ever", b"3", LOCKED, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)}
    for label, wrong in (("shortened", {"Mode": "COMPLIANCE", "RetainUntilDate": until - datetime.timedelta(days=1)}),
                         ("loosened", {"Mode": "GOVERNANCE", "RetainUntilDate": until}), ("lifted", {})):
        suite.refused(f"compliance {label}", "AccessDenied", s3.put_object_retention, Retention=wrong, BypassGovernanceRetention=True, **ids)
    suite.refused("compliance removed", "AccessDenied", s3.delete_object, BypassGovernanceRetention=True, **ids)
    s3.put_object_retention(Retention={"Mode": "COMPLIANCE", "RetainUntilDate": FAR}, **ids)
    suite.equal("compliance extended", s3.get_object_retention(**ids)["Retention"], {"Mode": "COMPLIANCE", "RetainUntilDate": FAR})
    suite.refused("its bucket", "BucketNotEmpty", s3.delete_bucket, Bucket=LOCKED)


@suite.part
def cors():
    origin, link = "https://app.example", s3.generate_presigned_url("put_object", Params={"Bucket": PLAIN, "Key": "cors"})
    asks = {"Origin": origin, "Access-Control-Request-Method": "PUT"}

    def answered(method="OPTIONS", url=link, headers=asks, data=None):
        code, told, _ = fetch(url, method, data, headers)
        return code, told["access-control-allow-origin"], told["access-control-allow-methods"]

    suite.equal("OPTIONS without an origin", answered(headers={}), (400, None, None))
    suite.equal("OPTIONS without rules", answered(), (403, None, None))
    rules = [{"ID": "a", "AllowedHeaders": ["x-amz-*"], "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example"],
              "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000}, {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]}]
    s3.put_bucket_cors(Bucket=PLAIN, CORSConfiguration={"CORSRules": rules})
    suite.equal("get_bucket_cors", s3.get_bucket_cors(Bucket=PLAIN)["CORSRules"], rules)
    suite.equal("OPTIONS of a link", answered(), (200, origin, "GET, PUT"))
    suite.equal("OPTIONS from another site", answered(headers={**asks, "Origin": "https://other.org"}), (403, None, None))
    suite.equal("the link", answered("PUT", headers={"Origin": origin}, data=b"x"), (200, origin, "GET, PUT"))
    wrong = link.replace("Signature=", "Signature=0")
    suite.equal("a wrong one", answered("PUT", wrong, {"Origin": origin}, b"x"), (403, origin, "GET, PUT"))
    for bad, code in ((dict(rules[0], AllowedMethods=["PATCH"]), "InvalidRequest"), (dict(rules[0], AllowedOrigins=["**"]), "InvalidRequest")):
        suite.refused(f"{code}", code, s3.put_bucket_cors, Bucket=PLAIN, CORSConfiguration={"CORSRules": [bad]})
    suite.refused("no rules", "MalformedXML", s3.put_bucket_cors, Bucket=PLAIN, CORSConfiguration={"CORSRules": []})
    s3.delete_bucket_cors(Bucket=PLAIN)
    suite.refused("delete_bucket_cors", "NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=PLAIN)
    s3.delete_object(Bucket=PLAIN, Key="cors")


@suite.part
def unconfigured():
    ids = {"Bucket": PLAIN}
    for operation, code in ((s3.get_bucket_cors, "NoSuchCORSConfiguration"), (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
                            (s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"),
                            (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
                            (s3.get_bucket_policy, "NoSuchBucketPolicy"),
                            (s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"),
                            (s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError"),
                            (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
                            (s3.get_bucket_tagging, "NoSuchTagSet"),
                            (s3.get_bucket_metadata_configuration, "MetadataConfigurationNotFound"),
                            (s3.get_bucket_metadata_table_configuration, "MetadataConfigurationNotFound")):
        suite.refused(operation.__name__, code, operation, **ids)
    suite.equal("public", s3.get_bucket_policy_status(**ids)["PolicyStatus"]["IsPublic"], False)
    suite.equal("logging", s3.get_bucket_logging(**ids).get("LoggingEnabled"), None)
    suite.equal("acceleration", s3.get_bucket_accelerate_configuration(**ids).get("Status"), None)
    suite.equal("payer", s3.get_bucket_request_payment(**ids)["Payer"], "BucketOwner")
    suite.check("notification", set(s3.get_bucket_notification_configuration(**ids)) == {"ResponseMetadata"})
    for kind, member in (("analytics", "AnalyticsConfigurationList"), ("inventory", "InventoryConfigurationList"),
                         ("metrics", "MetricsConfigurationList"), ("intelligent_tiering", "IntelligentTieringConfigurationList")):
        page = getattr(s3, f"list_bucket_{kind}_configurations")(**ids)
        suite.equal(kind, (page.get(member), page["IsTruncated"]), (None, False))
        suite.refused(f"one of {kind}", "NoSuchConfiguration", getattr(s3, f"get_bucket_{kind}_configuration"), Id="x", **ids)
        gone = getattr(s3, f"delete_bucket_{kind}_configuration")(Id="x", **ids)
        suite.equal(f"none of {kind} to remove", gone["ResponseMetadata"]["HTTPStatusCode"], 204)
    s3.put_bucket_request_payment(RequestPaymentConfiguration={"Payer": "Requester"}, **ids)
    suite.equal("the requester pays", s3.get_bucket_request_payment(**ids)["Payer"], "Requester")
    s3.put_bucket_request_payment(RequestPaymentConfiguration={"Payer": "BucketOwner"}, **ids)
    rule = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    suite.refused("encryption", "NotImplemented", s3.put_bucket_encryption, ServerSideEncryptionConfiguration=rule, **ids)
    suite.refused("acceleration", "NotImplemented", s3.put_bucket_accelerate_configuration, AccelerateConfiguration={"Status": "Enabled"}, **ids)
    s3.put_bucket_accelerate_configuration(AccelerateConfiguration={"Status": "Suspended"}, **ids)
    suite.equal("no acceleration", s3.get_bucket_accelerate_configuration(**ids)["Status"], "Suspended")
    if hasattr(s3, "get_bucket_abac"):
        suite.equal("rights by tags of the bucket", s3.get_bucket_abac(**ids)["AbacStatus"]["Status"], "Disabled")
    suite.refused("another's bucket", "403", s3.head_bucket, ExpectedBucketOwner="111122223333", **ids)
    suite.equal("verbatim", s3.put_object(Key="v", Body=b"", ContentEncoding="x-own", ContentType="A/b; C=d", **ids) and
                [s3.head_object(Key="v", **ids)[h] for h in ("ContentEncoding", "ContentType")], ["x-own", "A/b; C=d"])


@suite.part
def away():
    for name in (A, B, PLAIN, LATE, LOCKED):
        if name == LOCKED:
            s3.put_object_legal_hold(Bucket=name, Key="copy", LegalHold={"Status": "OFF"})
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            listed = [{"Key": k, "VersionId": v} for k, v in entries(page) if k != "for ever"]
            if listed:
                more = {"BypassGovernanceRetention": True} if name == LOCKED else {}
                done = s3.delete_objects(Bucket=name, Delete={"Objects": listed}, **more)
                suite.equal("every version", done.get("Errors"), None)
        if name != LOCKED:
            s3.delete_bucket(Bucket=name)
    suite.equal("what is locked for ever is there", read("for ever", LOCKED), b"3")


@suite.part
def answers():
    no_surprises(suite)


suite.finish()
