"""boto3: the ten additional checksums as header, as trailer and over parts; an object by its parts and attributes."""
import base64, hashlib, os, zlib
from awscrt import checksums
from boto3_strict import connect, no_surprises
from common import *

suite = Suite()
A = bucket("a")
s3 = connect()
ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]


def big_endian(function, size):
    return lambda data: function(data).to_bytes(size, "big")


def xxhash(begin):
    def value(data):
        made = begin()
        made.update(data)
        return made.finalize()

    return value


# Of each algorithm: the bytes of its value, and which kinds a multipart object can have.
ALGORITHMS = {
    "CRC32": (big_endian(zlib.crc32, 4), ("COMPOSITE", "FULL_OBJECT")),
    "CRC32C": (big_endian(checksums.crc32c, 4), ("COMPOSITE", "FULL_OBJECT")),
    "CRC64NVME": (big_endian(checksums.crc64nvme, 8), ("FULL_OBJECT",)),
    "SHA1": (lambda data: hashlib.sha1(data).digest(), ("COMPOSITE",)),
    "SHA256": (lambda data: hashlib.sha256(data).digest(), ("COMPOSITE",)),
    "SHA512": (lambda data: hashlib.sha512(data).digest(), ("COMPOSITE",)),
    "MD5": (lambda data: hashlib.md5(data).digest(), ("COMPOSITE",)),
    "XXHASH64": (xxhash(checksums.XXHash.new_xxhash64), ("COMPOSITE",)),
    "XXHASH3": (xxhash(checksums.XXHash.new_xxhash3_64), ("COMPOSITE",)),
    "XXHASH128": (xxhash(checksums.XXHash.new_xxhash3_128), ("COMPOSITE",)),
}
# It sends the value that it is given and computes none.
GIVEN = ("MD5",)


def text(raw):
    return base64.b64encode(raw).decode()


def asks(algorithm, data):
    """The members of a request that is to carry a checksum of its body."""
    return {f"Checksum{algorithm}": text(ALGORITHMS[algorithm][0](data))} if algorithm in GIVEN else {"ChecksumAlgorithm": algorithm}


def read(key, **more):
    return s3.get_object(Bucket=A, Key=key, **more)["Body"].read()


def trailing():
    """A client that sends its checksums behind the body, which botocore does over TLS only unless it is told."""
    client = connect()

    def behind(params, **_):
        algorithm = params["context"].get("checksum", {}).get("request_algorithm")
        if isinstance(algorithm, dict):
            algorithm["in"] = "trailer"

    client.meta.events.register("before-call.s3.PutObject", behind)
    client.meta.events.register("before-call.s3.UploadPart", behind)
    return client


