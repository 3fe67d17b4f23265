# SPDX-License-Identifier: Apache-2.0
"""The files' part of the console's API: the requests of the original template's file manager as they were recorded, with the
fields that scripts written for it read, and every route that came since. Each answer is compared with the API's document."""
import hashlib
import io
import json
import os
import urllib.parse
import zipfile

from console_client import check

ENTRY = {"name", "size", "size_formatted", "modified", "modified_timestamp", "type", "mime_type", "category", "permissions",
         "is_readable", "is_writable", "extension"}
# The original's requests: method, route, query or body, and the fields of its answer. @ stands for the folder.
RECORDED = [
    ("POST", "/api/create_folder", {"current_path": "@", "folder_name": "new"}, {"success", "path"}),
    ("GET", "/api/browse", {"path": "@", "sort": "size", "order": "desc"},
     {"current_path", "parent_path", "contents", "breadcrumbs", "total_items", "total_files", "total_folders"}),
    ("GET", "/api/search", {"q": "CLIP", "path": "@"}, {"results", "total", "truncated"}),
    ("GET", "/api/storage_info", {"path": "@"},
     {"directory_size", "file_count", "size_truncated", "disk_total", "disk_used", "disk_free", "directory_size_formatted",
      "disk_total_formatted", "disk_used_formatted", "disk_free_formatted", "disk_usage_percent"}),
    ("POST", "/api/rename", {"old_path": "@/clip.mp4", "new_name": "film.mp4"}, {"success", "new_path"}),
    ("POST", "/api/delete", {"items": ["@/new", "@/nothing"]}, {"deleted", "errors", "success"}),
]


class Files:
    def __init__(self, document, console, folder):
        self.document, self.console, self.folder = document, console, folder

    def ask(self, method, route, query=None, body=None, headers=None, target=None, status=200):
        target = (target or route) + ("?" + urllib.parse.urlencode(query) if query else "")
        body = json.dumps(body) if isinstance(body, dict) else body
        every = {"Origin": f"http://localhost:{self.console.port}", "X-CSRF-Token": self.console.csrf, **(headers or {})}
        answer = self.console.ask(method, target, body, every)
        if answer.headers.get_content_type() in ("application/json", "application/zip") or status < 300:
            self.document.compare(method, route, answer)
        check(answer.status == status, f"{method} {target}: {answer.status} {answer.body[:300]}")
        return answer

    def put(self, value):
        return json.loads(json.dumps(value).replace("@", self.folder))


def recorded(files):
    for method, route, given, fields in RECORDED:
        given = files.put(given)
        answer = files.ask(method, route, given if method == "GET" else None, None if method == "GET" else given).json()
        check(fields <= set(answer), f"{method} {route} lacks {fields - set(answer)}")
        for entry in answer.get("contents", []) + answer.get("results", []):
            more = {"file_count", "dir_count"} if entry["type"] == "directory" else set()
            check(ENTRY | more <= set(entry), f"an entry of {route} lacks {(ENTRY | more) - set(entry)}")
    check(answer["deleted"] == [files.folder + "/new"] and len(answer["errors"]) == 1 and not answer["success"], f"{answer}")
    files.ask("POST", "/api/create_folder", body={"current_path": files.folder, "folder_name": "sub"}, status=409)


