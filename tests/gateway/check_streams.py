# SPDX-License-Identifier: Apache-2.0
"""Bodies in both directions, WebSockets, and what the gateway's processes may and take."""
import base64
import os
import pathlib
import threading

import http1
from http1 import ask

MEGABYTES = int(os.environ.get("GATEWAY_TEST_MEGABYTES", "64"))


def web_socket(pod, check):
    with http1.connect(pod.keep) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(f"GET /ws HTTP/1.1\r\nHost: pod.example\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                           f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\nbytes with the request".encode())
        data = b""
        while not data.endswith(b"bytes with the request") and (part := connection.recv(1 << 16)):
            data += part
        check(data.startswith(b"HTTP/1.1 101 "), f"WebSocket: {data[:100]!r}")
        for size in (1, 125, 70000):
            sent = os.urandom(size)
            connection.sendall(sent)
            got = b""
            while len(got) < size and (part := connection.recv(1 << 16)):
                got += part
            check(got == sent, f"{size} bytes of a WebSocket came back changed")
    check(pod.console.seen[-1][1].one("X-Tmplbuild-Upgrade") == "WebSocket", "the console does not know of the WebSocket")
    with http1.connect(pod.keep) as connection:
        connection.sendall(f"GET /no403 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        check(http1.read_answer(connection).status == 403, "a refused WebSocket")


def streamed(pod, check):
    pod.kept.go_on.clear()
    with http1.connect(pod.keep) as connection:
        connection.settimeout(5)
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        data = b""
        while b"data: 1\n\n" not in data and (part := connection.recv(1 << 16)):
            data += part
        check(b"data: 2" not in data, "the second event came too early")
        pod.kept.go_on.set()
        check(b"data: 2\n\n" in http1.read_answers(connection), "the second event did not come")
    with http1.connect(pod.keep) as connection:
        connection.settimeout(5)
        connection.sendall(b"POST /arrives HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n")
        data = b""
        while b"got the first part" not in data and (part := connection.recv(1 << 16)):
            data += part
        connection.sendall(b"0\r\n\r\n")
        check(b"got all" in http1.read_answers(connection), "the end of a body did not arrive")
    check(ask(pod.keep, "/early", method="POST", body=bytes(100)).status == 413, "an answer before the body")


def big(pod, check):
    count = MEGABYTES << 20
    peak, done = [0], threading.Event()

    def watch():
        while not done.wait(0.1):
            peak[0] = max(peak[0], pod.memory())

    before = pod.memory()
    watcher = threading.Thread(target=watch)
    watcher.start()
    with http1.connect(pod.keep) as connection:
        connection.sendall(f"GET /bytes?{count} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        got = 0
        while part := connection.recv(1 << 18):
            got += len(part)
    check(count < got < count + 1000, f"{got} of {count} bytes came down")
    for form in (f"Content-Length: {count}", "Transfer-Encoding: chunked"):
        block = bytes(1 << 16)
        framed = block if "Length" in form else b"10000\r\n" + block + b"\r\n"
        with http1.connect(pod.keep) as connection:
            connection.sendall(f"PUT /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{form}\r\n\r\n".encode())
            for _ in range(count >> 16):
                connection.sendall(framed)
            if framed is not block:
                connection.sendall(b"0\r\n\r\n")
            length = http1.read_answer(connection).seen()["length"]
        check(length == count, f"{form}: {length} of {count} bytes went up")
    done.set()
    watcher.join()
    check(peak[0] - before < 4 << 20, f"memory went from {before >> 10} to {peak[0] >> 10} kB")
    check(not pod.files(), f"files were written: {pod.files()}")


def rights(pod, check):
    for process in pod.processes():
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines() if ":\t" in line)
        if pod.user == 0 and not pod.bare:
            check(set(status["Uid"].split() + status["Gid"].split()) == {"65527"}, f"it runs as {status['Uid']}")
            check(status["Groups"].strip() == "", f"it is in groups {status['Groups']}")
            check(int(status["CapEff"], 16) in (0, 1 << 10) and int(status["CapPrm"], 16) in (0, 1 << 10), f"it may {status['CapEff']}")
        check(status["NoNewPrivs"].strip() == "1", "it may get new rights")
        check(b"pod-secret" not in pathlib.Path(f"/proc/{process}/environ").read_bytes(), "it has the pod's environment")
    check(pod.memory() < 12 << 20, f"it takes {pod.memory() >> 10} kB")


CHECKS = [web_socket, streamed, big, rights]