@suite.part
def one_request():
    s3.create_bucket(Bucket=A)
    data, behind = os.urandom(300_000), trailing()
    for algorithm, (value, _) in ALGORITHMS.items():
        member, wanted = f"Checksum{algorithm}", text(value(data))
        for way, client in (("header", s3), ("trailer", behind)):
            label = f"{algorithm} as {way}"
            told = client.put_object(Bucket=A, Key=label, Body=data, ContentEncoding="x-own", **asks(algorithm, data))
            suite.equal(f"{label}: answer", (told[member], told["ChecksumType"]), (wanted, "FULL_OBJECT"))
            head = s3.head_object(Bucket=A, Key=label, ChecksumMode="ENABLED")
            suite.equal(f"{label}: head", (head[member], head["ChecksumType"], head["ContentEncoding"]), (wanted, "FULL_OBJECT", "x-own"))
            suite.equal(f"{label}: not unasked", member in s3.head_object(Bucket=A, Key=label), False)
            # botocore checks the checksum while it reads.
            suite.equal(f"{label}: bytes", hashlib.sha256(read(label, ChecksumMode="ENABLED")).hexdigest(), hashlib.sha256(data).hexdigest())
            found = s3.get_object_attributes(Bucket=A, Key=label, ObjectAttributes=ATTRIBUTES)
            suite.equal(f"{label}: attributes", (found["Checksum"], found["ObjectSize"], found["ETag"], found.get("ObjectParts")),
                        ({member: wanted, "ChecksumType": "FULL_OBJECT"}, len(data), hashlib.md5(data).hexdigest(), None))
        s3.put_object(Bucket=A, Key="given", Body=data, **{member: wanted})
        suite.refused(f"{algorithm}: a wrong one", "BadDigest", s3.put_object, Bucket=A, Key="wrong", Body=data, **{member: text(value(b""))})
        try:
            s3.put_object(Bucket=A, Key="wrong", Body=data, **{member: "no"})
            suite.check(f"{algorithm}: none at all", False, "accepted")
        except s3.exceptions.ClientError as error:
            # AWS documents no code of its own for what is no checksum.
            suite.check(f"{algorithm}: none at all", error.response["Error"]["Code"] in ("InvalidRequest", "BadDigest"), error)
        copied = s3.copy_object(Bucket=A, Key="copy", CopySource={"Bucket": A, "Key": "given"}, ChecksumAlgorithm=algorithm)
        suite.equal(f"{algorithm} of a copy", copied["CopyObjectResult"][member], wanted)
    suite.refused("nothing wrong was kept", "404", s3.head_object, Bucket=A, Key="wrong")
    suite.refused("two at once", "InvalidRequest", s3.put_object, Bucket=A, Key="wrong", Body=data, ChecksumCRC32=text(ALGORITHMS["CRC32"][0](data)),
                  ChecksumSHA256=text(hashlib.sha256(data).digest()))
    plain = connect(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    plain.put_object(Bucket=A, Key="none", Body=data)
    suite.equal("the default", s3.head_object(Bucket=A, Key="none", ChecksumMode="ENABLED")["ChecksumCRC64NVME"],
                text(checksums.crc64nvme(data).to_bytes(8, "big")))
    listed = {e["Key"]: e["ChecksumAlgorithm"] for e in s3.list_objects_v2(Bucket=A)["Contents"]}
    suite.equal("listing", [listed[f"{a} as trailer"] for a in ALGORITHMS], [[a] for a in ALGORITHMS])


@suite.part
def parts():
    behind = trailing()
    for algorithm, (value, kinds) in ALGORITHMS.items():
        for kind in kinds:
            in_parts(algorithm, kind, value, s3)
        in_parts(algorithm, kinds[-1], value, behind)
    for algorithm, kind in (("SHA1", "FULL_OBJECT"), ("SHA256", "FULL_OBJECT"), ("SHA512", "FULL_OBJECT"), ("MD5", "FULL_OBJECT"),
                            ("XXHASH3", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")):
        suite.refused(f"{algorithm} {kind}", "InvalidRequest", s3.create_multipart_upload, Bucket=A, Key="sum", ChecksumAlgorithm=algorithm,
                      ChecksumType=kind)


BODIES = os.urandom(5 * MIB), b"tail"


def in_parts(algorithm, kind, value, client):
    label, member = f"{algorithm} {kind}{' in trailers' if client is not s3 else ''}", f"Checksum{algorithm}"
    whole = text(value(b"".join(BODIES))) if kind == "FULL_OBJECT" else text(value(b"".join(map(value, BODIES)))) + "-2"
    begun = s3.create_multipart_upload(Bucket=A, Key="sum", ChecksumAlgorithm=algorithm, ChecksumType=kind)
    suite.equal(f"{label}: announced", (begun["ChecksumAlgorithm"], begun["ChecksumType"]), (algorithm, kind))
    ids, sent = {"Bucket": A, "Key": "sum", "UploadId": begun["UploadId"]}, []
    for number, data in enumerate(BODIES, 1):
        part = client.upload_part(PartNumber=number, Body=data, **asks(algorithm, data), **ids)
        suite.equal(f"{label}: part {number}", part[member], text(value(data)))
        sent.append({"PartNumber": number, "ETag": part["ETag"], member: part[member]})
    listed = s3.list_parts(**ids)
    suite.equal(f"{label}: list_parts", ([p[member] for p in listed["Parts"]], listed["ChecksumAlgorithm"], listed["ChecksumType"]),
                ([p[member] for p in sent], algorithm, kind))
    upload = s3.list_multipart_uploads(Bucket=A)["Uploads"][0]
    suite.equal(f"{label}: listed", (upload["ChecksumAlgorithm"], upload["ChecksumType"]), (algorithm, kind))
    complete = {"MultipartUpload": {"Parts": sent}, "ChecksumType": kind, **ids}
    suite.refused(f"{label}: wrong as a whole", "BadDigest", s3.complete_multipart_upload, **complete,
                  **{member: text(value(b"")) + ("-2" if kind == "COMPOSITE" else "")})
    wrong = [{**sent[0], member: sent[1][member]}, sent[1]]
    suite.refused(f"{label}: a wrong part", "InvalidPart", s3.complete_multipart_upload, **{**complete, "MultipartUpload": {"Parts": wrong}})
    suite.refused(f"{label}: another size", "InvalidRequest", s3.complete_multipart_upload, MpuObjectSize=5, **complete)
    done = s3.complete_multipart_upload(MpuObjectSize=5 * MIB + 4, **{member: whole}, **complete)
    suite.equal(f"{label}: complete", (done[member], done["ChecksumType"]), (whole, kind))
    got = s3.get_object(Bucket=A, Key="sum", ChecksumMode="ENABLED")
    suite.equal(f"{label}: get", (got[member], got["ChecksumType"]), (whole, kind))
    suite.equal(f"{label}: bytes", hashlib.sha256(got["Body"].read()).hexdigest(), hashlib.sha256(b"".join(BODIES)).hexdigest())
    by_parts(label, kind, member, sent, done)
    entry = s3.list_objects_v2(Bucket=A, Prefix="sum")["Contents"][0]
    suite.equal(f"{label}: listing", (entry["ChecksumAlgorithm"], entry["ChecksumType"]), ([algorithm], kind))
    version = s3.list_object_versions(Bucket=A, Prefix="sum")["Versions"][0]
    suite.equal(f"{label}: versions", (version["ChecksumAlgorithm"], version["ChecksumType"]), ([algorithm], kind))


def by_parts(label, kind, member, sent, done):
    second = s3.get_object(Bucket=A, Key="sum", PartNumber=2, ChecksumMode="ENABLED")
    suite.equal(f"{label}: part 2", (second["Body"].read(), second["PartsCount"], second["ContentRange"]),
                (b"tail", 2, f"bytes {5 * MIB}-{5 * MIB + 3}/{5 * MIB + 4}"))
    head = s3.head_object(Bucket=A, Key="sum", PartNumber=1)
    suite.equal(f"{label}: part 1", (head["ContentLength"], head["PartsCount"]), (5 * MIB, 2))
    suite.refused(f"{label}: part 3", "400", s3.head_object, Bucket=A, Key="sum", PartNumber=3)
    found = s3.get_object_attributes(Bucket=A, Key="sum", ObjectAttributes=ATTRIBUTES)
    suite.equal(f"{label}: attributes", (found["ObjectSize"], found["ETag"], found["StorageClass"], found["ObjectParts"]["TotalPartsCount"]),
                (5 * MIB + 4, done["ETag"].strip('"'), "STANDARD", 2))
    # AWS's descriptions show a checksum of checksums here both with the number of parts and without.
    suite.equal(f"{label}: checksum among them", (found["Checksum"][member].removesuffix("-2"), found["Checksum"]["ChecksumType"]),
                (done[member].removesuffix("-2"), kind))
    if kind == "COMPOSITE":
        wanted = [(p["PartNumber"], size, p[member]) for p, size in zip(sent, (5 * MIB, 4))]
        suite.equal(f"{label}: attributes of parts", [(p["PartNumber"], p["Size"], p[member]) for p in found["ObjectParts"]["Parts"]], wanted)
        page = s3.get_object_attributes(Bucket=A, Key="sum", ObjectAttributes=["ObjectParts"], MaxParts=1)["ObjectParts"]
        suite.equal(f"{label}: a page of them", (page["IsTruncated"], page["NextPartNumberMarker"], len(page["Parts"])), (True, 1, 1))
        page = s3.get_object_attributes(Bucket=A, Key="sum", ObjectAttributes=["ObjectParts"], PartNumberMarker=1)["ObjectParts"]
        suite.equal(f"{label}: and the next", (page["IsTruncated"], [p["PartNumber"] for p in page["Parts"]]), (False, [2]))


@suite.part
def attributes_of_versions():
    s3.put_bucket_versioning(Bucket=A, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=A, Key="v", Body=b"old", ChecksumAlgorithm="SHA1", StorageClass="STANDARD_IA")["VersionId"]
    s3.put_object(Bucket=A, Key="v", Body=b"newer")
    found = s3.get_object_attributes(Bucket=A, Key="v", VersionId=old, ObjectAttributes=ATTRIBUTES)
    suite.equal("of a version", (found["VersionId"], found["ObjectSize"], found["Checksum"]["ChecksumSHA1"], found["StorageClass"]),
                (old, 3, text(hashlib.sha1(b"old").digest()), "STANDARD_IA"))
    suite.equal("what is asked for", set(s3.get_object_attributes(Bucket=A, Key="v", ObjectAttributes=["ETag"])) - {"ResponseMetadata"},
                {"ETag", "LastModified", "VersionId"})
    s3.delete_object(Bucket=A, Key="v")
    suite.refused("of a deleted object", "NoSuchKey", s3.get_object_attributes, Bucket=A, Key="v", ObjectAttributes=["ETag"])


@suite.part
def whole_objects():
    copied = s3.copy_object(Bucket=A, Key="sum copy", CopySource={"Bucket": A, "Key": "sum"}, ChecksumAlgorithm="SHA256")["CopyObjectResult"]
    suite.equal("copy of parts with a new checksum", (copied["ChecksumSHA256"], copied["ChecksumType"]),
                (text(hashlib.sha256(b"".join(BODIES)).digest()), "FULL_OBJECT"))
    suite.refused("restore of what is not archived", "InvalidObjectState", s3.restore_object, Bucket=A, Key="sum", RestoreRequest={"Days": 1})
    s3.put_object(Bucket=A, Key="class", Body=b"x", StorageClass="STANDARD_IA", WebsiteRedirectLocation="/y")
    head = s3.head_object(Bucket=A, Key="class")
    suite.equal("class and redirect", (head["StorageClass"], head["WebsiteRedirectLocation"]), ("STANDARD_IA", "/y"))
    suite.refused("unknown class", "InvalidStorageClass", s3.put_object, Bucket=A, Key="class", Body=b"", StorageClass="FAST")


@suite.part
def away():
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=A):
        listed = [{"Key": e["Key"], "VersionId": e["VersionId"]} for kind in ("Versions", "DeleteMarkers") for e in page.get(kind, [])]
        s3.delete_objects(Bucket=A, Delete={"Objects": listed, "Quiet": True})
    s3.delete_bucket(Bucket=A)
    suite.refused("gone", "404", s3.head_bucket, Bucket=A)


@suite.part
def answers():
    no_surprises(suite)


suite.finish()
