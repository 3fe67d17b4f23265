# SPDX-License-Identifier: Apache-2.0
"""Serves OCI layouts as a registry on loopback, for reading: what a layout says wrongly, the registry says, too.

Usage: registry_server.py DIR
Prints its port, serves until it is killed, prints each request line. The layout DIR/a/b is the repository a/b, with one tag,
`latest`: the one thing that its index.json names, as it is. An index.json that names several, or one with another size or
digest than its blob has, is what the tag means itself.
"""
import hashlib
import http.server
import json
import os
import re
import sys

root = sys.argv[1]
PATH = re.compile(r"^/v2/(?P<name>[a-z0-9._/-]+)/(?P<kind>manifests|blobs)/(?P<what>latest|sha256:[0-9a-f]{64})$")


def read(*parts):
    try:
        with open(os.path.join(root, *parts), "rb") as file:
            return file.read()
    except OSError:
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, code):
        self.answer(404, json.dumps({"errors": [{"code": code, "message": "no such thing"}]}).encode())

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        print(self.command, self.path, flush=True)
        if self.path == "/v2/":
            return self.answer(200, b"{}")
        found = PATH.match(self.path)
        if not found:
            return self.refuse("NAME_UNKNOWN")
        layout, what = found["name"], found["what"]
        if found["kind"] == "manifests":
            return self.manifest(layout, what)
        blob = read(layout, "blobs/sha256", what[7:])
        if blob is None:
            return self.refuse("BLOB_UNKNOWN")
        asked = re.match(r"^bytes=(\d+)-$", self.headers.get("Range", ""))
        if not asked:
            return self.answer(200, blob, "application/octet-stream")
        begin = int(asked[1])
        said = f"bytes {begin}-{len(blob) - 1}/{len(blob)}"
        self.answer(206, blob[begin:], "application/octet-stream", [("Content-Range", said)])

    def manifest(self, layout, what):
        index = read(layout, "index.json")
        if index is None:
            return self.refuse("NAME_UNKNOWN")
        entries = json.loads(index)["manifests"]
        if what != "latest":
            blob = read(layout, "blobs/sha256", what[7:])
            kind = next((e["mediaType"] for e in entries if e["digest"] == what), None)
            if blob is not None and kind is None:
                kind = json.loads(blob).get("mediaType", "application/octet-stream")
            return self.refuse("MANIFEST_UNKNOWN") if blob is None else self.answer(200, blob, kind)
        if len(entries) == 1:
            blob = read(layout, "blobs/sha256", entries[0]["digest"][7:])
            if blob is None:
                return self.refuse("MANIFEST_UNKNOWN")
            digest = "sha256:" + hashlib.sha256(blob).hexdigest()
            if digest == entries[0]["digest"] and len(blob) == entries[0]["size"]:
                return self.answer(200, blob, entries[0]["mediaType"], [("Docker-Content-Digest", digest)])
        self.answer(200, index, "application/vnd.oci.image.index.v1+json")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
