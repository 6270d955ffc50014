"""s3cmd, V2 and V4, path style, virtual hosts, and through proxy_host with absolute request URIs."""
import json, os, re, signal, subprocess, time, xml.etree.ElementTree
from common import *
from server import Caller

suite = Suite()
S3CMD = os.path.join(TOOL, "bin", "s3cmd")
CONFIG = path("s3cfg")
A, B = bucket("a"), bucket("b")


def configure():
    proxy = ""
    if STYLE == "proxy":
        # Nothing resolves this name: the request must reach the server through the proxy settings alone.
        base, per_bucket = "s3.dolium.test", "%(bucket)s.s3.dolium.test"
        proxy = f"proxy_host = {HOST}\nproxy_port = {PORT}\n"
    elif STYLE == "vhost":
        base, per_bucket = f"localhost:{PORT}", f"%(bucket)s.localhost:{PORT}"
    else:
        base = per_bucket = f"{HOST}:{PORT}"
    with open(CONFIG, "w") as out:
        out.write(f"[default]\naccess_key = {ACCESS}\nsecret_key = {SECRET}\nhost_base = {base}\n"
                  f"host_bucket = {per_bucket}\nuse_https = False\nsignature_v2 = {AUTH == 'v2'}\n{proxy}")


def s3cmd(*arguments, **more):
    return run(S3CMD, "-c", CONFIG, "--no-progress", *arguments, **more)


