"""Starts and ends `dolium serve` for tests: free ports, a fresh folder, a recorded pid."""
import base64, hashlib, hmac, http.client, os, signal, socket, subprocess, sys, time, urllib.error, urllib.parse, urllib.request
import xml.etree.ElementTree

ACCESS, SECRET = "CLIENTTESTSKEY000001", "cLiEnt/t3sts+secret/key00000000000000001"
# A second tenant, whom the first one lets in or not.
OTHER_ACCESS, OTHER_SECRET = "AKOTHERS000000000001", "others-secret-0123456789"
DOMAINS = ["localhost", "s3.dolium.test"]


def end_on_signals():
    """SIGTERM ends the script the way an error does, so that the processes it started end too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One front end; `folder` keeps its configuration, log and (embedded) data."""

    def __init__(self, binary, folder, nodes=None, keyspace="dolium", replication=3, settings="", port=None):
        self.binary, self.folder = os.path.abspath(binary), folder
        self.port, self.admin = port or free_port(), free_port()
        self.process, self.log = None, os.path.join(folder, "server.log")
        self.data = os.path.join(folder, "data")
        os.makedirs(folder, exist_ok=True)
        if nodes:
            listed = ", ".join(f'"{n if ":" in n else n + ":9042"}"' for n in nodes)
            store = (f'kind = "cassandra"\n[cassandra]\nnodes = [{listed}]\nkeyspace = "{keyspace}"\n'
                     f"replication = {{ datacenter1 = {replication} }}\n"
                     f'[accounts]\nencryption_key = "{"0123456789abcdef" * 4}"\n')
        else:
            store = f'kind = "embedded"\npath = "{self.data}"\n'
        domains = ", ".join(f'"{d}"' for d in DOMAINS)
        self.config = os.path.join(folder, "dolium.toml")
        with open(self.config, "w") as out:
            out.write(f'[server]\nlisten = "127.0.0.1:{self.port}"\ndomains = [{domains}]\n'
                      f'[store]\n{store}[admin]\nlisten = "127.0.0.1:{self.admin}"\n{settings}\n'
                      f'[[keys]]\naccess_key = "{ACCESS}"\nsecret_key = "{SECRET}"\ntenant = "clients"\n'
                      f'[[keys]]\naccess_key = "{OTHER_ACCESS}"\nsecret_key = "{OTHER_SECRET}"\ntenant = "others"\n')
        os.chmod(self.config, 0o600)

    def start(self, seconds=120, env=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--config", self.config], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=env)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
            if self.ready():
                return self
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server was not ready within {seconds} s:\n{self.tail()}")

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/health/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, seconds=60):
        """SIGTERM, and the exit code; a server that does not end is killed and answers None."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                return None
        return self.process.returncode

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def tail(self, size=6_000):
        with open(self.log, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log) - size))
            return log.read().decode(errors="replace")

    def peak_memory(self):
        """The process's peak resident bytes so far."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no VmHWM in /proc")


def signed_path(method, bucket, key="", query="", access=ACCESS, secret=SECRET, headers=None):
    """A path-style request target signed with V2 in its query; `query` holds sub-resources V2 signs, or nothing."""
    amazon = "".join(f"{n}:{v}\n" for n, v in sorted((headers or {}).items()) if n.startswith("x-amz-"))
    resource = "/" + bucket + ("/" + urllib.parse.quote(key) if key else "")
    resource += "?" + query if query else ""
    expires = int(time.time()) + 86_400
    mac = hmac.new(secret.encode(), f"{method}\n\n\n{expires}\n{amazon}{resource}".encode(), hashlib.sha1).digest()
    signature = urllib.parse.quote(base64.b64encode(mac).decode(), safe="")
    return f"{resource}{'&' if query else '?'}AWSAccessKeyId={access}&Expires={expires}&Signature={signature}"


class Caller:
    """One kept connection that sends signed requests; an error closes it, the next request opens it anew."""

    def __init__(self, port, timeout=60, access=ACCESS, secret=SECRET):
        self.port, self.timeout, self.connection = port, timeout, None
        self.signer = {"access": access, "secret": secret}

    def __call__(self, method, bucket, key="", query="", body=None, headers=None, unsigned=""):
        """(status, headers, bytes); `unsigned` are query parameters that V2 does not sign."""
        target = signed_path(method, bucket, key, query, headers=headers, **self.signer) + (f"&{unsigned}" if unsigned else "")
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout, blocksize=1 << 20)
            self.connection.request(method, target, body=body, headers=headers or {})
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except BaseException:
            self.close()
            raise

    def stream(self, method, bucket, key):
        """The answer itself, to be read piece by piece."""
        self.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout, blocksize=1 << 20)
        self.connection.request(method, signed_path(method, bucket, key, **self.signer))
        return self.connection.getresponse()

    def keys(self, bucket):
        """All keys of a bucket with their ETags."""
        found, marker = {}, ""
        while True:
            status, _, body = self("GET", bucket, unsigned="encoding-type=url" + (f"&marker={marker}" if marker else ""))
            if status != 200:
                raise RuntimeError(f"listing answered {status}: {body[:500]}")
            root = xml.etree.ElementTree.fromstring(body)
            names = {"s3": root.tag[1:root.tag.index("}")]} if root.tag.startswith("{") else {}
            prefix = "s3:" if names else ""
            for entry in root.findall(f"{prefix}Contents", names):
                marker = entry.findtext(f"{prefix}Key", namespaces=names)
                found[urllib.parse.unquote_plus(marker)] = entry.findtext(f"{prefix}ETag", namespaces=names).strip('"')
            if root.findtext(f"{prefix}IsTruncated", namespaces=names) != "true":
                return found

    def uploads(self, bucket):
        """Key and id of the first thousand open uploads."""
        status, _, body = self("GET", bucket, query="uploads", unsigned="encoding-type=url")
        if status != 200:
            raise RuntimeError(f"listing of uploads answered {status}: {body[:500]}")
        texts = [(e.tag.rpartition("}")[2], e.text) for e in xml.etree.ElementTree.fromstring(body).iter()]
        keys = [urllib.parse.unquote_plus(t) for n, t in texts if n == "Key"]
        return list(zip(keys, [t for n, t in texts if n == "UploadId"]))

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def multipart_id(body):
    """The UploadId of an InitiateMultipartUploadResult."""
    return next(e.text for e in xml.etree.ElementTree.fromstring(body).iter() if e.tag.endswith("UploadId"))


def complete_body(etags):
    listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{t}</ETag></Part>" for n, t in enumerate(etags, 1))
    return f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
