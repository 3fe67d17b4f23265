#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that keeps what it has of an upload that was cut, and says how much, as the distribution-spec has it.

Debian's docker-registry forgets such an upload. In memory, one repository, no logins; prints its port on 127.0.0.1.
`GET /received` says how many bytes of bodies came.
"""
import hashlib
import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

blobs, manifests, uploads = {}, {}, {}
writers = {}  # upload → the connection that may write it: the last one that asked for it or wrote it
lock = threading.Lock()
received = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, headers=None, body=b""):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def upload_headers(self, name):
        return {"Location": f"/v2/x/blobs/uploads/{name}", "Docker-Upload-UUID": name,
                "Range": f"0-{max(len(uploads[name]) - 1, 0)}"}

    def take(self, into, name=None):
        """The body into `into` as it comes; False when it was cut, or another connection has taken upload `name`."""
        global received
        left = int(self.headers.get("Content-Length", 0))
        while left:
            try:
                data = self.rfile.read1(min(left, 65536))
            except OSError:
                data = b""
            if not data:
                self.close_connection = True
                return False
            left -= len(data)
            with lock:
                if name is not None and writers[name] is not self:
                    self.close_connection = True
                    return False
                into.extend(data)
                received += len(data)
        return True

    def answer(self):
        path, _, query = self.path.partition("?")
        query = urllib.parse.parse_qs(query)
        if path == "/received":
            return self.say(200, body=str(received).encode())
        if path == "/v2/":
            return self.say(200)
        rest = re.sub(r"^/v2/x/", "", path)
        if rest == "blobs/uploads/" and self.command == "POST":
            name = f"u{len(uploads)}"
            uploads[name] = bytearray()
            return self.say(202, self.upload_headers(name))
        if rest.startswith("blobs/uploads/"):
            return self.upload(rest[14:], query)
        if rest.startswith("blobs/"):
            blob = blobs.get(rest[6:])
            return self.say(200, {"Content-Length": str(len(blob))}) if blob is not None else self.say(404)
        return self.manifest(rest[len("manifests/"):])

    def upload(self, name, query):
        data = uploads.get(name)
        if data is None:
            return self.say(404)
        # A client that was killed may have sent more than has come yet; who asks how far it is gets what stays true.
        with lock:
            writers[name] = self
            headers = self.upload_headers(name)
        if self.command == "GET":
            return self.say(204, headers)
        if self.command == "DELETE":
            uploads[name] = None
            return self.say(204)
        if self.command == "PATCH":
            if not self.headers.get("Content-Range", "").startswith(f"{len(data)}-"):
                self.close_connection = True
                return self.say(416)
            return self.say(202, self.upload_headers(name)) if self.take(data, name) else None
        if not self.take(data, name):
            return None
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        uploads[name] = None
        if digest != query["digest"][0]:
            return self.say(400, body=b'{"errors":[{"code":"DIGEST_INVALID"}]}')
        blobs[digest] = bytes(data)
        return self.say(201, {"Docker-Content-Digest": digest})

    def manifest(self, name):
        if self.command != "PUT":
            if name not in manifests:
                return self.say(404)
            text = manifests[name]
            return self.say(200, {"Docker-Content-Digest": "sha256:" + hashlib.sha256(text).hexdigest(),
                                  "Content-Type": json.loads(text)["mediaType"], "Content-Length": str(len(text))}, text)
        text = bytearray()
        if not self.take(text):
            return None
        document = json.loads(text)
        if any(one["digest"] not in blobs for one in document["layers"] + [document["config"]]):
            return self.say(400)
        digest = "sha256:" + hashlib.sha256(text).hexdigest()
        manifests[name] = manifests[digest] = bytes(text)
        return self.say(201, {"Docker-Content-Digest": digest})

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = answer



class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed is what this registry is for."""


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
