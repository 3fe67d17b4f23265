# SPDX-License-Identifier: Apache-2.0
"""The files' routes of the stand-in: a volume in memory. It refuses fields that it does not know, names that are none, and
what is there already; uploads break where a test says so."""
import hashlib
import json
import mimetypes
import posixpath
import re
import secrets
import struct
import time
import urllib.parse
import zlib

NOW = 1_700_003_700
CATEGORIES = {"image": "image", "video": "video", "audio": "audio", "text": "text"}
MODELS = {".safetensors", ".gguf", ".ckpt", ".pt"}


def png(red, green, blue, size=64):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((red, green, min(255, blue + y))) * size for y in range(size))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Refused(Exception):
    def __init__(self, status, message, hint="", **more):
        super().__init__(message)
        self.status, self.answer = status, {"error": {"message": message, "hint": hint}, **more}


def fields(given, required, optional=()):
    missing, unknown = set(required) - set(given), set(given) - set(required) - set(optional)
    if missing or unknown:
        raise Refused(400, f"missing: {sorted(missing)}, unknown: {sorted(unknown)}")
    return given


class Files:
    ROOTS = ["/workspace", "/tmp"]

    def __init__(self):
        self.nodes = {}  # a path: None for a folder, else bytes
        self.times = {}
        self.trash, self.uploads, self.selections, self.pins = [], {}, {}, []
        self.cut_after = []         # of each next portion: how many bytes are read before its connection is cut
        self.statuses = []          # of each next portion: a status that it is answered with
        self.wrong_hash = False
        self.is_frozen = False      # the volume does not answer
        self.holds_portions = None  # an event that a portion waits for
        self.posted = []
        for path in ["/workspace", "/tmp", "/workspace/ComfyUI", "/workspace/ComfyUI/output", "/workspace/ComfyUI/models", "/workspace/ComfyUI/input"]:
            self.put(path)

    def put(self, path, data=None, age=0):
        above = posixpath.dirname(path)
        if above not in ("/", "") and above not in self.nodes:
            self.put(above)
        self.nodes[path] = data
        self.times[path] = NOW - age

    def children(self, path):
        return [one for one in self.nodes if posixpath.dirname(one) == path]

    def below(self, path):
        return [one for one in self.nodes if one == path or one.startswith(path + "/")]

    def known(self, path):
        if not any(path == root or path.startswith(root + "/") for root in self.ROOTS) or ".." in path.split("/"):
            raise Refused(403, f"'{path}' is outside of what may be seen", "its roots are " + " and ".join(self.ROOTS))
        if path not in self.nodes:
            raise Refused(404, f"there is no '{path}'")
        return path

    def entry(self, path):
        data = self.nodes[path]
        is_folder = data is None
        extension = "" if is_folder else posixpath.splitext(path)[1].lower()
        mime = "inode/directory" if is_folder else mimetypes.guess_type(path)[0] or "application/octet-stream"
        category = "folder" if is_folder else "model" if extension in MODELS else CATEGORIES.get(mime.split("/")[0], "text" if mime == "application/json" else "file")
        size = 0 if is_folder else len(data)
        out = {"name": posixpath.basename(path), "path": path, "size": size, "size_formatted": f"{size} B", "modified": "", "modified_timestamp": self.times[path],
               "type": "directory" if is_folder else "file", "mime_type": mime, "category": category, "permissions": "644", "is_readable": True, "is_writable": True,
               "extension": extension, "is_link": False}
        if is_folder:
            inside = self.children(path)
            out.update(file_count=sum(self.nodes[one] is not None for one in inside), dir_count=sum(self.nodes[one] is None for one in inside))
        return out

    # --- the way of a request -------------------------------------------------------------------------------------
    def take(self, handler, method, path, query, body):
        if (method, path) == ("GET", "/files"):
            handler.page("files.html")
            return True
        words = path.split("/")[2:]
        name = f"{method} " + "/".join(words[:1] if words[:1] in (["uploads"], ["trash"]) else words)
        route = getattr(self, re.sub(r"\W+", "_", name.lower()), None) if path.startswith("/api/") else None
        if route is None or name.split(" ")[1].split("/")[0] not in ROUTES:
            return False
        try:
            if self.is_frozen:
                raise Refused(504, "the volume did not answer within 10 s")
            if method == "POST" and words[0] != "upload":
                body = json.loads(body)
                self.posted.append((path, body))
            answer = route(handler, query, body, words)
        except Refused as refused:
            handler.answer_json(refused.answer, refused.status)
        else:
            if answer is not None:
                handler.answer_json(answer, 201 if name == "POST uploads" else 200)
        return True

    # --- looking ---------------------------------------------------------------------------------------------------
    def get_browse(self, _handler, query, _body, _words):
        fields(query, [], ["path", "sort", "order", "offset", "limit", "hidden"])
        path = self.known(query.get("path") or "/workspace/ComfyUI/output")
        if self.nodes[path] is not None:
            raise Refused(400, f"'{path}' is no folder")
        sort = query.get("sort", "name")
        keys = {"name": lambda e: e["name"].lower(), "size": lambda e: e["size"], "modified": lambda e: e["modified_timestamp"], "type": lambda e: (e["extension"], e["name"])}
        entries = sorted((self.entry(one) for one in self.children(path) if "hidden" in query or not posixpath.basename(one).startswith(".")), key=keys[sort], reverse=query.get("order") == "desc")
        entries.sort(key=lambda e: e["type"] != "directory")
        offset = int(query.get("offset", 0))
        crumbs, walk = [], path
        while walk not in ("/", ""):
            crumbs.insert(0, {"name": posixpath.basename(walk), "path": walk})
            walk = posixpath.dirname(walk)
        return {"current_path": path, "parent_path": None if path in self.ROOTS else posixpath.dirname(path), "breadcrumbs": crumbs,
                "contents": entries[offset:offset + int(query.get("limit", 1000))], "total_items": len(entries),
                "total_files": sum(e["type"] == "file" for e in entries), "total_folders": sum(e["type"] != "file" for e in entries),
                "roots": self.ROOTS, "is_writable": True}

    def get_search(self, _handler, query, _body, _words):
        fields(query, ["q", "path"], ["kind"])
        if len(query["q"]) < 2:
            raise Refused(400, "a search needs two characters")
        found = [self.entry(one) for one in self.below(self.known(query["path"])) if query["q"].lower() in posixpath.basename(one).lower() and one != query["path"]]
        return {"results": found[:100], "total": len(found), "truncated": len(found) > 100}

    def get_storage_info(self, _handler, query, _body, _words):
        inside = self.below(self.known(fields(query, ["path"])["path"]))
        return {"directory_size": sum(len(self.nodes[one] or b"") for one in inside), "file_count": sum(self.nodes[one] is not None for one in inside), "size_truncated": False,
                "disk_total": 100 << 30, "disk_used": 61 << 30, "disk_free": 39 << 30, "disk_usage_percent": 61, "volume_size_source": "the template"}

    def get_preview(self, _handler, query, _body, _words):
        entry = self.entry(self.known(fields(query, ["path"])["path"]))
        data = self.nodes[entry["path"]]
        out = {"kind": entry["category"], "workflow": b"workflow" in data}
        if entry["extension"] == ".safetensors":
            return {**out, "kind": "safetensors", "safetensors": {"metadata": {"format": "pt", "modelspec.title": "Wan 2.2"}, "parameters": 14_288_491_584, "dtypes": {"F8_E4M3": 1, "F32": 1},
                                                                 "tensor_count": 2, "truncated": False,
                    "tensors": [{"name": "blocks.0.weight", "dtype": "F8_E4M3", "shape": [5120, 13824]}, {"name": "head.bias", "dtype": "F32", "shape": [64]}]}}
        return {**out, "text": data.decode()} if entry["category"] == "text" else out

    def get_download(self, handler, query, _body, _words):
        path = self.known(fields(query, ["path"], ["inline"])["path"])
        kind = self.entry(path)["mime_type"]
        disposition = "inline" if "inline" in query else "attachment; filename=" + urllib.parse.quote(posixpath.basename(path))
        handler.answer(200, self.nodes[path], kind, Content_Disposition=disposition, Content_Security_Policy="sandbox; default-src 'none'")

    def zip_answer(self, handler, name):
        handler.answer(200, b"PK\5\6" + bytes(18), "application/zip", Content_Disposition=f"attachment; filename={name}.zip")

    def get_download_folder(self, handler, query, _body, _words):
        self.zip_answer(handler, posixpath.basename(self.known(fields(query, ["path"])["path"])))

    def get_download_multiple(self, handler, query, _body, _words):
        if fields(query, ["selection"])["selection"] not in self.selections:
            raise Refused(404, "there is no such selection")
        self.zip_answer(handler, "selected_files")

    def post_selections(self, _handler, _query, body, _words):
        key = secrets.token_hex(4)
        self.selections[key] = [self.known(one) for one in fields(body, ["files"])["files"]]
        return {"id": key}

    def get_pins(self, *_):
        return {"paths": self.pins}

    def put_pins(self, handler, _query, _body, _words):
        self.pins = [self.known(one) for one in fields(json.loads(handler.body()), ["paths"])["paths"]]
        return {"paths": self.pins}

    # --- changing --------------------------------------------------------------------------------------------------
    def free(self, folder, name):
        if not name or "/" in name or name in (".", "..") or len(name) > 255:
            raise Refused(400, f"'{name}' is no name", "a name has no '/'")
        path = posixpath.join(self.known(folder), name)
        if path in self.nodes:
            raise Refused(409, f"'{name}' is there already")
        return path

    def post_create_folder(self, _handler, _query, body, _words):
        fields(body, ["current_path", "folder_name"])
        path = self.free(body["current_path"], body["folder_name"])
        self.put(path)
        return {"success": True, "path": path}

    def carry(self, old, new, is_copy=False):
        for one in self.below(old):
            data, when = self.nodes[one], self.times[one]
            if not is_copy:
                del self.nodes[one]
            self.nodes[new + one[len(old):]] = data
            self.times[new + one[len(old):]] = when

    def post_rename(self, _handler, _query, body, _words):
        fields(body, ["old_path", "new_name"])
        old = self.known(body["old_path"])
        new = self.free(posixpath.dirname(old), body["new_name"])
        self.carry(old, new)
        return {"success": True, "new_path": new}

    def transfer(self, body, done, is_copy):
        fields(body, ["items", "to"])
        out, errors = [], []
        for old in body["items"]:
            try:
                if (body["to"] + "/").startswith(old + "/"):
                    raise Refused(400, "a folder cannot go into itself")
                new = self.free(body["to"], posixpath.basename(self.known(old)))
                self.carry(old, new, is_copy)
                out.append(new)
            except Refused as refused:
                errors.append({"path": old, "error": str(refused)})
        return {done: out, "errors": errors, "success": not errors}

    def post_move(self, _handler, _query, body, _words):
        return self.transfer(body, "moved", False)

    def post_copy(self, _handler, _query, body, _words):
        return self.transfer(body, "copied", True)

    def post_delete(self, _handler, _query, body, _words):
        fields(body, ["items"], ["forever"])
        for path in body["items"]:
            inside = {one: self.nodes.pop(one) for one in self.below(self.known(path))}
            self.trash.append({"id": secrets.token_hex(4), "path": path, "name": posixpath.basename(path), "size": sum(len(one or b"") for one in inside.values()),
                               "deleted": int(time.time()), "inside": inside})
        return {"deleted": body["items"], "errors": [], "success": True}

    def get_trash(self, *_):
        shown = [{key: value for key, value in one.items() if key != "inside"} for one in self.trash]
        return {"items": shown, "size": sum(one["size"] for one in shown)}

    def post_trash(self, _handler, _query, body, words):
        if words[1:] == ["restore"]:
            for one in [one for one in self.trash if one["id"] in fields(body, ["ids"])["ids"]]:
                self.nodes.update(one["inside"])
                self.trash.remove(one)
        else:
            ids = fields(body, [], ["ids"]).get("ids")
            self.trash = [one for one in self.trash if ids is not None and one["id"] not in ids]
        return {"success": True, "errors": []}

    # --- uploads ---------------------------------------------------------------------------------------------------
    def post_uploads(self, _handler, _query, body, _words):
        fields(body, ["path", "name", "size"], ["modified", "conflict"])
        folder = self.known(body["path"])
        path = posixpath.join(folder, body["name"])
        if path in self.nodes:
            if body.get("conflict", "refuse") == "refuse":
                raise Refused(409, f"'{body['name']}' is there already")
            if body["conflict"] == "keep-both":
                stem, dot, ending = path.rpartition(".")
                path = f"{stem} (2){dot}{ending}"
        key = secrets.token_hex(4)
        self.uploads[key] = {"id": key, "path": folder, "name": body["name"], "size": body["size"], "data": b"", "to": path}
        return {"id": key, "offset": 0, "size": body["size"]}

    def told(self, upload):
        is_done = upload.get("done", False)
        digest = hashlib.sha256(upload["data"]).hexdigest() if is_done else None
        return {**{name: upload[name] for name in ("id", "path", "name", "size")}, "offset": len(upload["data"]), "done": is_done, "sha256": digest}

    def upload_of(self, words):
        if len(words) < 2 or words[1] not in self.uploads:
            raise Refused(404, "there is no such upload")
        return self.uploads[words[1]]

    def get_uploads(self, _handler, _query, _body, words):
        return self.told(self.upload_of(words)) if len(words) > 1 else {"uploads": [self.told(one) for one in self.uploads.values()]}

    def delete_uploads(self, handler, _query, _body, words):
        del self.uploads[self.upload_of(words)["id"]]
        handler.answer(204)

    def patch_uploads(self, handler, query, _body, words):
        upload = self.upload_of(words)
        length = int(handler.headers["Content-Length"])
        if self.holds_portions:
            self.holds_portions.wait(20)
        if self.cut_after:
            upload["data"] += handler.rfile.read(min(self.cut_after.pop(0), length))
            handler.close_connection = True
            handler.connection.close()
            return None
        data = handler.rfile.read(length)
        if self.statuses:
            raise Refused(self.statuses.pop(0), "the volume is busy")
        if length > 50_000_000:
            raise Refused(413, "a portion has at most 50 MB")
        if int(fields(query, ["offset"])["offset"]) != len(upload["data"]):
            raise Refused(409, "the upload stands elsewhere", offset=len(upload["data"]))
        upload["data"] += data
        if len(upload["data"]) == upload["size"]:
            upload["done"] = True
            self.put(upload["to"], upload["data"])
        told = self.told(upload)
        if self.wrong_hash and told["sha256"]:
            told["sha256"] = "0" * 64
        return {"offset": told["offset"], "done": told["done"], "path": upload["to"], "sha256": told["sha256"]}


ROUTES = {"browse", "search", "storage_info", "preview", "download", "download_folder", "download_multiple", "selections", "pins", "create_folder", "rename", "move",
          "copy", "delete", "trash", "uploads"}
