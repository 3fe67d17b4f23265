# SPDX-License-Identifier: Apache-2.0
"""Attacks by paths, on every route that takes one: what is outside stays unread and unchanged."""
import os
import pathlib
import threading
import urllib.parse

from console_client import check

SECRET = b"secret-of-the-pod"


def outside_of(visitor):
    """A folder beside the volume, which no root shows, with a secret. /tmp is a root: it lies elsewhere."""
    outside = pathlib.Path("/var/tmp") / f"tmplbuild-outside-{os.getpid()}"
    outside.mkdir(exist_ok=True)
    (outside / "secret.txt").write_bytes(SECRET)
    return outside


def prepare(visitor, outside):
    volume = visitor.volume
    folder = volume / "paths"
    folder.mkdir()
    (folder / "right.txt").write_text("right")
    (folder / "real").mkdir()
    os.symlink(outside, folder / "out")
    os.symlink(outside / "secret.txt", folder / "out.txt")
    os.symlink("../../../../../../../.." + str(outside), folder / "up")
    os.symlink(outside / "nothing", folder / "dangling")
    os.symlink("loop", folder / "loop")
    os.symlink("../.tmplbuild", folder / "kept")
    os.symlink("/proc/self/root", folder / "magic")
    os.mkfifo(folder / "pipe")
    (volume.parent / "volumeX").mkdir()
    return folder


# @ is the volume, ! the folder outside. None of them may read or change anything.
WRONG = [
    "!", "!/secret.txt", "/etc/passwd", "/", "", "etc", "@/../outside", "@/paths/../../x", "@/..", "@/paths/..", "@/./../x", "//etc/passwd",
    "@/paths/out", "@/paths/out/secret.txt", "@/paths/out.txt", "@/paths/up", "@/paths/up/secret.txt", "@/paths/dangling", "@/paths/loop",
    "@/paths/magic", "@/paths/magic/etc/passwd", "@/paths/pipe", "@/.tmplbuild", "@/.tmplbuild/console/password", "@//.tmplbuild/trash",
    "@/./.tmplbuild", "@/paths/kept", "@/paths/kept/console", "@/paths/%2e%2e/x", "@/paths\\..\\..\\etc", "..", "./@", "@/paths/right.txt/x",
    "/proc/self/root", "/dev/zero", "@/" + "a" * 256, "@/" + "a/" * 2500,
]


def texts(visitor, outside):
    return [text.replace("@", str(visitor.volume)).replace("!", str(outside)) for text in WRONG]


def reads(visitor, outside):
    for path in texts(visitor, outside):
        for route in ("/api/download", "/api/download_folder", "/api/browse", "/api/preview", "/api/search", "/api/storage_info"):
            if not path and route in ("/api/browse", "/api/search", "/api/storage_info"):
                continue  # no path is the start
            answer = visitor.api("GET", route, {"path": path, "q": "secret"})
            check(400 <= answer.status < 500, f"{route} {path!r}: {answer.status} {answer.body[:200]}")
            check(SECRET not in answer.body and b"root:" not in answer.body, f"{route} {path!r} tells what is outside")
        for route in ("/api/download_multiple", "/api/selections"):
            answer = visitor.api("POST", route, body={"files": [path]})
            if route == "/api/selections" and answer.status == 201:
                answer = visitor.api("GET", "/api/download_multiple", {"selection": answer.json()["id"]})
            check(SECRET not in answer.body and b"root:" not in answer.body, f"{route} {path!r} tells what is outside")


