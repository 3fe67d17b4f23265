# SPDX-License-Identifier: Apache-2.0
"""A registry that does what the distribution-spec says, in memory: the part of each case that does not lie.

It keeps what it has of an upload that was cut, and says how much. Any repository name is good; all share one content.
"""
import hashlib
import json
import re
import threading
import urllib.parse

PATH = re.compile(r"^/v2/(?P<repository>[a-z0-9._/-]+?)/(?P<kind>manifests|blobs|tags)/(?P<rest>[^?]*)")


def error_body(code, message="no"):
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


class Store:
    def __init__(self):
        self.blobs, self.manifests, self.uploads = {}, {}, {}  # manifests: tag or digest to (media type, bytes)
        self.writers = {}  # upload to the connection that may write it: the last one that asked for it or wrote it
        self.received = 0  # bytes of bodies
        self.lock = threading.Lock()

    def put_image(self, image, tag="1"):
        for blob in image.blobs():
            self.blobs[blob.digest] = blob.data
        self.put_manifest(tag, image.manifest.media_type, image.manifest.data)

    def put_manifest(self, name, media_type, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.manifests[name] = self.manifests[digest] = (media_type, bytes(data))
        return digest

    def has_whole(self, image, tag="1"):
        """Whether the tag names this image, and each of its blobs is there with the right bytes."""
        found = self.manifests.get(tag)
        return bool(found) and found[1] == image.manifest.data and all(
            self.blobs.get(blob.digest) == blob.data for blob in image.blobs())

    def answer(self, ask):
        path, _, query = ask.path.partition("?")
        if path == "/received":
            return ask.answer(200, str(self.received).encode())
        if path in ("/v2/", "/v2"):
            return ask.answer(200, b"{}")
        found = PATH.match(path)
        if not found:
            return ask.answer(404, error_body("NAME_UNKNOWN"))
        rest, query = found["rest"], urllib.parse.parse_qs(query)
        if found["kind"] == "tags":
            tags = [name for name in self.manifests if not name.startswith("sha256:")]
            return ask.answer(200, json.dumps({"name": found["repository"], "tags": tags}).encode())
        if found["kind"] == "manifests":
            return self.manifest(ask, rest)
        if rest.startswith("uploads/"):
            return self.upload(ask, found["repository"], rest[8:], query)
        return self.blob(ask, rest)

    def blob(self, ask, digest):
        data = self.blobs.get(digest)
        if data is None:
            return ask.answer(404, error_body("BLOB_UNKNOWN"))
        asked = re.match(r"^bytes=(\d+)-$", ask.headers.get("Range", ""))
        if not asked or int(asked[1]) >= len(data):
            return ask.answer(200, data, {"Docker-Content-Digest": digest})
        begin = int(asked[1])
        return ask.answer(206, data[begin:], {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"})

    def manifest(self, ask, name):
        if ask.command != "PUT":
            if name not in self.manifests:
                return ask.answer(404, error_body("MANIFEST_UNKNOWN"))
            media_type, data = self.manifests[name]
            return ask.answer(200, data, {"Content-Type": media_type,
                                          "Docker-Content-Digest": "sha256:" + hashlib.sha256(data).hexdigest()})
        data = bytearray()
        if not self.take(ask, data):
            return None
        document = json.loads(data)
        lacking = [one["digest"] for one in [*document.get("layers", []), *([document["config"]] if "config" in document else [])]
                   if one["digest"] not in self.blobs]
        if lacking:
            return ask.answer(404, error_body("MANIFEST_BLOB_UNKNOWN"))
        digest = self.put_manifest(name, ask.headers.get("Content-Type", ""), bytes(data))
        return ask.answer(201, b"", {"Docker-Content-Digest": digest, "Location": ask.path})

    def take(self, ask, into, upload=None):
        """The request's body into `into` as it comes; False when it was cut, or another connection has taken the upload."""
        for data in ask.body():
            if data is None:
                return False
            with self.lock:
                if upload is not None and self.writers[upload] is not ask:
                    ask.close_connection = True
                    return False
                into.extend(data)
                self.received += len(data)
        return True

    def begin_upload(self):
        with self.lock:
            name = f"u{len(self.uploads)}"
            self.uploads[name] = bytearray()
        return name

    def upload_headers(self, repository, name, base=""):
        return {"Location": f"{base}/v2/{repository}/blobs/uploads/{name}", "Docker-Upload-UUID": name,
                "Range": f"0-{max(len(self.uploads[name]) - 1, 0)}"}

    def upload(self, ask, repository, name, query):
        if name == "":
            if "mount" in query and query["mount"][0] in self.blobs:
                return ask.answer(201, b"", {"Docker-Content-Digest": query["mount"][0]})
            return ask.answer(202, b"", self.upload_headers(repository, self.begin_upload()))
        data = self.uploads.get(name)
        if data is None:
            return ask.answer(404, error_body("BLOB_UPLOAD_UNKNOWN"))
        # A client that was killed may have sent more than has come yet; who asks how far it is gets what stays true.
        with self.lock:
            self.writers[name] = ask
            headers = self.upload_headers(repository, name)
        if ask.command == "GET":
            return ask.answer(204, b"", headers)
        if ask.command == "DELETE":
            self.uploads[name] = None
            return ask.answer(204)
        if ask.command == "PATCH":
            begin = ask.headers.get("Content-Range", f"{len(data)}-").split("-")[0]
            if begin != str(len(data)):
                return ask.answer(416, error_body("BLOB_UPLOAD_INVALID"), self.upload_headers(repository, name))
            return ask.answer(202, b"", self.upload_headers(repository, name)) if self.take(ask, data, name) else None
        if not self.take(ask, data, name):
            return None
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.uploads[name] = None
        if digest != query.get("digest", [""])[0]:
            return ask.answer(400, error_body("DIGEST_INVALID"))
        self.blobs[digest] = bytes(data)
        return ask.answer(201, b"", {"Docker-Content-Digest": digest, "Location": f"/v2/{repository}/blobs/{digest}"})
