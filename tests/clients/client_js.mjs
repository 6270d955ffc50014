// aws-sdk-js v3: objects, uploads in parts, presigned requests and forms, versions, locks, tags, lifecycle, checksums.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const { S3_PORT: PORT, S3_ACCESS, S3_SECRET, S3_STYLE: STYLE, S3_TOOL, S3_WORK, S3_NAME: NAME } = process.env;
const need = createRequire(`${S3_TOOL}/npm/package.json`);
const aws = need("@aws-sdk/client-s3");
const { Upload } = need("@aws-sdk/lib-storage");
const { getSignedUrl } = need("@aws-sdk/s3-request-presigner");
const { createPresignedPost } = need("@aws-sdk/s3-presigned-post");

const MIB = 1 << 20;
const BIG_MIB = Number(process.env.S3_BIG_MIB);
const ENDPOINT = `http://${STYLE === "vhost" ? "localhost" : "127.0.0.1"}:${PORT}`;
const RUN = randomBytes(3).toString("hex");
const [A, B, LOCKED] = ["a", "b", "locked"].map((letter) => `${NAME}-${RUN}-${letter}`);
const FAR = new Date("2099-01-01T00:00:00Z");

const parts = [];
let passed = 0;
const problems = [];
let partName = "";

function check(label, condition, detail = "") {
  if (condition) passed += 1;
  else problems.push(`${partName}: ${label}: ${detail}`.slice(0, 3000));
}

function equal(label, got, wanted) {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  check(label, left === right, `got ${left}, wanted ${right}`);
}

async function refused(label, code, promise) {
  try {
    await promise;
    check(label, false, `accepted, wanted ${code}`);
  } catch (error) {
    equal(label, error.name === "Unknown" ? error.$metadata.httpStatusCode : error.name, code);
  }
}

const part = (run) => parts.push(run);
const sha256 = (data) => createHash("sha256").update(data).digest("hex");

async function sha256OfFile(file) {
  const digest = createHash("sha256");
  await pipeline(createReadStream(file), digest);
  return digest.digest("hex");
}

// Or it warns, of every presigned PUT, that it knows no length.
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

function client(more = {}) {
  return new aws.S3Client({
    endpoint: ENDPOINT, region: "us-east-1", forcePathStyle: STYLE !== "vhost", maxAttempts: 1, logger,
    credentials: { accessKeyId: S3_ACCESS, secretAccessKey: S3_SECRET }, ...more,
  });
}

const s3 = client();
// Every command by its name: call("PutObject", { … }).
const call = (name, input = {}, using = s3) => using.send(new aws[`${name}Command`](input));
const bytes = async (output) => Buffer.from(await output.Body.transformToByteArray());
const read = async (Key, more = {}) => bytes(await call("GetObject", { Bucket: A, Key, ...more }));

// A request as it stands, since fetch() may not name its own Host and resolves dots.
function bare(method, url, body, headers = {}) {
  const { host } = new URL(url);
  const path = url.replace(/^http:\/\/[^/]*/, "") || "/";
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: PORT, method, path, headers: { host, ...headers } }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

part(async function buckets() {
  for (const Bucket of [A, B]) await call("CreateBucket", { Bucket });
  const names = (await call("ListBuckets")).Buckets.map((b) => b.Name);
  check("ListBuckets", names.includes(A) && names.includes(B), names);
  await aws.waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket: A });
  equal("location", (await call("GetBucketLocation", { Bucket: A })).LocationConstraint, undefined);
  await refused("none", "NoSuchBucket", call("ListObjectsV2", { Bucket: `${NAME}-none` }));
});

