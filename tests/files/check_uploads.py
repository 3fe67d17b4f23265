# SPDX-License-Identifier: Apache-2.0
"""Attacks by uploads, and uploads whose worker is killed: nothing half-written has its final name."""
import hashlib
import json
import os
import random
import signal
import threading
import time

from console_client import check


def form(*parts, end=b"--B--\r\n"):
    return b"".join(b"--B\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + end


def field(text):
    return b"Content-Disposition: form-data; " + text


def attacks(visitor):
    folder = visitor.volume / "uploads"
    folder.mkdir()
    where = (field(b'name="current_path"'), str(folder).encode())
    multipart = "Content-Type: multipart/form-data; boundary=B"

    def send(body, length=None, kind=multipart, status=400):
        head = visitor.head("POST", "/api/upload", [kind, f"Content-Length: {len(body) if length is None else length}"])
        answer = visitor.send_raw(head + body)
        check(answer[9:12] == str(status).encode(), f"{body[:100]!r}: {answer[:200]!r}")
        return json.loads(answer.split(b"\r\n\r\n", 1)[1])

    good = form(where, (field(b'name="files"; filename="x"'), b"content"))
    send(good, length="-5")
    send(good, length="5, 6")
    send(good, kind="Content-Type: text/plain", status=415)
    send(good, kind="Content-Type: multipart/form-data")
    send(good, kind="Content-Type: multipart/form-data; boundary=" + "b" * 71)
    send(good, kind="Content-Type: multipart/form-data; boundary=other")
    send(good.replace(b"--B--\r\n", b""))
    send(good[:-20])
    send(good[:60])
    send(b"")
    send(form(where, (b"no colon", b"")))
    send(form(where, (b"X: y", b"")))
    send(form((field(b'name="files"; filename="x"'), b"content")))
    send(form(where, (field(b'name="x"') + b"\r\nX-Long: " + b"x" * (1 << 20), b"")), status=431)
    send(form(where, *((field(b'name="v"'), b"x"),) * 10_001), status=413)
    send(form((field(b'name="current_path"'), b"x" * 100_000)), status=413)
    for name in (b"../x", b"a/../../x", b"/etc/x", b"..", b".", b"a//b", b"x" * 256, b"a/", b".tmplbuild/../x"):
        errors = send(form(where, (field(b'name="files"; filename="' + name + b'"'), b"x")), status=200)["errors"]
        check(len(errors) == 1, f"{name}: {errors}")
    # Less than declared: the connection ends, and nothing is there.
    connection = visitor.connection()
    connection.sock.sendall(visitor.head("POST", "/api/upload", [multipart, "Content-Length: 1000000"]) + good[:-12])
    connection.sock.close()
    time.sleep(0.2)
    check(os.listdir(folder) == [], f"something arrived: {os.listdir(folder)}")
    check(send(good, status=200)["uploaded"] == ["x"], "a right form")


def wrong_portions(visitor):
    folder = str(visitor.volume / "uploads")
    for size in (-1, -(2**63), 1.5, "1", None, 2**63, 10**30, True):
        answer = visitor.api("POST", "/api/uploads", body={"path": folder, "name": "p", "size": size})
        check(answer.status == 400, f"size {size}: {answer.status}")
    check(visitor.api("POST", "/api/uploads", body={"path": folder, "name": "p", "size": 2**62}).status == 507, "more than any disk has")
    check(visitor.api("POST", "/api/uploads", body={"path": folder, "name": "x", "size": 1}).status == 409, "an upload over what is there")
    one = visitor.api("POST", "/api/uploads", body={"path": folder, "name": "p", "size": 10}).json()
    where = "/api/uploads/" + one["id"]
    for query, body, status in (({}, b"x", 400), ({"offset": "-1"}, b"x", 400), ({"offset": "x"}, b"x", 400), ({"offset": 5}, b"x", 409),
                                ({"offset": 2**63}, b"x", 400), ({"offset": 0}, b"x" * 11, 413)):
        answer = visitor.api("PATCH", where, query, body)
        check(answer.status == status, f"PATCH {query} with {len(body)} bytes: {answer.status} {answer.body[:200]}")
    for length in ((50 << 20) + 1, 2**62):
        check(visitor.send_raw(visitor.head("PATCH", where + "?offset=0", [f"Content-Length: {length}"]))[9:12] == b"413", f"{length} bytes")
    chunked = visitor.head("PATCH", where + "?offset=0", ["Transfer-Encoding: chunked"]) + b"f\r\n" + b"x" * 15 + b"\r\n0\r\n\r\n"
    check(visitor.send_raw(chunked)[9:12] == b"413", "more than declared, in chunks")
    at = visitor.api("GET", where).json()["offset"]
    check(at <= 10 and not os.path.exists(folder + "/p"), f"more arrived than was declared: {at}")
    for wrong in ("x", "0" * 16, "..%2f..%2fx", one["id"].upper(), one["id"] + "0", "%2e%2e", one["id"] + "%2ejson"):
        for method in ("GET", "DELETE", "PATCH"):
            answer = visitor.api(method, "/api/uploads/" + wrong, {"offset": 0} if method == "PATCH" else None)
            check(answer.status == 404, f"{method} {wrong}: {answer.status}")
    check(visitor.api("GET", where).status == 200, "another id's end ended it")
    check(visitor.api("DELETE", where).status == 200 and visitor.api("GET", where).status == 404, "its end")


def replaced(visitor):
    folder, name = visitor.volume / "uploads", "again.txt"
    (folder / name).write_text("first")
    for conflict, expected in (("keep-both", "again (2).txt"), ("replace", name)):
        one = visitor.api("POST", "/api/uploads", body={"path": str(folder), "name": name, "size": 3, "conflict": conflict, "modified": 1_000_000}).json()
        answer = visitor.api("PATCH", "/api/uploads/" + one["id"], {"offset": 0}, b"new").json()
        check(answer["path"] == str(folder / expected) and (folder / expected).read_text() == "new", f"{conflict}: {answer}")
        check(os.stat(folder / expected).st_mtime == 1_000_000, "its time")


class Killer:
    """kill -9 of whichever worker runs in a random moment."""

    def __init__(self, visitor, seed):
        self.visitor, self.seed, self.kills = visitor, seed, 0

    def kill_soon(self):
        time.sleep(self.seed.random() * 0.03)
        until = time.monotonic() + 0.2
        while not (workers := self.visitor.workers()) and time.monotonic() < until:
            time.sleep(0.001)
        for worker in workers:
            try:
                os.kill(worker, signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def during(self, work):
        thread = threading.Thread(target=self.kill_soon)
        thread.start()
        try:
            work()
        except OSError:
            pass
        thread.join()


def killed(visitor, most=50):
    """The worker of uploads of both kinds is killed in random moments."""
    folder, seed = visitor.volume / "killed", random.Random(7)
    folder.mkdir()
    content = seed.randbytes(8 << 20)
    digest, killer, number = hashlib.sha256(content).hexdigest(), Killer(visitor, seed), 0
    while killer.kills < most * 4 // 5:
        name, number, tries = f"file{number}", number + 1, 6
        one = visitor.api("POST", "/api/uploads", body={"path": str(folder), "name": name, "size": len(content)}).json()
        where, there = "/api/uploads/" + one["id"], folder / name
        while not (state := visitor.api("GET", where).json())["done"]:
            check(not there.exists(), f"{name} is there before all of it is")
            def go_on(at=state["offset"]):
                visitor.api("PATCH", where, {"offset": at}, content[at:])
            killer.during(go_on) if tries > 0 else go_on()
            tries -= 1
        check(state["sha256"] == digest and hashlib.sha256(there.read_bytes()).hexdigest() == digest, f"{name} is another file")
        there.unlink()
    body = form((field(b'name="current_path"'), str(folder).encode()), (field(b'name="files"; filename="form"'), content))
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    while killer.kills < most:
        killer.during(lambda: visitor.api("POST", "/api/upload", body=body, headers=kind))
        there = folder / "form"
        check(not there.exists() or there.read_bytes() == content, "a form's file is half there")
        there.unlink(missing_ok=True)
    print(f"  {killer.kills} workers were killed")


CHECKS = [("upload attacks", attacks), ("wrong portions", wrong_portions), ("what is replaced", replaced), ("killed workers", killed)]
