# SPDX-License-Identifier: Apache-2.0
"""Requests that were made to deceive: forged headers, and bytes that two programs may read in two ways."""
import http1
from http1 import ask

FORGED = """X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded-Port X-Forwarded-User X-Forwarded-Email
X-Forwarded-Prefix X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Client-Cert Forwarded X-Real-IP X-Client-IP True-Client-IP
CF-Connecting-IP X-Original-URL X-Original-URI X-Rewrite-URL X-Original-Host X-Original-Method X-Script-Name X-Remote-User
Remote-User X-Auth-Request-User X-Auth-User X-Auth-Username X-Webauth-User X-Authenticated-User Proxy Proxy-Authorization
X-Tmplbuild-Phase X-Tmplbuild-Cookie X-Tmplbuild-Authorization X-Tmplbuild-Peer X-Tmplbuild-Proto x-tmplbuild-port
X_Forwarded_For X_Remote_User x_tmplbuild_phase""".split()


def forged(pod, check):
    headers = ask(pod.keep, "/", headers=[f"{name}: forged-value" for name in FORGED]).seen()["headers"]
    check(not [one for one in headers if "forged" in one[1]], f"forged headers arrive: {headers}")
    # What Connection names is dropped by lenient proxies, ours among them.
    asked = ["Connection: keep-alive, X-Real-IP, X-Forwarded-For, Cookie, Host, X-Tmplbuild-Phase, close", "Cookie: a=1"]
    headers = dict(ask(pod.keep, "/", headers=asked).seen()["headers"])
    check(headers.get("X-Real-IP") == "127.0.0.1" and headers.get("Cookie") == "a=1", f"Connection removed a header: {headers}")
    check(headers["Connection"] == "close", f"Connection passed: {headers}")
    seen = dict(ask(pod.keep, "/ws", headers=["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"]).seen()["headers"])
    check("Upgrade" not in seen, "an upgrade to something else than a WebSocket passed")