part(async function objects() {
  const data = randomBytes(300_000);
  const put = await call("PutObject", {
    Bucket: A, Key: "one", Body: data, Metadata: { foo: "bar" }, ContentType: "x/y", CacheControl: "no-cache",
  });
  equal("ETag", put.ETag, `"${createHash("md5").update(data).digest("hex")}"`);
  const got = await call("GetObject", { Bucket: A, Key: "one" });
  equal("headers", [got.ContentType, got.CacheControl, got.Metadata], ["x/y", "no-cache", { foo: "bar" }]);
  equal("bytes", sha256(await bytes(got)), sha256(data));
  equal("range", (await read("one", { Range: "bytes=5-9" })).equals(data.subarray(5, 10)), true);
  // A stream of unknown checksum goes in aws-chunked, the checksum in its trailer.
  const file = `${S3_WORK}/file`;
  writeFileSync(file, data);
  for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const Key = `stream ${ChecksumAlgorithm}`;
    const sent = { Bucket: A, Key, Body: createReadStream(file), ContentLength: data.length, ChecksumAlgorithm, ContentEncoding: "x-own" };
    const told = await call("PutObject", sent);
    const member = `Checksum${ChecksumAlgorithm ?? "CRC32"}`;
    const head = await call("HeadObject", { Bucket: A, Key, ChecksumMode: "ENABLED" });
    check(`${Key}: checksum`, told[member] && told[member] === head[member], JSON.stringify([told, head]));
    equal(`${Key}: type and coding`, [head.ChecksumType, head.ContentEncoding], ["FULL_OBJECT", "x-own"]);
    equal(`${Key}: bytes`, sha256(await read(Key, { ChecksumMode: "ENABLED" })), sha256(data));
  }
  await refused("wrong checksum", "BadDigest", call("PutObject", { Bucket: A, Key: "bad", Body: data, ChecksumCRC32: "AAAAAA==" }));
  await refused("missing", "NoSuchKey", call("GetObject", { Bucket: A, Key: "missing" }));
  await refused("head of a missing key", "NotFound", call("HeadObject", { Bucket: A, Key: "missing" }));
  await refused("create twice", "PreconditionFailed", call("PutObject", { Bucket: A, Key: "one", Body: "", IfNoneMatch: "*" }));
  await call("PutObject", { Bucket: A, Key: "one", Body: "new", IfMatch: put.ETag });
  await refused("replace another", "PreconditionFailed", call("PutObject", { Bucket: A, Key: "one", Body: "", IfMatch: put.ETag }));
  await refused("delete another", "PreconditionFailed", call("DeleteObject", { Bucket: A, Key: "one", IfMatch: put.ETag }));
  await refused("not modified", 304, call("GetObject", { Bucket: A, Key: "one", IfNoneMatch: '"22af645d1859cb5ca6da0c484f1f37ea"' }));
});

const STRANGE = [
  "with space", " lead and trail ", "plus+plus", "percent%41%2F%zz%", "double//slash", "/leading", "a/../b", "./dot", "..", "trailing/",
  "ünïcødé/日本語/🦀.bin", "e\u0301 decomposed", "quote'\"&<>;=", "tilde~!$@()*,:[]{}|^`#?x=y", "back\\slash", "k".repeat(1024),
];

part(async function strangeKeys() {
  for (const [index, Key] of STRANGE.entries()) await call("PutObject", { Bucket: B, Key, Body: String(index) });
  for (const [index, Key] of STRANGE.entries()) equal(`key ${Key.slice(0, 40)}`, String(await read(Key, { Bucket: B })), String(index));
  for (const name of ["ListObjects", "ListObjectsV2"]) {
    const page = await call(name, { Bucket: B, EncodingType: "url" });
    equal(name, page.Contents.map((c) => decodeURIComponent(c.Key.replaceAll("+", "%20"))).sort(), [...STRANGE].sort());
  }
  equal("without a coding", (await call("ListObjectsV2", { Bucket: B })).Contents.map((c) => c.Key).sort(), [...STRANGE].sort());
  const found = [];
  for await (const page of aws.paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket: B })) found.push(...page.Contents.map((c) => c.Key));
  equal("pages of 3", found.sort(), [...STRANGE].sort());
  await call("CopyObject", { Bucket: B, Key: "copied", CopySource: encodeURIComponent(`${B}/percent%41%2F%zz%`) });
  equal("copy", String(await read("copied", { Bucket: B })), "3");
  const done = await call("DeleteObjects", { Bucket: B, Delete: { Objects: [...STRANGE, "copied"].map((Key) => ({ Key })) } });
  equal("DeleteObjects", [done.Deleted.length, done.Errors], [STRANGE.length + 1, undefined]);
});

