# SPDX-License-Identifier: Apache-2.0
"""The gateway and the real console together: what one of them takes, the other does not choke on, and strangers who are slow
or send much keep nobody else out."""
import re
import resource
import socket
import time
import urllib.parse

import http1
from http1 import ask
from real_console import PASSWORD

SLOW, MOST_OF_ONE, HALF_SENT = 1060, 2048, 4300


def file_of_page(pod):
    """The address of a file that anybody may have, the biggest of the sign-in page."""
    page = ask(pod.console_port, "/sign-in", headers=["Accept: text/html"], host=pod.host(pod.console_port)).body.decode()
    files = set(re.findall(r'"(/_tmplbuild/static/[^"]+)"', page))
    return max(files, key=lambda one: len(ask(pod.console_port, one, host=pod.host(pod.console_port)).body))


def slow_client(port, data):
    """It takes one kilobyte at a time, and never takes it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    connection.settimeout(5)
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    try:
        connection.send(data)
    except BlockingIOError:
        pass
    return connection


def longest_answer(pod, check, what, seconds=3, address="127.0.0.1"):
    """How long others wait while something goes on."""
    longest, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        since = time.monotonic()
        answer = ask(pod.console_port, "/sign-in", headers=["Accept: text/html"], host=pod.host(pod.console_port), address=address)
        check(answer.status == 200, f"{what}: the sign-in page: {answer.status}")
        answer = ask(pod.keep, "/", headers=["Accept: application/json"], host=pod.host(pod.keep), address=address)
        check(answer.status == 401, f"{what}: a service's port: {answer.status}")
        longest = max(longest, time.monotonic() - since)
        time.sleep(0.1)
    return longest


def slow_readers(pod, check):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    host = pod.host(pod.console_port)
    many = f"GET {file_of_page(pod)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 400
    before = pod.memory()
    slow = [slow_client(pod.console_port, many) for _ in range(SLOW)]
    time.sleep(2)
    longest = longest_answer(pod, check, f"{SLOW} slow readers")
    check(longest < 2, f"{SLOW} slow readers: others wait for {longest:.1f} s")
    print(f"  memory with {SLOW} slow readers: {pod.memory() >> 20} MB, before {before >> 20} MB; others wait for {longest:.2f} s")
    # One address has a bound of its own.
    slow += [slow_client(pod.console_port, many) for _ in range(MOST_OF_ONE - SLOW + 50)]
    time.sleep(1)
    check(ask(pod.console_port, "/sign-in", host=host).status == 429, f"more than {MOST_OF_ONE} requests of one address are served")
    longest = longest_answer(pod, check, "one address has all that it gets", 1, "::1")
    check(longest < 2, f"one address has all that it gets: others wait for {longest:.1f} s")
    for one in slow:
        one.close()


def half_sent(pod, check):
    slow = [slow_client(pod.keep, b"GET / HTTP/1.1\r\nHost: a\r\nX-") for _ in range(HALF_SENT)]
    longest = longest_answer(pod, check, f"{HALF_SENT} requests half sent", 1)
    check(longest < 2, f"{HALF_SENT} requests half sent: others wait for {longest:.1f} s")
    for one in slow:
        one.close()


def bodies(pod, check):
    """What anybody may send to the console is short, and is never written into a file."""
    for port, path in ((pod.console_port, "/sign-in"), (pod.keep, "/_tmplbuild/ticket")):
        host = pod.host(port)
        check(ask(port, path, method="POST", body=bytes(17000), host=host).status == 413, f"{path}: 17 kB")
        check(ask(port, path, method="POST", body=bytes(16000), host=host).status in (401, 403), f"{path}: 16 kB")
        with http1.connect(port) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n8\r\npassword\r\n".encode())
            check(http1.read_answer(connection).status == 411, f"{path}: chunks are taken")
        never = http1.connect(port)
        never.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 16000\r\n\r\n".encode() + bytes(15000))
        pod.never_whole.append((time.monotonic(), path, never))
    check(not pod.files(), f"files were written: {pod.files()}")


def sign_in(pod):
    host = pod.host(pod.console_port)
    headers = ["Content-Type: application/x-www-form-urlencoded", f"Origin: https://{host}", "Sec-Fetch-Site: same-origin"]
    for _ in range(100):  # it is not ready at once
        answer = ask(pod.console_port, "/sign-in", method="POST", host=host, headers=headers,
                     body=urllib.parse.urlencode({"password": PASSWORD}).encode())
        if answer.status != 503:
            break
        time.sleep(0.1)
    return answer.header("Set-Cookie").split(";")[0]


def long_heads(pod, check):
    """What nginx takes, the console takes: else a page of another site could set cookies that close the pod."""
    host = pod.host(pod.console_port)
    cookie = sign_in(pod)
    for size in (5000, 8000):
        many = [f"Cookie: a{number}={'c' * size}" for number in range(3)]
        own = [f"Cookie: {cookie}", "Accept: application/json", "Sec-Fetch-Site: same-origin"]
        answer = ask(pod.console_port, "/api/capabilities", headers=many + own, host=host)
        check(answer.status == 200, f"cookies of 3 x {size} bytes: {answer.status} {answer.body[:200]}")
        answer = ask(pod.keep, "/?" + "q" * size, headers=many, host=pod.host(pod.keep))
        check(answer.status == 401, f"cookies and a target of {size} bytes at a service: {answer.status} {answer.body[:200]}")
    answer = ask(pod.keep, "/", headers=[f"Upgrade: {'u' * 8000}"] + many, host=pod.host(pod.keep))
    check(answer.status == 401, f"all headers long: {answer.status} {answer.body[:200]}")
    answer = ask(pod.keep, "/", headers=many + [f"Cookie: b={'c' * 8000}"] * 3, host=pod.host(pod.keep))
    check(answer.status == 400, f"more than nginx takes: {answer.status}")


UNREADABLE = [("a control byte in a header", "GET /x HTTP/1.1\r\nHost: @\r\nX-A: b\x01c\r\nConnection: close\r\n\r\n"),
              ("a target without a path", "GET http://@?x=1 HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n")]


def unreadable(pod, check):
    for name, text in UNREADABLE:
        for port in (pod.console_port, pod.keep):
            arrived = len(pod.kept.requests)
            with http1.connect(port) as connection:
                connection.sendall(text.replace("@", pod.host(port)).encode("latin-1"))
                answer = http1.read_answer(connection)
            check(answer.status == 400, f"{name}: {answer.status} {answer.body[:200]}")
            check(len(pod.kept.requests) == arrived, f"{name}: it reached the service")


def given_up(pod, check):
    """Bodies that never came whole, sent by the first checks."""
    for since, path, connection in pod.never_whole:
        connection.settimeout(max(0.1, since + 12 - time.monotonic()))
        try:
            connection.recv(100)
        except TimeoutError:
            check(False, f"{path}: a body that never comes whole is waited for")
        except OSError:
            pass
        connection.close()


CHECKS = [long_heads, unreadable, bodies, half_sent, slow_readers, given_up]
