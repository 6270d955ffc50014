"""Debian's Chromium, headless, driven by its own driver: a person picks a file in a form, and sends it; a page of another
origin reads and writes objects."""
import base64, datetime, hmac, http.server, json, shutil, threading, time, urllib.request, zlib
from urllib.parse import parse_qs, urlsplit
from common import *
from server import free_port, signed_path

suite = Suite()
A, B = bucket("a"), bucket("b")
NOW = datetime.datetime.now(datetime.timezone.utc)


def ask(method, key="", data=None):
    target = signed_path(method, A, key, access=ACCESS, secret=SECRET)
    return fetch(f"http://{HOST}:{PORT}{target}", method, data)


def signed(fields, conditions):
    """The fields of a form with its policy and signature, made by hand from AWS's description."""
    def mac(key, text, digest=hashlib.sha256):
        return hmac.new(key, text.encode(), digest).digest()

    day = NOW.strftime("%Y%m%d")
    more = {} if AUTH == "v2" else {
        "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": f"{ACCESS}/{day}/us-east-1/s3/aws4_request",
        "x-amz-date": NOW.strftime("%Y%m%dT%H%M%SZ")}
    listed = [{"bucket": A}, *conditions] + [{name: value} for name, value in {**fields, **more}.items() if name != "key"]
    end = (NOW + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = base64.b64encode(json.dumps({"expiration": end, "conditions": listed}).encode()).decode()
    if AUTH == "v2":
        signature = base64.b64encode(mac(SECRET.encode(), policy, hashlib.sha1)).decode()
        return {**fields, "AWSAccessKeyId": ACCESS, "policy": policy, "signature": signature}
    key = b"AWS4" + SECRET.encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = mac(key, part)
    return {**fields, **more, "policy": policy, "x-amz-signature": mac(key, policy).hex()}


class Pages:
    """A web site with one form, and a page to go to afterwards."""

    def __init__(self):
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = (pages.form if self.path == "/form" else "<p id=done>done").encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.form = ""
        self.server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, fields):
        from html import escape
        host = f"{A}.localhost:{PORT}" if STYLE == "vhost" else f"{HOST}:{PORT}/{A}"
        inputs = "".join(f'<input type=hidden name="{escape(n)}" value="{escape(v)}">' for n, v in fields.items())
        self.form = (f'<form action="http://{host}" method=post enctype="multipart/form-data">{inputs}'
                     '<input type=file name=file><input type=submit name=submit value=Upload></form>')