part(async function uploads() {
  const file = `${S3_WORK}/big`;
  await pipeline(Readable.from((function* () { for (let n = 0; n < BIG_MIB; n += 1) yield randomBytes(MIB); })()), createWriteStream(file));
  const upload = new Upload({
    client: s3, queueSize: 4, partSize: 8 * MIB, tags: [{ Key: "a", Value: "1 +" }],
    params: { Bucket: A, Key: "big", Body: createReadStream(file), Metadata: { big: "yes" } },
  });
  const done = await upload.done();
  check("Upload", done.ETag.endsWith(`-${Math.ceil(BIG_MIB / 8)}"`), done.ETag);
  const got = await call("GetObject", { Bucket: A, Key: "big" });
  await pipeline(got.Body, createWriteStream(`${file}.back`));
  equal("bytes", await sha256OfFile(`${file}.back`), await sha256OfFile(file));
  equal("metadata and tags", [got.Metadata, got.TagCount, (await call("GetObjectTagging", { Bucket: A, Key: "big" })).TagSet],
    [{ big: "yes" }, 1, [{ Key: "a", Value: "1 +" }]]);
  const body = randomBytes(5 * MIB);
  for (const [ChecksumAlgorithm, ChecksumType] of [["CRC32", "FULL_OBJECT"], ["CRC32C", "COMPOSITE"], ["CRC64NVME", "FULL_OBJECT"], ["SHA256", "COMPOSITE"]]) {
    const begun = await call("CreateMultipartUpload", { Bucket: A, Key: "sum", ChecksumAlgorithm, ChecksumType });
    const ids = { Bucket: A, Key: "sum", UploadId: begun.UploadId };
    const Parts = [];
    for (const [index, Body] of [body, Buffer.from("tail")].entries()) {
      const told = await call("UploadPart", { ...ids, PartNumber: index + 1, Body, ChecksumAlgorithm });
      Parts.push({ PartNumber: index + 1, ETag: told.ETag, [`Checksum${ChecksumAlgorithm}`]: told[`Checksum${ChecksumAlgorithm}`] });
    }
    equal(`${ChecksumAlgorithm}: ListParts`, (await call("ListParts", ids)).Parts.map((p) => [p.PartNumber, p.Size]), [[1, 5 * MIB], [2, 4]]);
    const whole = await call("CompleteMultipartUpload", { ...ids, ChecksumType, MultipartUpload: { Parts } });
    const all = await call("GetObject", { Bucket: A, Key: "sum", ChecksumMode: "ENABLED" });
    equal(`${ChecksumAlgorithm}: bytes`, sha256(await bytes(all)), sha256(Buffer.concat([body, Buffer.from("tail")])));
    equal(`${ChecksumAlgorithm}: type`, [whole.ChecksumType, all.ChecksumType], [ChecksumType, ChecksumType]);
    equal(`${ChecksumAlgorithm}: part 2`, String(await read("sum", { PartNumber: 2 })), "tail");
    const told = await call("GetObjectAttributes", { Bucket: A, Key: "sum", ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "ObjectSize"] });
    equal(`${ChecksumAlgorithm}: attributes`, [told.ObjectSize, told.ObjectParts.TotalPartsCount, told.Checksum.ChecksumType], [5 * MIB + 4, 2, ChecksumType]);
  }
});

part(async function signed() {
  await call("PutObject", { Bucket: A, Key: "sig ned+/ü", Body: "signed" });
  const get = await getSignedUrl(s3, new aws.GetObjectCommand({ Bucket: A, Key: "sig ned+/ü", ResponseContentType: "a/b" }), { expiresIn: 600 });
  const got = await bare("GET", get);
  equal("GET", [got.status, got.headers["content-type"], String(got.body)], [200, "a/b", "signed"]);
  const wanted = { Bucket: A, Key: "put", Metadata: { a: "b" }, StorageClass: "STANDARD_IA" };
  const url = await getSignedUrl(s3, new aws.PutObjectCommand(wanted), { expiresIn: 600 });
  const stored = await bare("PUT", url, "put");
  equal("PUT", [stored.status, String(stored.body)], [200, ""]);
  const head = await call("HeadObject", { Bucket: A, Key: "put" });
  equal("what the query held", [head.Metadata, head.StorageClass], [{ a: "b" }, "STANDARD_IA"]);
  const form = await createPresignedPost(s3, { Bucket: A, Key: "form/${filename}", Conditions: [["content-length-range", 1, 100]], Expires: 600 });
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", new Blob(["formed"]), "ü.txt");
  const sent = new Response(data);
  const answer = await bare("POST", form.url, Buffer.from(await sent.arrayBuffer()), { "content-type": sent.headers.get("content-type") });
  equal("form", [answer.status, String(await read("form/ü.txt"))], [204, "formed"]);
});

