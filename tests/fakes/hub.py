# SPDX-License-Identifier: Apache-2.0
"""Hugging Face, CivitAI and the store behind both, on three ports of loopback, as strict as they are.

The first line that it prints is JSON: the three addresses. What a client must not do (HEAD, a key that goes to the store, a
key in an address, a coding that was not asked for) is refused as the real ones refuse it, and stands in GET /_log of the
store under "wrong". The last part of a repository's name, or a model's number, says what happens; see `Repository` and
`CivitAi`. The bytes of a file are those of content(name): tests compute them, too.

    python3 hub.py [SIZE]      bytes of a file; 300,000 when left out
"""

import hashlib
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HF_KEY, OTHER_HF_KEY, CIVITAI_KEY = "hf_good_key", "hf_other_key", "civitai_good_key"
SIZE = int(sys.argv[1]) if len(sys.argv) > 1 and __name__ == "__main__" else 300_000


def content(name, size=None):
    """Bytes that differ at every place and for every name."""
    size = SIZE if size is None else size
    seed = hashlib.sha256(name.encode()).digest()
    block = b"".join(hashlib.sha256(seed + bytes([i])).digest() for i in range(256)) * 8
    out = bytearray((block * (size // len(block) + 1))[:size])
    for at in range(0, size, len(block)):
        out[at : at + 8] = (at // len(block)).to_bytes(8, "little")[: len(out[at : at + 8])]
    return bytes(out)


def digest(name):
    return hashlib.sha256(content(name)).hexdigest()


class Log:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests, self.wrong, self.counts, self.links = [], [], {}, {}

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]


LOG = Log()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.settimeout(60)

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # a client that goes away, as a stopped one does

    def note(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.words = [urllib.parse.unquote(word) for word in url.path.split("/")[1:]]
        key = self.headers.get("Authorization")
        if self.words[:1] != ["_log"]:
            with LOG.lock:
                LOG.requests.append([self.server.title, self.command, self.path, self.headers.get("Range"), key])
        if "token" in self.query:
            self.wrong("a key stands in the address")
        if self.headers.get("Accept-Encoding") != "identity" and self.words[:1] != ["_log"]:
            self.wrong("no plain coding is asked for")
        return key

    def wrong(self, why):
        with LOG.lock:
            LOG.wrong.append(f"{self.server.title} {self.command} {self.path}: {why}")

    def say(self, status, headers=None, body=b"", kind="text/plain"):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def say_json(self, status, value, headers=None):
        self.say(status, headers, json.dumps(value).encode(), "application/json; charset=utf-8")

    def do_HEAD(self):
        self.note()
        self.wrong("HEAD is not served")
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def store_link(self, name, how="", **more):
        """An address of the store that ends after one use where `how` says so."""
        with LOG.lock:
            signature = hashlib.sha256(f"{name}{len(LOG.links)}".encode()).hexdigest()
            LOG.links[signature] = 0
        query = {"X-Amz-Signature": signature, "how": how, **more}
        return f"{self.server.store}/{urllib.parse.quote(name)}?{urllib.parse.urlencode(query)}"


class Repository(Handler):
    """huggingface.co: /OWNER/NAME/resolve/REVISION/FILE; NAME says how the store behaves, or what is refused."""

    def refuse(self, status, code, message):
        self.say(status, {"X-Error-Code": code, "X-Error-Message": message}, message.encode())

    def do_GET(self):
        key = self.note()
        if len(self.words) < 5 or self.words[2] != "resolve":
            return self.say(404, {}, b"no such page")
        name, revision, file = self.words[1], self.words[3], "/".join(self.words[4:])
        if key not in (None, "Bearer " + HF_KEY, "Bearer " + OTHER_HF_KEY):
            return self.say(401, {}, b"Invalid credentials in Authorization header")
        if name == "gated" and key != "Bearer " + HF_KEY:
            return self.refuse(
                403 if key else 401, "GatedRepo", "Access to model org/gated is restricted. You must have access to it."
            )
        if name == "private":
            return self.refuse(401, "RepoNotFound", "Repository not found")
        if name == "forbidden":
            return self.say(403, {"X-Error-Message": "Please enable access to public gated repositories in your settings"})
        if name == "no-entry":
            return self.refuse(404, "EntryNotFound", "Entry not found")
        if revision not in ("main", COMMIT):
            return self.refuse(404, "RevisionNotFound", "Invalid rev id: " + revision)
        if name == "limited" and LOG.count("limited") == 1:
            return self.say(429, {"RateLimit": '"resolvers";r=0;t=2', "Retry-After": "1"})
        if name == "busy" and LOG.count("busy") == 1:
            return self.say(503)
        if name == "renamed":
            return self.say(307, {"Location": f"/org/gated/resolve/{revision}/{file}"})
        if name == "small":
            body = b'{"model_type": "small"}'
            return self.say(200, {"X-Repo-Commit": COMMIT, "ETag": '"' + "a" * 40 + '"'}, body)
        if name == "broken-html":
            return self.say(200, {"X-Repo-Commit": COMMIT}, b"<!DOCTYPE html><html>sign in</html>", "text/html")
        how = name
        if name == "stale-link" and LOG.count("stale-link") == 1:
            how = "expired"
        headers = {
            "Location": self.store_link(file, how),
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(SIZE),
            "X-Linked-Etag": '"' + digest(file) + '"',
            "X-Xet-Hash": "f" * 64,
            "ETag": '"' + COMMIT + '"',
        }
        self.say(302, headers, b"Found. Redirecting")


class CivitAi(Handler):
    """civitai.com: /api/download/models/NUMBER, where the number is one of these cases."""

    def do_GET(self):
        key = self.note()
        if self.words[:3] != ["api", "download", "models"]:
            return self.say(200, {}, b"<!doctype html><html>a page</html>", "text/html; charset=utf-8")
        number, name = self.words[3], f"model {self.words[3]}.safetensors"
        if key not in (None, "Bearer " + CIVITAI_KEY):
            return self.say_json(401, {"error": "Unauthorized", "message": "Invalid API key"})
        if number == "2" and key is None:
            return self.say_json(
                401, {"error": "Unauthorized", "message": "The creator of this asset requires you to be logged in to download it"}
            )
        if number == "3" and self.query.get("fileId") != "9":
            return self.say_json(404, {"error": "File not found"})
        if number == "4":
            return self.say_json(
                403, {"error": "Early Access", "deadline": "2099-01-01", "message": "This asset is in Early Access."}
            )
        if number == "5":
            return self.say_json(410, {"error": "Model archived", "message": "Model archived, not available for download"})
        if number == "6":
            return self.say(302, {"Location": "/login?returnUrl=%2Fmodel-versions%2F6&reason=download-auth"})
        if number == "7":
            return self.say_json(200, {"error": "Something", "message": "Try later"})
        if number == "8":
            return self.say_json(403, {"error": "Forbidden", "message": "You may not"})
        how = {"9": "cut", "10": "once"}.get(number, "")
        disposition = f'attachment; filename="{name}"'
        self.say(307, {"Location": self.store_link(name, how, **{"response-content-disposition": disposition})})


class Store(Handler):
    """The presigned store, and under /plain/ a server that is nobody's hub."""

    def do_GET(self):
        key = self.note()
        if self.words == ["_log"]:
            with LOG.lock:
                value = {"requests": LOG.requests, "wrong": LOG.wrong}
            return self.say_json(200, value)
        if key is not None:
            self.wrong("a key was sent to the store")
            return self.say(400, {}, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
        if self.words[0] == "plain":
            return self.plain(self.words[1])
        name, how, signature = self.words[0], self.query.get("how", ""), self.query.get("X-Amz-Signature", "")
        with LOG.lock:
            uses = LOG.links.get(signature)
            if uses is not None:
                LOG.links[signature] += 1
        if uses is None or how == "expired" or (how == "once" and uses > 0):
            return self.say(403, {}, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        self.give(name, how, '"' + hashlib.md5(name.encode()).hexdigest() + '"')

    def plain(self, name):
        if name == "to-metadata":
            return self.say(302, {"Location": "http://169.254.169.254/latest/meta-data"})
        if name == "round":
            return self.say(302, {"Location": "/plain/round"})
        if name == "gone":
            return self.say(410)
        if name == "login":
            return self.say(200, {}, b"\n <HTML><body>sign in</body>", "application/octet-stream")
        if name == "late":
            if LOG.count("late") == 1:
                return self.say(408)
        if name == "named":
            return self.give(name, "", '"n"', {"Content-Disposition": "attachment; filename=\"a.bin\"; filename*=UTF-8''%C3%A9t%C3%A9.bin"})
        if name == "unsized":
            return self.endless()
        # Of these another version lies there from the second request on.
        changes = name in ("changing", "untagged", "weak", "changing-size", "dated")
        times = LOG.count(name) if changes else 0
        tag = {"changing": f'"{times}"', "untagged": "", "weak": f'W/"{times}"', "dated": ""}.get(name, '"plain"')
        if name == "changing-size":
            tag = f'"{times}"'
            if times > 1:
                return self.give(name, "longer", tag)
        if name == "unsized-cut":
            return self.unsized(name)
        more = {"Last-Modified": f"Mon, {times:02} Jan 2024 00:00:00 GMT"} if name == "dated" else {}
        self.give(name, "cut-once" if changes else name, tag, more, times)

    def unsized(self, name):
        """As HTTP/1.0: the end of the connection is the end of the body, and it comes too early."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(content(name)[: SIZE // 2])

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            pass

    def give(self, name, how, tag, more=None, version=0):
        body = content(name)
        if version == 1:
            body = bytes(byte ^ 1 for byte in body)  # another file of the same size
        if how == "longer":
            body += b"longer"
        size = len(body)
        if how == "wrong":
            body = body[: SIZE // 2] + bytes([body[SIZE // 2] ^ 1]) + body[SIZE // 2 + 1 :]
        if how == "html":
            return self.say(200, {}, b"<!doctype html><html>an error</html>", "text/html")
        tries = LOG.count(f"{how} {name} bytes")
        asked, begin = self.headers.get("Range"), 0
        validator = tag if tag and not tag.startswith("W/") else (more or {}).get("Last-Modified", "")
        if asked and "If-Range" in self.headers and self.headers["If-Range"] != validator:
            asked = None
        if asked and how != "no-range":
            begin = int(asked.removeprefix("bytes=").partition("-")[0])
            if begin >= size or (how == "no-such-range" and tries == 2):
                return self.say(416, {"Content-Range": f"bytes */{size}"})
        part = body[begin:]
        headers = {"ETag": tag} if tag else {}
        headers |= {"Accept-Ranges": "bytes", "Content-Length": str(len(part)), **(more or {})}
        if asked and how != "no-range":
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        self.send_response(206 if "Content-Range" in headers else 200)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.send_part(part, how, tries)

    def send_part(self, part, how, tries):
        pieces = {"slow": SIZE // 40, "stall": SIZE // 100}.get(how, len(part))
        end = len(part)
        if how in ("cut", "cut-once", "no-range", "no-such-range") and tries <= (3 if how == "cut" else 1):
            end = SIZE // 5
        if how == "stall" and tries == 1:
            end = len(part) * 99 // 100
        try:
            for at in range(0, end, max(pieces, 1)):
                self.wfile.write(part[at : min(at + pieces, end)])
                self.wfile.flush()
                if how == "slow":
                    time.sleep(0.1)
            if end < len(part):
                if how == "stall":
                    time.sleep(30)
                self.close_connection = True
                self.connection.close()
        except OSError:
            self.close_connection = True


def serve():
    servers = []
    for title, handler in (("huggingface", Repository), ("civitai", CivitAi), ("store", Store)):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.title = title
        servers.append(server)
    addresses = {server.title: f"http://127.0.0.1:{server.server_address[1]}" for server in servers}
    for server in servers:
        server.store = addresses["store"]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(addresses), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve()