def changes(visitor, outside, folder):
    right = str(folder / "right.txt")
    for path in texts(visitor, outside):
        for route, body in (("/api/create_folder", {"current_path": path, "folder_name": "x"}), ("/api/copy", {"items": [right], "to": path}),
                            ("/api/move", {"items": [right], "to": path}), ("/api/uploads", {"path": path, "name": "x", "size": 1})):
            answer = visitor.api("POST", route, body=body)
            check(400 <= answer.status < 500, f"{route} to {path!r}: {answer.status} {answer.body[:200]}")
        for name in ("../x", "a/b", "..", ".", "", "/x", "x" * 256, "a\0b"):
            for route, body in (("/api/create_folder", {"current_path": str(folder), "folder_name": name}),
                                ("/api/rename", {"old_path": right, "new_name": name})):
                answer = visitor.api("POST", route, body=body)
                check(answer.status == 400, f"{route} as {name!r}: {answer.status}")
    for path in ("@", "@/", "@/.tmplbuild", "@/.tmplbuild/trash", "@/paths/kept/console", "/etc/hostname", "!", "!/secret.txt", "@/paths/out/secret.txt"):
        path = path.replace("@", str(visitor.volume)).replace("!", str(outside))
        for route, body in (("/api/delete", {"items": [path]}), ("/api/delete", {"items": [path], "forever": True}),
                            ("/api/move", {"items": [path], "to": str(folder)}), ("/api/rename", {"old_path": path, "new_name": "x"})):
            answer = visitor.api("POST", route, body=body)
            check(answer.status >= 400 or answer.json()["success"] is False, f"{route} {path!r}: {answer.body[:200]}")
    check((folder / "right.txt").read_text() == "right", "what was there has changed")
    check(sorted(os.listdir(outside)) == ["secret.txt"] and (outside / "secret.txt").read_bytes() == SECRET, "something outside has changed")
    # A link itself may be deleted: what it leads to stays.
    check(visitor.api("POST", "/api/delete", body={"items": [str(folder / "out")], "forever": True}).json()["success"], "a link's end")
    check((outside / "secret.txt").read_bytes() == SECRET, "deleting a link deleted what it leads to")


def table(visitor):
    outside = outside_of(visitor)
    folder = prepare(visitor, outside)
    reads(visitor, outside)
    changes(visitor, outside, folder)
    # Encoded twice, a path is the name that it says; with a NUL it is none.
    for raw in ("%252e%252e%252fetc", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", str(visitor.volume) + "/a%00b", "%5c..%5c..%5cetc%5cpasswd", "%ff", "%zz"):
        answer = visitor.send_raw(visitor.head("GET", "/api/download?path=" + raw))
        check(b" 40" in answer[:16] and b"root:" not in answer, f"{raw}: {answer[:100]}")


def odd_names(visitor):
    """Every name that a file can have is listed, read, renamed and deleted."""
    folder = os.path.join(os.fsencode(visitor.volume), b"odd")
    os.mkdir(folder)
    names = [b"line\nend", b"tab\tq\"uote'", b"back\\slash", b"\xff\xfe\x80", "ünï 😀".encode(), b" blank ", b"%41", b"a+b&c=d#e?f", b"-rf", b"x" * 255,
             "\uf780".encode(), b"ok\xc3", b"<script>alert(1)<!--", b"\x01\x1f\x7f", b"..x", b"..."]
    for name in names:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(name)
    path = os.fsdecode(folder)
    entries = visitor.api("GET", "/api/browse", {"path": path, "hidden": "1"}).json()["contents"]
    check(len(entries) == len(names) and len({one["path"] for one in entries}) == len(names), f"{len(entries)} entries of {len(names)}")
    found = {visitor.api("GET", "/api/download", {"path": one["path"]}).body for one in entries}
    check(found == set(names), f"read: {found ^ set(names)}")
    for number, one in enumerate(entries):
        answer = visitor.api("POST", "/api/rename", body={"old_path": one["path"], "new_name": f"file {number}"})
        check(answer.status == 200, f"rename {one['path']!r}: {answer.body}")
    check(visitor.api("POST", "/api/delete", body={"items": [path]}).json()["success"], "their folder's end")


def race(visitor):
    """A folder that becomes a link and a folder again while it is read and written through."""
    outside, volume = outside_of(visitor), visitor.volume
    folder = volume / "race"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside" / "secret.txt").write_text("harmless")
    os.symlink(outside, folder / "link")
    over = threading.Event()

    def swap():
        while not over.is_set():
            os.rename(folder / "inside", folder / "was")
            os.rename(folder / "link", folder / "inside")
            os.rename(folder / "inside", folder / "link")
            os.rename(folder / "was", folder / "inside")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for number in range(60):
            inside = str(folder / "inside")
            for answer in (visitor.api("GET", "/api/download", {"path": inside + "/secret.txt"}), visitor.api("GET", "/api/download_folder", {"path": str(folder)}),
                           visitor.api("POST", "/api/create_folder", body={"current_path": inside, "folder_name": f"made{number}"}),
                           visitor.api("POST", "/api/copy", body={"items": [inside], "to": str(volume / "odd-copies")})):
                check(SECRET not in answer.body, "a race reads what is outside")
    finally:
        over.set()
        thread.join()
    check(sorted(os.listdir(outside)) == ["secret.txt"], f"a race writes outside: {os.listdir(outside)}")


def end(visitor):
    outside = outside_of(visitor)
    (outside / "secret.txt").unlink()
    outside.rmdir()


CHECKS = [("path attacks", table), ("odd names", odd_names), ("a race", race), ("what is outside", end)]