part(async function versions() {
  equal("off", (await call("GetBucketVersioning", { Bucket: B })).Status, undefined);
  const versioning = (Status) => call("PutBucketVersioning", { Bucket: B, VersioningConfiguration: { Status } });
  await versioning("Enabled");
  equal("enabled", (await call("GetBucketVersioning", { Bucket: B })).Status, "Enabled");
  const ids = [];
  for (const Body of ["one", "two", "three"]) ids.push((await call("PutObject", { Bucket: B, Key: "v", Body })).VersionId);
  for (const [index, VersionId] of ids.entries()) {
    equal(`version ${index}`, String(await read("v", { Bucket: B, VersionId })), ["one", "two", "three"][index]);
  }
  const copied = await call("CopyObject", { Bucket: B, Key: "v copy", CopySource: `${B}/v?versionId=${ids[0]}` });
  equal("copy of a version", [String(await read("v copy", { Bucket: B })), copied.CopySourceVersionId], ["one", ids[0]]);
  const gone = await call("DeleteObject", { Bucket: B, Key: "v" });
  equal("marker", gone.DeleteMarker, true);
  await refused("read of a marker", "MethodNotAllowed", call("GetObject", { Bucket: B, Key: "v", VersionId: gone.VersionId }));
  const page = await call("ListObjectVersions", { Bucket: B, Prefix: "v" });
  equal("ListObjectVersions", [page.Versions.map((v) => v.VersionId), page.DeleteMarkers.map((m) => [m.VersionId, m.IsLatest])],
    [[...ids.toReversed(), copied.VersionId], [[gone.VersionId, true]]]);
  const listed = [];
  let markers = {};
  for (;;) {
    const next = await call("ListObjectVersions", { Bucket: B, MaxKeys: 2, ...markers });
    listed.push(...[...(next.Versions ?? []), ...(next.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId })));
    if (!next.IsTruncated) break;
    markers = { KeyMarker: next.NextKeyMarker, VersionIdMarker: next.NextVersionIdMarker };
  }
  equal("in pages", listed.map((e) => e.VersionId).sort(), [...ids, copied.VersionId, gone.VersionId].sort());
  await call("DeleteObject", { Bucket: B, Key: "v", VersionId: gone.VersionId });
  equal("back", String(await read("v", { Bucket: B })), "three");
  await call("PutObjectTagging", { Bucket: B, Key: "v", VersionId: ids[1], Tagging: { TagSet: [{ Key: "ü", Value: "+ @" }] } });
  equal("tags of a version", (await call("GetObjectTagging", { Bucket: B, Key: "v", VersionId: ids[1] })).TagSet, [{ Key: "ü", Value: "+ @" }]);
  await versioning("Suspended");
  await call("PutObject", { Bucket: B, Key: "v", Body: "null" });
  equal("null version", String(await read("v", { Bucket: B, VersionId: "null" })), "null");
});

part(async function locks() {
  await call("CreateBucket", { Bucket: LOCKED, ObjectLockEnabledForBucket: true });
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } };
  await call("PutObjectLockConfiguration", { Bucket: LOCKED, ObjectLockConfiguration });
  equal("configuration", (await call("GetObjectLockConfiguration", { Bucket: LOCKED })).ObjectLockConfiguration, ObjectLockConfiguration);
  const ids = { Bucket: LOCKED, Key: "k" };
  ids.VersionId = (await call("PutObject", { ...ids, Body: "x" })).VersionId;
  equal("default rule", (await call("HeadObject", ids)).ObjectLockMode, "GOVERNANCE");
  await call("PutObjectRetention", { ...ids, Retention: { Mode: "GOVERNANCE", RetainUntilDate: FAR } });
  equal("retention", (await call("GetObjectRetention", ids)).Retention.RetainUntilDate, FAR);
  await refused("locked", "AccessDenied", call("DeleteObject", ids));
  await call("PutObjectLegalHold", { ...ids, LegalHold: { Status: "ON" } });
  await refused("held", "AccessDenied", call("DeleteObject", { ...ids, BypassGovernanceRetention: true }));
  await call("PutObjectLegalHold", { ...ids, LegalHold: { Status: "OFF" } });
  await call("DeleteObject", { ...ids, BypassGovernanceRetention: true });
  await call("DeleteBucket", { Bucket: LOCKED });
});