class Browser:
    """A browser, through the W3C's WebDriver protocol."""

    def __init__(self):
        port = free_port()
        self.log = open(path("chromedriver.log"), "wb")
        self.driver = subprocess.Popen([TOOL, f"--port={port}"], stdout=self.log, stderr=self.log, env=clean_environment())
        self.base = f"http://127.0.0.1:{port}"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
                     f"--user-data-dir={path('profile', 'x')[:-2]}"]
        options = {"binary": shutil.which("chromium"), "args": arguments}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self.base += f"/session/{until(60, lambda: self.call('POST', '/session', wanted))['sessionId']}"

    def call(self, method, where, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + where, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def element(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return f"/element/{next(iter(found.values()))}"

    def submit(self, page, file):
        """Opens the page, picks the file and sends the form; where the browser is then, and what it shows."""
        self.call("POST", "/url", {"url": page})
        self.call("POST", self.element("input[type=file]") + "/value", {"text": file})
        self.call("POST", self.element("input[type=submit]") + "/click", {})
        url = until(30, lambda: (u := self.call("GET", "/url")) != page and u)
        return url, self.call("GET", "/source")

    def fetch(self, method, url, headers=None, body=None):
        """What a script of the page it shows gets: status, body and two headers; or what the browser says instead."""
        script = """
            const [method, url, headers, body, done] = arguments;
            // Without a type of its own: V2 would have to sign the one that the browser gives to a text.
            fetch(url, { method, headers, body: body && new Blob([body]), cache: "no-store" })
                .then(async (a) => done([a.status, await a.text(), a.headers.get("etag"), a.headers.get("x-amz-request-id")]))
                .catch((error) => done(String(error)));"""
        return self.call("POST", "/execute/async", {"script": script, "args": [method, url, headers or {}, body]})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(30)
            self.log.close()


def until(seconds, attempt):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if done := attempt():
                return done
            problem = "nothing came of it"
        except OSError as error:
            problem = error
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {problem}")
        time.sleep(0.1)


@suite.part
def forms():
    suite.equal("bucket", ask("PUT")[0], 200)
    pages, browser = Pages(), None
    try:
        browser = Browser()
        # A name that browsers escape, and bytes that look like boundaries.
        name = "fïle +%41;1.bin"
        for size in (0, 5, 70_000, 3 * MIB):
            file = random_file(f"files/{name}", size)
            with open(file, "ab") as out:
                out.write(b"\r\n------WebKitFormBoundary\r\n" if size else b"")
            fields = {"key": "up/${filename}", "success_action_redirect": f"{pages.url}/done?x=1", "x-amz-meta-a": "ü",
                      "Content-Type": "text/x-form"}
            pages.show(signed(fields, [["starts-with", "$key", "up/"], ["content-length-range", 0, 4 * MIB]]))
            url, _ = browser.submit(f"{pages.url}/form", file)
            told = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            wanted = {"x": "1", "bucket": A, "key": f"up/{name}", "etag": f'"{md5(file)}"'}
            suite.equal(f"redirect after {size} bytes", (url.startswith(f"{pages.url}/done?"), told), (True, wanted))
            status, headers, data = ask("GET", f"up/{name}")
            with open(file, "rb") as source:
                suite.check(f"{size} bytes come back", (status, data) == (200, source.read()), (status, len(data)))
            suite.equal("its type", headers["content-type"], "text/x-form")
        fields = {"key": "seen", "success_action_status": "201"}
        pages.show(signed(fields, [{"key": "seen"}]))
        _, source = browser.submit(f"{pages.url}/form", file)
        suite.check("the browser shows the answer of 201", "PostResponse" in source and "seen" in source, source)
        pages.show(signed(fields, [{"key": "another"}]))
        _, source = browser.submit(f"{pages.url}/form", file)
        suite.check("and the refusal", "Policy Condition failed" in source, source)
        ask("DELETE", "seen")
        ask("DELETE", f"up/{name}")
    finally:
        if browser:
            browser.close()
        pages.server.shutdown()
    suite.equal("nothing else was stored", ask("DELETE")[0], 204)


def request_of(method, key, body="", more=()):
    """URL and headers of a signed request: V2 in the query, or V4 in the Authorization header."""
    host = f"{B}.localhost:{PORT}" if STYLE == "vhost" else f"{HOST}:{PORT}"
    where = f"/{key}" if STYLE == "vhost" else f"/{B}/{key}"
    headers = dict(more)
    if AUTH == "v2":
        target = signed_path(method, B, key, access=ACCESS, secret=SECRET, headers=headers)
        return f"http://{host}{where}?{target.partition('?')[2]}", headers
    stamp = NOW.strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(body.encode()).hexdigest()
    headers |= {"x-amz-content-sha256": payload, "x-amz-date": stamp}
    listed = sorted({**headers, "host": host}.items())
    names = ";".join(name for name, _ in listed)
    canonical = "\n".join([method, where, "", *(f"{n}:{v}" for n, v in listed), "", names, payload])
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = b"AWS4" + SECRET.encode()
    for part in (*scope.split("/"), text):
        mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={ACCESS}/{scope},SignedHeaders={names},Signature={mac.hex()}"
    return f"http://{host}{where}", headers


@suite.part
def other_origin():
    def bare(method, key="", query="", data=None, headers=None):
        target = signed_path(method, B, key, query, access=ACCESS, secret=SECRET, headers=headers)
        return fetch(f"http://{HOST}:{PORT}{target}", method, data, headers)

    pages, browser = Pages(), None
    rule = (f"<CORSRule><AllowedOrigin>{pages.url}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
            "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule>")

    def allow(rules):
        document = f"<CORSConfiguration>{rules}</CORSConfiguration>".encode()
        # The helper does not sign a Content-MD5; a checksum does as well.
        crc = base64.b64encode(zlib.crc32(document).to_bytes(4, "big")).decode()
        suite.equal("rules", bare("PUT", query="cors", data=document, headers={"x-amz-checksum-crc32": crc})[0], 200)

    try:
        suite.equal("bucket", bare("PUT")[0], 200)
        browser = Browser()
        browser.call("POST", "/url", {"url": f"{pages.url}/done"})
        suite.equal("PUT without rules", browser.fetch("PUT", *request_of("PUT", "k", "x"), "x"), "TypeError: Failed to fetch")
        suite.equal("never came", bare("GET", "k")[0], 404)
        allow(rule)
        etag = f'"{hashlib.md5(b"from a page").hexdigest()}"'
        put = browser.fetch("PUT", *request_of("PUT", "k", "from a page", {"x-amz-meta-page": "1"}), "from a page")
        suite.equal("PUT after its preflight", put, [200, "", etag, None])
        status, headers, data = bare("GET", "k")
        suite.equal("is stored", (status, data, headers["x-amz-meta-page"]), (200, b"from a page", "1"))
        suite.equal("GET", browser.fetch("GET", *request_of("GET", "k")), [200, "from a page", etag, None])
        status, text, *_ = browser.fetch("GET", *request_of("GET", "none"))
        suite.check("an error can be read", (status, "NoSuchKey" in text) == (404, True), (status, text))
        url, headers = request_of("GET", "k")
        status, text, *_ = browser.fetch("GET", url.replace("Signature=", "Signature=0"),
                                         {n: v.replace("Signature=", "Signature=0") for n, v in headers.items()})
        suite.check("a wrong signature too", (status, "SignatureDoesNotMatch" in text) == (403, True), (status, text))
        gone = browser.fetch("DELETE", *request_of("DELETE", "k"))
        suite.equal("DELETE, which no rule names", gone, "TypeError: Failed to fetch")
        suite.equal("was not sent", bare("GET", "k")[0], 200)
        allow(rule.replace(pages.url, "https://somebody.else"))
        suite.equal("GET for another site only", browser.fetch("GET", *request_of("GET", "k")), "TypeError: Failed to fetch")
        allow(rule.replace(pages.url, "*"))
        suite.equal("GET for every site", browser.fetch("GET", *request_of("GET", "k")), [200, "from a page", etag, None])
    finally:
        if browser:
            browser.close()
        pages.server.shutdown()
    bare("DELETE", "k")
    suite.equal("bucket away", bare("DELETE")[0], 204)


suite.finish()