def listed(uri):
    """The full URIs below one, with their sizes."""
    found = {}
    for line in s3cmd("ls", "--recursive", uri).stdout.split("\n"):
        match = re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d +(\d+)  (s3://.*)$", line)
        if match:
            found[match[2]] = int(match[1])
    return found


@suite.part
def buckets():
    for name in (A, B):
        suite.check("mb", "created" in s3cmd("mb", f"s3://{name}").stdout)
    out = s3cmd("ls").stdout
    suite.check("ls names both", f"s3://{A}" in out and f"s3://{B}" in out, out)
    again = s3cmd("mb", f"s3://{A}", ok=False)
    suite.check("mb of one's own bucket", again.returncode == 0 or "BucketAlreadyOwnedByYou" in again.stderr, again.stderr)
    info = s3cmd("info", f"s3://{A}").stdout
    suite.check("info of a bucket", "Location:" in info, info)


@suite.part
def objects():
    picture = random_file("picture.jpg", 300_000)
    uri = f"s3://{A}/picture.jpg"
    s3cmd("put", picture, uri, "--add-header=x-amz-meta-foo:bar", "--add-header=Cache-Control: max-age=60",
          "--mime-type=image/jpeg")
    s3cmd("get", uri, path("picture.back"))
    suite.same_bytes("get", path("picture.back"), picture)
    info = s3cmd("info", uri).stdout
    suite.check("info: size", re.search(r"File size: +300000", info), info)
    suite.check("info: type", re.search(r"MIME type: +image/jpeg", info), info)
    suite.check("info: MD5", md5(picture) in info, info)
    suite.check("info: metadata", re.search(r"x-amz-meta-foo: +bar", info), info)
    suite.check("ls", listed(f"s3://{A}") == {uri: 300000}, listed(f"s3://{A}"))
    s3cmd("modify", "--add-header=x-amz-meta-second:two", uri)
    info = s3cmd("info", uri).stdout
    suite.check("modify", re.search(r"x-amz-meta-second: +two", info) and "foo" in info, info)
    empty = random_file("empty.file", 0)
    s3cmd("put", empty, f"s3://{A}/empty")
    s3cmd("get", f"s3://{A}/empty", path("empty.back"))
    suite.same_bytes("empty object", path("empty.back"), empty)
    s3cmd("get", "--continue", uri, path("picture.back"))
    with open(path("half"), "wb") as half, open(picture, "rb") as whole:
        half.write(whole.read(100_000))
    s3cmd("get", "--continue", uri, path("half"))
    suite.same_bytes("get --continue", path("half"), picture)
    suite.check("du", s3cmd("du", f"s3://{A}").stdout.split()[0] == "300000")
    missing = s3cmd("get", f"s3://{A}/nothing", path("nothing"), ok=False)
    suite.check("get of a missing key", missing.returncode != 0 and "does not exist" in missing.stderr, missing.stderr)


@suite.part
def copies():
    source = random_file("copy.src", 70_000)
    s3cmd("put", source, f"s3://{A}/from me+%.bin")
    s3cmd("cp", f"s3://{A}/from me+%.bin", f"s3://{B}/to ü.bin")
    s3cmd("get", f"s3://{B}/to ü.bin", path("copy.back"))
    suite.same_bytes("cp", path("copy.back"), source)
    s3cmd("mv", f"s3://{B}/to ü.bin", f"s3://{A}/moved//x")
    s3cmd("get", f"s3://{A}/moved//x", path("moved.back"))
    suite.same_bytes("mv", path("moved.back"), source)
    suite.equal("mv leaves nothing", listed(f"s3://{B}"), {})


@suite.part
def strange_keys():
    # s3cmd takes a trailing slash for a folder and adds the file's name.
    keys = [k for k in STRANGE if not k.endswith("/")]
    for index, key in enumerate(keys):
        source = random_file(f"strange/{index}", 100 + index)
        s3cmd("put", source, f"s3://{B}/{key}")
        s3cmd("get", "--force", f"s3://{B}/{key}", path("strange.back"))
        suite.same_bytes(f"key {key[:40]!r}", path("strange.back"), source)
    want = {f"s3://{B}/{key}": 100 + index for index, key in enumerate(keys)}
    suite.equal("ls of strange keys", listed(f"s3://{B}"), want)
    out = s3cmd("ls", f"s3://{B}/a/").stdout
    suite.check("ls with delimiter", f"DIR  s3://{B}/a/../" in out, out)
    for key in keys[:6]:
        s3cmd("del", f"s3://{B}/{key}")
    suite.equal("del one by one", len(listed(f"s3://{B}")), len(keys) - 6)
    s3cmd("del", "--recursive", "--force", f"s3://{B}")
    suite.equal("del --recursive", listed(f"s3://{B}"), {})


@suite.part
def sync():
    folder = tree("tree")
    s3cmd("sync", folder + "/", f"s3://{A}/tree/")
    suite.equal("sync up", len(listed(f"s3://{A}/tree/")), len(digests(folder)))
    os.makedirs(path("down", "x"), exist_ok=True)
    s3cmd("sync", f"s3://{A}/tree/", path("down") + "/")
    suite.equal("sync down", digests(path("down")), digests(folder))
    again = s3cmd("sync", folder + "/", f"s3://{A}/tree/").stdout
    suite.check("sync of the same", "upload:" not in again, again)
    os.unlink(os.path.join(folder, "mib"))
    random_file("tree/one byte", 2)
    s3cmd("sync", "--delete-removed", folder + "/", f"s3://{A}/tree/")
    s3cmd("sync", f"s3://{A}/tree/", f"s3://{B}/tree/")
    s3cmd("sync", "--delete-removed", f"s3://{B}/tree/", path("down") + "/")
    suite.equal("sync after a change, bucket to bucket, and back", digests(path("down")), digests(folder))


@suite.part
def parts():
    big = random_file("big.file", BIG_MIB * MIB)
    s3cmd("put", big, f"s3://{A}/big.file")
    s3cmd("get", f"s3://{A}/big.file", path("big.back"))
    suite.same_bytes("put in parts", path("big.back"), big)
    info = s3cmd("info", f"s3://{A}/big.file").stdout
    suite.check("info of an object in parts", re.search(rf"File size: +{BIG_MIB * MIB}\b", info), info)
    s3cmd("cp", f"s3://{A}/big.file", f"s3://{B}/big.copy")
    s3cmd("get", "--force", f"s3://{B}/big.copy", path("big.back"))
    suite.same_bytes("cp of an object in parts", path("big.back"), big)


def interrupted(key, file):
    """Starts an upload in parts and ends the client after its first part; answers the upload id."""
    uri = f"s3://{A}/{key}"
    process = subprocess.Popen([S3CMD, "-c", CONFIG, "--no-progress", "--multipart-chunk-size-mb=5",
                                "--limit-rate=6m", "put", file, uri], env=clean_environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            for line in s3cmd("multipart", f"s3://{A}").stdout.splitlines():
                fields = line.split("\t")
                if len(fields) == 3 and fields[1] == uri:
                    if '"' in s3cmd("listmp", uri, fields[2]).stdout:
                        return fields[2]
            if process.poll() is not None:
                raise Failure("the upload ended before it could be interrupted")
            time.sleep(0.1)
        raise Failure("no part was listed within 60 s")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@suite.part
def aborted():
    file = random_file("cut.file", 21 * MIB)
    upload = interrupted("cut/one two", file)
    out = s3cmd("listmp", f"s3://{A}/cut/one two", upload).stdout
    suite.check("listmp", re.search(r"\t1\t\"[0-9a-f]{32}\"\t5242880", out), out)
    suite.equal("an open upload is no object", listed(f"s3://{A}/cut/"), {})
    s3cmd("abortmp", f"s3://{A}/cut/one two", upload)
    suite.check("multipart after abortmp", upload not in s3cmd("multipart", f"s3://{A}").stdout)
    gone = s3cmd("abortmp", f"s3://{A}/cut/one two", upload, ok=False)
    suite.check("abortmp twice", gone.returncode != 0 and "NoSuchUpload" in gone.stderr + gone.stdout, gone.stderr)
    upload = interrupted("cut/resumed", file)
    s3cmd("put", "--multipart-chunk-size-mb=5", f"--upload-id={upload}", file, f"s3://{A}/cut/resumed")
    s3cmd("get", f"s3://{A}/cut/resumed", path("cut.back"))
    suite.same_bytes("put --upload-id", path("cut.back"), file)


@suite.part
def signed_url():
    if STYLE == "proxy":
        return
    url = s3cmd("signurl", f"s3://{A}/picture.jpg", "+600").stdout.strip()
    status, _, body = fetch(url)
    suite.equal("signurl: status", status, 200)
    suite.equal("signurl: bytes", body, open(path("picture.jpg"), "rb").read())
    suite.equal("signurl tampered", fetch(url.replace("Signature=", "Signature=A"))[0], 403)


def other_reads(name, key=""):
    """The status that another tenant gets."""
    return Caller(PORT, access=OTHER_ACCESS, secret=OTHER_SECRET)("GET", name, key)[0]


@suite.part
def lists():
    uri, url = f"s3://{A}/picture.jpg", f"http://{HOST}:{PORT}/{A}/picture.jpg"
    for command, status, line in (("--acl-private", 403, None), ("--acl-public", 200, r"ACL: +\*anon\*: READ\n"),
                                  ("--acl-private", 403, None)):
        s3cmd("setacl", command, uri)
        suite.equal(f"{command}: anonymous", fetch(url)[0], status)
        info = s3cmd("info", uri).stdout
        suite.check(f"{command}: the owner", re.search(r"ACL: +clients: FULL_CONTROL", info), info)
        suite.check(f"{command}: everybody", re.search(line, info) if line else "*anon*" not in info, info)
    owner = xml.etree.ElementTree.fromstring(Caller(PORT, access=OTHER_ACCESS, secret=OTHER_SECRET)("GET", "")[2])
    other = next(e.text for e in owner.iter() if e.tag.endswith("ID"))
    suite.equal("another tenant", other_reads(A, "picture.jpg"), 403)
    s3cmd("setacl", f"--acl-grant=read:{other}", uri)
    suite.equal("--acl-grant", other_reads(A, "picture.jpg"), 200)
    suite.equal("--acl-grant: nobody else", fetch(url)[0], 403)
    info = s3cmd("info", uri).stdout
    suite.check("info: the grant", re.search(r"ACL: +others: READ", info), info)
    s3cmd("setacl", f"--acl-revoke=read:{other}", uri)
    suite.equal("--acl-revoke", other_reads(A, "picture.jpg"), 403)
    nobody = s3cmd("setacl", f"--acl-grant=read:{'f' * 64}", uri, ok=False)
    suite.check("--acl-grant to nobody", nobody.returncode != 0 and "InvalidArgument" in nobody.stderr, nobody.stderr)
    s3cmd("setacl", "--acl-public", f"s3://{A}")
    suite.equal("a public bucket can be listed", fetch(f"http://{HOST}:{PORT}/{A}")[0], 200)
    suite.equal("and its objects are not public", fetch(url)[0], 403)
    s3cmd("setacl", "--acl-private", f"s3://{A}")
    s3cmd("put", "--acl-public", path("picture.jpg"), f"s3://{A}/public.jpg")
    suite.equal("put --acl-public", fetch(f"http://{HOST}:{PORT}/{A}/public.jpg")[0], 200)
    s3cmd("del", f"s3://{A}/public.jpg")


@suite.part
def policy():
    uri, url = f"s3://{A}", f"http://{HOST}:{PORT}/{A}/picture.jpg"
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{A}/*"}]})
    with open(path("policy.json"), "w") as out:
        out.write(text)
    s3cmd("setpolicy", path("policy.json"), uri)
    suite.equal("setpolicy", fetch(url)[0], 200)
    info = s3cmd("info", uri).stdout
    suite.check("info: the policy", text in info, info)
    s3cmd("delpolicy", uri)
    suite.equal("delpolicy", fetch(url)[0], 403)
    suite.check("info without it", re.search(r"Policy: +none", s3cmd("info", uri).stdout))


@suite.part
def lifecycle():
    uri = f"s3://{B}"
    out = s3cmd("expire", "--expiry-days=365", "--expiry-prefix=old/", uri).stdout
    suite.check("expire", "configuration is set" in out, out)
    info = s3cmd("info", uri).stdout
    suite.check("info: expiration", "objects with key prefix 'old/' will expire in '365' day(s)" in info, info)
    s3cmd("expire", "--expiry-date=2040-01-01", uri)
    out = s3cmd("getlifecycle", uri).stdout
    suite.check("expire on a date", "<Date>2040-01-01T00:00:00.000Z</Date>" in out and "<ID>" in out, out)
    out = s3cmd("expire", uri).stdout
    suite.check("expire without a rule", "configuration is deleted" in out, out)
    suite.check("info without a rule", "Expiration rule: none" in s3cmd("info", uri).stdout)
    with open(path("lifecycle.xml"), "w") as policy:
        policy.write("<LifecycleConfiguration>\n  <Rule>\n    <ID>older form</ID>\n    <Prefix>logs/</Prefix>\n"
                     "    <Status>Enabled</Status>\n    <Expiration><Days>30</Days></Expiration>\n  </Rule>\n"
                     "</LifecycleConfiguration>\n")
    s3cmd("setlifecycle", path("lifecycle.xml"), uri)
    out = s3cmd("getlifecycle", uri).stdout
    suite.check("setlifecycle", "<ID>older form</ID>" in out and "<Prefix>logs/</Prefix>" in out, out)
    s3cmd("dellifecycle", uri)
    gone = s3cmd("getlifecycle", uri, ok=False)
    suite.check("dellifecycle", gone.returncode != 0 and "NoSuchLifecycleConfiguration" in gone.stderr, gone.stderr)


@suite.part
def cors():
    uri = f"s3://{B}"
    suite.check("info without CORS", re.search(r"CORS: +none", s3cmd("info", uri).stdout))
    with open(path("cors.xml"), "w") as rules:
        rules.write("<CORSConfiguration>\n  <CORSRule>\n    <ID>Allow everything</ID>\n"
                    "    <AllowedOrigin>https://*.example.com</AllowedOrigin>\n    <AllowedMethod>GET</AllowedMethod>\n"
                    "    <AllowedMethod>PUT</AllowedMethod>\n    <AllowedHeader>*</AllowedHeader>\n"
                    "    <ExposeHeader>ETag</ExposeHeader>\n    <MaxAgeSeconds>30</MaxAgeSeconds>\n  </CORSRule>\n"
                    "</CORSConfiguration>\n")
    # It says that it is done only to a 204; S3 answers 200.
    s3cmd("setcors", path("cors.xml"), uri)
    info = s3cmd("info", uri).stdout
    suite.check("info: CORS", "<AllowedOrigin>https://*.example.com</AllowedOrigin>" in info, info)
    with open(path("bad.xml"), "w") as rules:
        rules.write("<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>")
    bad = s3cmd("setcors", path("bad.xml"), uri, ok=False)
    suite.check("setcors without a method", bad.returncode != 0 and "MalformedXML" in bad.stderr, bad.stderr)
    out = s3cmd("delcors", uri).stdout
    suite.check("delcors", "CORS deleted" in out, out)
    suite.check("info after delcors", re.search(r"CORS: +none", s3cmd("info", uri).stdout))


@suite.part
def versions():
    if STYLE == "proxy":
        # Nothing of it depends on how the request arrives.
        return
    name = bucket("versions")
    uri = f"s3://{name}"
    s3cmd("mb", uri)
    out = s3cmd("setversioning", uri, "enable").stdout
    suite.check("setversioning enable", "status updated" in out, out)
    first, second = random_file("v1", 1000), random_file("v2", 2000)
    for file in (first, second):
        s3cmd("put", file, f"{uri}/versioned")
    s3cmd("get", f"{uri}/versioned", path("v.back"))
    suite.same_bytes("the newer one", path("v.back"), second)
    suite.equal("listed once", listed(f"{uri}/versioned"), {f"{uri}/versioned": 2000})
    s3cmd("del", f"{uri}/versioned")
    suite.equal("deleted", listed(f"{uri}/versioned"), {})
    caller, found = Caller(PORT, access=ACCESS, secret=SECRET), []
    _, _, body = caller("GET", name, query="versions", unsigned="prefix=versioned")
    for entry in xml.etree.ElementTree.fromstring(body):
        kind = entry.tag.rpartition("}")[2]
        if kind in ("Version", "DeleteMarker"):
            found.append((kind, next(e.text for e in entry if e.tag.endswith("VersionId"))))
    suite.equal("all of them are kept", sorted(kind for kind, _ in found), ["DeleteMarker", "Version", "Version"])
    for _, version in found:
        suite.equal("removed for good", caller("DELETE", name, "versioned", query=f"versionId={version}")[0], 204)
    s3cmd("setversioning", uri, "disable")
    out = s3cmd("payer", uri).stdout
    suite.check("payer", "Payer updated" in out, out)
    info = s3cmd("info", uri).stdout
    suite.check("info", re.search(r"Versioning: *Suspended", info) and re.search(r"Payer: +BucketOwner", info), info)
    s3cmd("rb", uri)


@suite.part
def payer():
    if STYLE == "proxy":
        return
    name = bucket("paid")
    uri, key = f"s3://{name}", f"s3://{name}/k"
    others = (f"--access_key={OTHER_ACCESS}", f"--secret_key={OTHER_SECRET}")
    s3cmd("mb", uri)
    s3cmd("put", path("picture.jpg"), key)
    with open(path("paid.json"), "w") as out:
        json.dump({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}]}, out)
    s3cmd("setpolicy", path("paid.json"), uri)
    out = s3cmd("payer", "--requester-pays", uri).stdout
    suite.check("payer --requester-pays", "Payer updated" in out, out)
    info = s3cmd("info", uri).stdout
    suite.check("info: the payer", re.search(r"Payer: +Requester", info), info)
    for command in (("get", "--force", key, path("paid.back")), ("ls", uri), ("put", path("picture.jpg"), f"{uri}/theirs")):
        refused = s3cmd(*others, *command, ok=False)
        suite.check(f"{command[0]} of another tenant", refused.returncode != 0 and "AccessDenied" in refused.stderr + refused.stdout
                    or "403" in refused.stderr, refused.stderr)
        s3cmd(*others, "--requester-pays", *command)
    suite.same_bytes("get of another tenant who pays", path("paid.back"), path("picture.jpg"))
    suite.equal("nobody pays for whoever does not sign", fetch(f"http://{HOST}:{PORT}/{name}/k")[0], 403)
    suite.equal("the owner agrees to nothing", sorted(listed(uri)), [key, f"{uri}/theirs"])
    s3cmd("payer", uri)
    s3cmd(*others, "get", "--force", key, path("paid.back"))
    suite.check("info: the owner pays again", re.search(r"Payer: +BucketOwner", s3cmd("info", uri).stdout))
    s3cmd("rb", "--recursive", "--force", uri)


@suite.part
def tags():
    if STYLE == "proxy":
        return
    for uri in (f"s3://{A}", f"s3://{A}/picture.jpg"):
        s3cmd("settagging", uri, "colour=dark blue&size=+1@x")
        out = s3cmd("gettagging", uri).stdout
        suite.check("settagging and gettagging", re.search(r"colour:\s+dark blue\n", out) and re.search(r"size:\s+\+1@x\n", out), out)
        s3cmd("deltagging", uri)
        out = s3cmd("gettagging", uri, ok=False)
        suite.check("deltagging", "colour" not in out.stdout, out.stdout)
    wrong = s3cmd("settagging", f"s3://{A}/picture.jpg", "&".join(f"k{n}=v" for n in range(11)), ok=False)
    suite.check("eleven tags", wrong.returncode != 0 and "InvalidTag" in wrong.stderr, wrong.stderr)


@suite.part
def locks():
    if STYLE == "proxy":
        return
    uri = f"s3://{A}/picture.jpg"
    for command in (("setobjectlegalhold", "ON"), ("setobjectretention", "GOVERNANCE", "2099-01-01T00:00:00Z")):
        refused = s3cmd(*command, uri, ok=False)
        suite.check(f"{command[0]} without object lock", refused.returncode != 0 and "InvalidRequest" in refused.stderr, refused.stderr)
    # It makes no bucket with object lock itself.
    locked, caller = bucket("locked"), Caller(PORT, access=ACCESS, secret=SECRET)
    suite.equal("bucket", caller("PUT", locked, headers={"x-amz-bucket-object-lock-enabled": "true"})[0], 200)
    s3cmd("put", path("picture.jpg"), f"s3://{locked}/k")
    s3cmd("setobjectlegalhold", "ON", f"s3://{locked}/k")
    # It ends with 1 when it succeeded, too.
    s3cmd("setobjectretention", "GOVERNANCE", "2099-01-01T00:00:00Z", f"s3://{locked}/k", ok=False)
    status, headers, _ = caller("HEAD", locked, "k")
    suite.equal("both hold", (headers["x-amz-object-lock-legal-hold"], headers["x-amz-object-lock-mode"],
                headers["x-amz-object-lock-retain-until-date"][:10]), ("ON", "GOVERNANCE", "2099-01-01"))
    version = headers["x-amz-version-id"]
    suite.equal("held", caller("DELETE", locked, "k", query=f"versionId={version}")[0], 403)
    s3cmd("setobjectlegalhold", "OFF", f"s3://{locked}/k")
    bypass = {"x-amz-bypass-governance-retention": "true"}
    suite.equal("bypassed", caller("DELETE", locked, "k", query=f"versionId={version}", headers=bypass)[0], 204)
    s3cmd("rb", f"s3://{locked}")


@suite.part
def away():
    full = s3cmd("rb", f"s3://{A}", ok=False)
    suite.check("rb of a full bucket", full.returncode != 0 and "not empty" in (full.stderr + full.stdout).lower(), full.stderr)
    s3cmd("rb", "--recursive", "--force", f"s3://{A}")
    s3cmd("del", "--recursive", "--force", f"s3://{B}")
    s3cmd("rb", f"s3://{B}")
    out = s3cmd("ls").stdout
    suite.check("rb", A not in out and B not in out, out)


configure()
suite.finish()