part(async function configurations() {
  const Rules = [
    { Expiration: { Days: 30 }, ID: "one", Filter: { Prefix: "logs/" }, Status: "Enabled" },
    { ID: "two", Filter: { And: { Prefix: "p/", Tags: [{ Key: "a", Value: "1" }], ObjectSizeGreaterThan: 5 } }, Status: "Enabled",
      NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 } },
    { ID: "three", Filter: { Prefix: "" }, Status: "Disabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ];
  await call("PutBucketLifecycleConfiguration", { Bucket: B, LifecycleConfiguration: { Rules } });
  const sorted1 = (rule) => Object.fromEntries(Object.entries(rule).sort());
  const sorted = (rules) => rules.map(sorted1);
  equal("lifecycle", sorted((await call("GetBucketLifecycleConfiguration", { Bucket: B })).Rules), sorted(Rules));
  await call("DeleteBucketLifecycle", { Bucket: B });
  await refused("no lifecycle", "NoSuchLifecycleConfiguration", call("GetBucketLifecycleConfiguration", { Bucket: B }));
  await call("PutBucketTagging", { Bucket: B, Tagging: { TagSet: [{ Key: "t", Value: "ü" }] } });
  equal("bucket tags", (await call("GetBucketTagging", { Bucket: B })).TagSet, [{ Key: "t", Value: "ü" }]);
  await call("DeleteBucketTagging", { Bucket: B });
  await refused("no tags", "NoSuchTagSet", call("GetBucketTagging", { Bucket: B }));
  await refused("no CORS", "NoSuchCORSConfiguration", call("GetBucketCors", { Bucket: B }));
  const CORSRules = [{ ID: "a", AllowedOrigins: ["https://*.example"], AllowedMethods: ["GET", "PUT"], AllowedHeaders: ["*"],
    ExposeHeaders: ["ETag"], MaxAgeSeconds: 3000 }, { AllowedOrigins: ["*"], AllowedMethods: ["HEAD"] }];
  await call("PutBucketCors", { Bucket: B, CORSConfiguration: { CORSRules } });
  equal("CORS", (await call("GetBucketCors", { Bucket: B })).CORSRules.map(sorted1), CORSRules.map(sorted1));
  await call("DeleteBucketCors", { Bucket: B });
  await refused("CORS deleted", "NoSuchCORSConfiguration", call("GetBucketCors", { Bucket: B }));
  equal("payer", (await call("GetBucketRequestPayment", { Bucket: B })).Payer, "BucketOwner");
  await refused("wrong secret", "SignatureDoesNotMatch",
    call("ListBuckets", {}, client({ credentials: { accessKeyId: S3_ACCESS, secretAccessKey: "wrong" } })));
});

part(async function away() {
  for (const Bucket of [A, B]) {
    await refused("a full bucket", "BucketNotEmpty", call("DeleteBucket", { Bucket }));
    const page = await call("ListObjectVersions", { Bucket });
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId }));
    equal("every version", (await call("DeleteObjects", { Bucket, Delete: { Objects, Quiet: true } })).Errors, undefined);
    await call("DeleteBucket", { Bucket });
  }
  await aws.waitUntilBucketNotExists({ client: s3, maxWaitTime: 10 }, { Bucket: A });
});

const only = (process.env.S3_PARTS ?? "").split(" ").filter(Boolean);
for (const run of parts) {
  partName = run.name;
  if (only.length && !only.includes(partName)) continue;
  try {
    await run();
  } catch (error) {
    const line = /client_js\.mjs:(\d+)/.exec(error.stack ?? "")?.[1];
    problems.push(`${partName}: line ${line}: ${error.name}: ${error.message}`.slice(0, 3000));
  }
}
for (const problem of problems) console.log(`  ${NAME}: ${problem}`);
console.log(problems.length ? `FAIL ${NAME}` : `ok ${NAME} (${passed} checks)`);
console.log(`${passed} passed, ${problems.length} failed`);
process.exit(problems.length ? 1 : 0);