# (name, request, statuses that are right). What gets 200 has to arrive as one plain request.
HEAD = "POST /x HTTP/1.1\r\nHost: pod.example\r\n"
INNER = "GET /inner HTTP/1.1\r\nHost: pod.example\r\n\r\n"
CHUNKED = f"1\r\nx\r\n0\r\n\r\n{INNER}"
SMUGGLED = [
    ("a length and chunks", f"{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKED}", {400}),
    ("chunks and a length", f"{HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{CHUNKED}", {400}),
    ("two lengths", f"{HEAD}Content-Length: 1\r\nContent-Length: 50\r\n\r\nx{INNER}", {400}),
    ("a list of lengths", f"{HEAD}Content-Length: 1, 50\r\n\r\nx{INNER}", {400}),
    ("a negative length", f"{HEAD}Content-Length: -1\r\n\r\nx{INNER}", {400}),
    ("a length with a sign", f"{HEAD}Content-Length: +1\r\n\r\nx{INNER}", {400}),
    ("a length in hex", f"{HEAD}Content-Length: 0x1\r\n\r\nx{INNER}", {400}),
    ("coding gzip", f"{HEAD}Transfer-Encoding: gzip\r\n\r\n{CHUNKED}", {400, 501}),
    ("coding gzip and a length", f"{HEAD}Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx{INNER}", {400, 501}),
    ("chunked, then gzip", f"{HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n{CHUNKED}", {400, 501}),
    ("gzip, then chunked", f"{HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n{CHUNKED}", {400, 501}),
    ("chunked twice", f"{HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKED}", {400, 501}),
    ("chunked and identity", f"{HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{CHUNKED}", {400, 501}),
    ("a vertical tab in the coding", f"{HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n{CHUNKED}", {400, 501}),
    ("a quoted coding", f'{HEAD}Transfer-Encoding: "chunked"\r\n\r\n{CHUNKED}', {400, 501}),
    ("xchunked", f"{HEAD}Transfer-Encoding: xchunked\r\n\r\n{CHUNKED}", {400, 501}),
    ("a blank before the colon", f"{HEAD}Transfer-Encoding : chunked\r\nContent-Length: 1\r\n\r\nx", {200, 400}),
    ("an underscore in the name", f"{HEAD}Transfer_Encoding: chunked\r\nContent-Length: 1\r\n\r\nx", {200, 400}),
    ("a coding in a folded line", f"{HEAD}X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nx", {200, 400}),
    ("a folded coding", f"{HEAD}Transfer-Encoding:\r\n chunked\r\nContent-Length: 1\r\n\r\nx", {400, 501}),
    ("chunks in HTTP/1.0", "POST /x HTTP/1.0\r\nHost: pod.example\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED, {200, 400, 501}),
    ("a chunk that is too big", f"{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nx\r\n0\r\n\r\n", {400}),
    ("a chunk of no number", f"{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n", {400}),
    ("a chunk with a minus", f"{HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n", {400}),
    ("a chunk without its end", f"{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz0\r\n\r\n", {400}),
    ("chunk extensions", f"{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\nx\r\n0;c\r\n\r\n", {200, 400}),
    ("trailers", f"{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Real-IP: forged\r\nCookie: forged=1\r\n\r\n", {200, 400}),
    ("two hosts", f"{HEAD}Host: other.example\r\nContent-Length: 1\r\n\r\nx", {400}),
    ("no host", "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
    ("a host with a path", "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}),
    ("a host with a blank", "GET /x HTTP/1.1\r\nHost: a b\r\n\r\n", {400}),
    ("an absolute target", "GET http://other.example/x HTTP/1.1\r\nHost: pod.example\r\nConnection: close\r\n\r\n", {200, 400}),
    ("CONNECT", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: pod.example\r\n\r\n", {400, 405}),
    ("TRACE", "TRACE / HTTP/1.1\r\nHost: pod.example\r\n\r\n", {400, 405}),
    ("a blank in the target", "GET /a b HTTP/1.1\r\nHost: pod.example\r\n\r\n", {400}),
    ("HTTP/0.9", "GET /x\r\n", {0, 200, 400}),
    ("HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    ("a NUL in a header", f"{HEAD}X-A: b\0c\r\n\r\n", {400}),
    ("a bare CR in a header", f"{HEAD}X-A: b\rX-Real-IP: forged\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", {200, 400}),
    ("bare LFs", "GET /x HTTP/1.1\nHost: pod.example\nConnection: close\n\n", {200, 400}),
    ("a NUL in the target", "GET /x%00y HTTP/1.1\r\nHost: pod.example\r\nConnection: close\r\n\r\n", {200, 400}),
    ("out of the root", "GET /../../etc/passwd HTTP/1.1\r\nHost: pod.example\r\n\r\n", {400}),
]


def smuggled(pod, check):
    for name, text, right in SMUGGLED:
        before = len(pod.kept.requests)
        with http1.connect(pod.keep) as connection:
            connection.sendall(text.encode("latin-1"))
            connection.settimeout(0.5)
            data = http1.read_answers(connection)
        status = int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.") else 0
        arrived = pod.kept.requests[before:]
        check(status in right, f"{name}: answered {status}, {data[:100]!r}")
        check(len(arrived) <= 1, f"{name}: {len(arrived)} requests arrived")
        check(not [one for one in arrived if "inner" in one.line], f"{name}: the inner request arrived")
        forged = [one for request in arrived for one in request.headers if "forged" in one[1]]
        check(not forged, f"{name}: {forged} arrived")
        check(status == 200 or not arrived, f"{name}: refused and passed on")
    check(not pod.kept.wrong, f"the service got what no strict server takes: {pod.kept.wrong}")


def bombs(pod, check):
    before = pod.memory()
    arrived = len(pod.console.seen)
    with http1.connect(pod.keep) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        line = b"X-A: " + b"b" * 10000 + b"\r\n"
        for _ in range((100 << 20) // len(line)):  # it answers after a few, and throws away what comes then
            connection.sendall(line)
        check(connection.recv(100).startswith(b"HTTP/1.1 400 "), "100 MB of headers are not refused")
        check(pod.memory() - before < 2 << 20, f"headers took {pod.memory() - before >> 10} kB")
    check(len(pod.console.seen) == arrived, "100 MB of headers reached the console")
    answer = ask(pod.keep, "/" + "a" * 20000)
    check(answer.status == 414, f"a long target: {answer.status}")
    # As many as fit go through whole, to the console and to the service.
    answer = ask(pod.keep, "/", headers=[f"Cookie: a{number}={'c' * 7000}" for number in range(4)])
    check(answer.status == 200 and len(dict(answer.seen()["headers"])["Cookie"]) > 28000, f"long cookies: {answer.status}")
    slow = [http1.connect(pod.keep) for _ in range(200)]
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-")
    check(ask(pod.keep, "/").status == 200, "200 slow clients keep others out")
    check(pod.memory() - before < 8 << 20, f"memory went from {before >> 20} to {pod.memory() >> 20} MB")
    for connection in slow:
        connection.close()


CHECKS = [forged, smuggled, bombs]
