"""What every client script shares: where the server is, files to send, the strange keys, and counted checks."""
import hashlib, http.client, os, random, subprocess, sys, traceback, urllib.parse

HOST = "127.0.0.1"
PORT = int(os.environ["S3_PORT"])
ACCESS = os.environ["S3_ACCESS"]
SECRET = os.environ["S3_SECRET"]
# A key of another tenant.
OTHER_ACCESS = os.environ["S3_OTHER_ACCESS"]
OTHER_SECRET = os.environ["S3_OTHER_SECRET"]
STYLE = os.environ.get("S3_STYLE", "path")
AUTH = os.environ.get("S3_AUTH", "v4")
TOOL = os.environ["S3_TOOL"]
WORK = os.environ["S3_WORK"]
NAME = os.environ["S3_NAME"]
BIG_MIB = int(os.environ.get("S3_BIG_MIB", "100"))
MIB = 1 << 20
# An IP address is never a virtual host, so this style cannot slip into the other one.
DOMAIN = "localhost" if STYLE == "vhost" else HOST
ENDPOINT = f"http://{DOMAIN}:{PORT}"
RUN = f"{random.SystemRandom().randrange(16 ** 6):06x}"

# Keys that servers and proxies are known to mangle. Control characters are apart: only clients that ask for
# encoding-type=url can list them.
STRANGE = [
    "with space", " lead and trail ", "plus+plus", "percent%41%2F%zz%", "double//slash", "/leading", "//two",
    "a/../b", "./dot", "..", ".", "a/./b", "trailing/", "ünïcødé/日本語/🦀.bin", "e\u0301 decomposed", "quote'\"&<>;=",
    "tilde~!$@()*,:[]{}|^`#?x=y", "back\\slash", "k" * 1024, "é" * 512,
]
CONTROL = ["tab\there", "line\nfeed", "cr\r", "bell\x07", "noncharacter\ufffe", " ", "\r"]


class Failure(Exception):
    """A command or a check that did not do what it has to."""


class Suite:
    """Runs parts in order; each check is counted, and an error ends its part only."""

    def __init__(self):
        self.parts, self.passed, self.problems, self.part_name = [], 0, [], ""

    def part(self, function):
        self.parts.append(function)
        return function

    def check(self, label, condition, detail=""):
        if condition:
            self.passed += 1
        else:
            self.problems.append(f"{self.part_name}: {label}: {detail}"[:3000])

    def equal(self, label, got, wanted):
        self.check(label, got == wanted, f"got {got!r}, wanted {wanted!r}")

    def same_bytes(self, label, got_file, wanted_file):
        self.equal(f"{label}: SHA-256", sha256(got_file), sha256(wanted_file))

    def refused(self, label, wanted_code, function, *arguments, **named):
        """The call must raise an S3 error of this code."""
        try:
            function(*arguments, **named)
        except Exception as error:  # each client has its own class
            code = getattr(error, "error_code", None) or getattr(error, "response", {}).get("Error", {}).get("Code")
            self.equal(label, code, wanted_code)
        else:
            self.check(label, False, f"accepted, wanted {wanted_code}")

    def finish(self):
        only = os.environ.get("S3_PARTS", "").split()
        for function in self.parts:
            self.part_name = function.__name__
            if only and self.part_name not in only:
                continue
            try:
                function()
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)
                lines = [f.lineno for f in where if f.filename == sys.argv[0]]
                self.problems.append(f"{self.part_name}: line {lines[-1:]}: {type(error).__name__}: {error}"[:3000])
        for problem in self.problems:
            print(f"  {NAME}: {problem}")
        if self.problems:
            print(f"FAIL {NAME}")
        else:
            print(f"ok {NAME} ({self.passed} checks)")
        print(f"{self.passed} passed, {len(self.problems)} failed")
        sys.exit(1 if self.problems else 0)


def path(*names):
    full = os.path.join(WORK, *names)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def random_file(name, size):
    full = path(name)
    with open(full, "wb") as out:
        while size > 0:
            out.write(os.urandom(min(size, MIB)))
            size -= MIB
    return full


def sha256(file):
    digest = hashlib.sha256()
    with open(file, "rb") as source:
        while block := source.read(MIB):
            digest.update(block)
    return digest.hexdigest()


def md5(file):
    digest = hashlib.md5()
    with open(file, "rb") as source:
        while block := source.read(MIB):
            digest.update(block)
    return digest.hexdigest()


def tree(name, files=8):
    """A folder with nested files of several sizes, an empty one and names that need encoding."""
    sizes = [0, 1, 4096, 70_000, 300_001, MIB, 5 * MIB + 1, 17]
    names = ["empty", "one byte", "a/four+k", "a/b/seventy%20", "a/b/c/ünï", "mib", "deep/er/still/big", "z~(1)"]
    for file, size in list(zip(names, sizes))[:files]:
        full = random_file(f"{name}/{file}", size)
        # A file younger than its copy's whole second counts as changed to clients that compare times.
        os.utime(full, (os.path.getmtime(full) - 100,) * 2)
    return path(name)


def digests(folder):
    """Relative name to SHA-256 of each file below the folder."""
    found = {}
    for root, _, files in os.walk(folder):
        for file in files:
            full = os.path.join(root, file)
            found[os.path.relpath(full, folder)] = sha256(full)
    return found


def clean_environment(**more):
    """The caller's environment without what would reach another endpoint or change a client."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("AWS_") and k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
    kept.update(more)
    return kept


def run(*command, ok=True, env=None, stdin=None, timeout=600):
    done = subprocess.run(command, env=env or clean_environment(), timeout=timeout, capture_output=True,
                          input=stdin, errors="surrogateescape" if stdin is None or isinstance(stdin, str) else None)
    if ok and done.returncode:
        shown = " ".join(c if len(c) < 200 else c[:60] + "…" for c in command)
        raise Failure(f"{shown}: exit {done.returncode}: {done.stderr[-1500:]} {done.stdout[-500:]}")
    return done


def fetch(url, method="GET", data=None, headers=None):
    """A bare HTTP request with no header of a library's own choice: (status, headers, bytes)."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body=data, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post_form(url, fields, name, data):
    """Sends a form as a browser does, the file last: (status, headers, bytes)."""
    boundary = "----" + os.urandom(16).hex()
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = ("".join(parts) + head).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return fetch(url, "POST", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


def bucket(letter):
    return f"{NAME}-{RUN}-{letter}"