def downloads(files, content):
    path = {"path": files.folder + "/film.mp4"}
    answer = files.ask("GET", "/api/download", path)
    check(answer.body == content and "attachment" in answer.headers["Content-Disposition"], "the download")
    for name, value in (("X-Content-Type-Options", "nosniff"), ("Accept-Ranges", "bytes")):
        check(answer.headers[name] == value, f"{name}: {answer.headers[name]}")
    check(answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'"), "a file is served without a sandbox")
    tag = answer.headers["ETag"]
    part = files.ask("GET", "/api/download", path, headers={"Range": "bytes=10-19", "If-Range": tag}, status=206)
    check(part.body == content[10:20] and part.headers["Content-Range"] == f"bytes 10-19/{len(content)}", "the part")
    check(files.ask("GET", "/api/download", path, headers={"Range": "bytes=10-19", "If-Range": '"other"'}).body == content, "If-Range")
    files.ask("GET", "/api/download", path, headers={"Range": f"bytes={len(content)}-"}, status=416)
    files.ask("GET", "/api/download", path, headers={"If-None-Match": tag}, status=304)
    shown = files.ask("GET", "/api/download", {**path, "inline": "1"})
    check(shown.headers["Content-Type"] == "video/mp4" and "inline" in shown.headers["Content-Disposition"], "a film inline")
    chosen = files.ask("POST", "/api/selections", body={"files": [files.folder + "/film.mp4", files.folder + "/sub"]}, status=201).json()
    for answer in (files.ask("GET", "/api/download_folder", {"path": files.folder + "/sub"}),
                   files.ask("POST", "/api/download_multiple", body={"files": [files.folder + "/film.mp4"]}),
                   files.ask("GET", "/api/download_multiple", {"selection": chosen["id"]})):
        check(zipfile.ZipFile(io.BytesIO(answer.body)).testzip() is None, "the archive is broken")
    check(zipfile.ZipFile(io.BytesIO(answer.body)).read("film.mp4") == content, "the film of the archive")
    # A folder behind a link that stays on the volume is a folder.
    os.symlink("driven", files.folder + "-link")
    answer = files.ask("GET", "/api/download_folder", {"path": files.folder + "-link"})
    check("driven-link/film.mp4" in zipfile.ZipFile(io.BytesIO(answer.body)).namelist(), "the archive of a folder behind a link")


def changes(files):
    film, sub = files.folder + "/film.mp4", files.folder + "/sub"
    check(files.ask("POST", "/api/copy", body={"items": [film], "to": sub}).json()["copied"] == [sub + "/film.mp4"], "the copy")
    answer = files.ask("POST", "/api/move", body={"items": [film], "to": sub}).json()
    check(answer["moved"] == [] and answer["errors"][0]["path"] == film, "a move over what is there")
    check(files.ask("POST", "/api/copy", body={"items": [film], "to": files.folder}).json()["copied"] == [files.folder + "/film (2).mp4"], "a copy beside")
    gone = {one["path"]: one["id"] for one in files.ask("GET", "/api/trash").json()["items"]}
    check(files.folder + "/new" in gone, f"the trash: {gone}")
    check(files.ask("POST", "/api/trash/restore", body={"ids": [gone[files.folder + "/new"]]}).json()["success"], "the way back")
    files.ask("POST", "/api/delete", body={"items": [files.folder + "/new"]})
    check(files.ask("POST", "/api/trash/empty").json()["success"], "the empty trash")
    check(files.ask("GET", "/api/trash").json() == {"items": [], "size": 0}, "the trash is not empty")


def uploads(files):
    content = os.urandom(300_000)
    form = b"".join(b"--B\r\nContent-Disposition: form-data; name=" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in
                    ((b'"current_path"', files.folder.encode()), (b'"files"; filename="one.bin"', content),
                     (b'"files"; filename="two.bin"', b""))) + b"--B--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = files.ask("POST", "/api/upload", body=form, headers=kind).json()
    check(answer["uploaded"] == ["one.bin", "two.bin"] and answer["success"], f"the form: {answer}")
    check(answer["files"][0]["sha256"] == hashlib.sha256(content).hexdigest(), "the form's digest")
    check(len(files.ask("POST", "/api/upload", body=form, headers=kind).json()["errors"]) == 2, "a form writes over what is there")
    one = files.ask("POST", "/api/uploads", body={"path": files.folder, "name": "deep/er.bin", "size": len(content)}, status=201).json()
    where = {"route": "/api/uploads/{id}", "target": "/api/uploads/" + one["id"]}
    half = files.ask("PATCH", query={"offset": 0}, body=content[:100_000], **where).json()
    check(half["offset"] == 100_000 and not half["done"], f"the first part: {half}")
    check(files.ask("PATCH", query={"offset": 0}, body=b"x", status=409, **where).json()["offset"] == 100_000, "a wrong offset")
    check(files.ask("GET", "/api/uploads").json()["uploads"][0]["offset"] == 100_000, "the list of uploads")
    files.ask("PATCH", query={"offset": 100_000}, body=content[100_000:], **where)
    whole = files.ask("GET", **where).json()
    check(whole["done"] and whole["sha256"] == hashlib.sha256(content).hexdigest(), f"the end: {whole}")
    check(files.ask("GET", "/api/download", {"path": whole["path"]}).body == content, "what arrived")
    files.ask("DELETE", **where)
    files.ask("GET", status=404, **where)


def previews(files):
    head = json.dumps({"__metadata__": {"format": "pt"}, "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    for name, content in (("m.safetensors", len(head).to_bytes(8, "little") + head + bytes(12)), ("notes.md", b"# <script>")):
        with open(os.path.join(files.folder, name), "wb") as file:
            file.write(content)
    answer = files.ask("GET", "/api/preview", {"path": files.folder + "/m.safetensors"}).json()
    check(answer["safetensors"]["parameters"] == 6 and answer["safetensors"]["metadata"] == {"format": "pt"}, f"{answer}")
    check(files.ask("GET", "/api/preview", {"path": files.folder + "/notes.md"}).json()["text"] == "# <script>", "the text")
    check(files.ask("PUT", "/api/pins", body={"paths": [files.folder]}).json() == files.ask("GET", "/api/pins").json(), "the pins")


def drive_files(document, console, volume):
    """Every route of the files once, right and wrong; leaves a folder on the volume."""
    folder = os.path.join(volume, "driven")
    os.makedirs(os.path.join(folder, "sub"))
    content = os.urandom(5_000)
    with open(os.path.join(folder, "clip.mp4"), "wb") as file:
        file.write(content)
    files = Files(document, console, folder)
    recorded(files)
    downloads(files, content)
    changes(files)
    uploads(files)
    previews(files)
