# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as a strict server reads it, and answers of one: for the stand-ins behind the gateway. What a lenient program
would let pass is an error here, so that nothing odd that arrives behind the gateway stays unseen."""
import json
import re
import socket
import threading

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Wrong(Exception):
    pass


class Request:
    def __init__(self, line, headers):
        self.line, self.headers = line, headers
        self.body = b""
        self.length = 0  # of the body, where it is not kept

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name):
        return (self.all(name) or [None])[0]

    @property
    def target(self):
        return self.line.split(" ")[1]


class Reader:
    def __init__(self, connection):
        self.connection = connection
        self.rest = b""

    def more(self):
        data = self.connection.recv(1 << 16)
        self.rest += data
        return bool(data)

    def line(self):
        while b"\n" not in self.rest:
            if len(self.rest) > 1 << 17 or not self.more():
                if self.rest:
                    raise Wrong(f"ends in a line: {self.rest[:80]!r}")
                return None
        line, self.rest = self.rest.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1] or b"\0" in line:
            raise Wrong(f"a line that ends or holds what it may not: {line[:80]!r}")
        return line[:-1]

    def head(self):
        first = self.line()
        if first is None:
            return None
        if not re.fullmatch(rb"[A-Z]+ \S+ HTTP/1\.1", first):
            raise Wrong(f"request line {first!r}")
        headers = []
        while True:
            line = self.line()
            if line is None:
                raise Wrong("ends in its headers")
            if not line:
                break
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.fullmatch(name):
                raise Wrong(f"header {line!r}")
            headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        return Request(first.decode("latin-1"), headers)

    def exactly(self, count, keep, request):
        while count > 0:
            if not self.rest and not self.more():
                raise Wrong("ends in its body")
            part, self.rest = self.rest[:count], self.rest[count:]
            count -= len(part)
            request.length += len(part)
            if keep:
                request.body += part

    def body(self, request, keep=True):
        lengths, codings = request.all("Content-Length"), request.all("Transfer-Encoding")
        if len(lengths) + len(codings) > 1:
            raise Wrong(f"two lengths: {lengths} {codings}")
        if lengths:
            if not re.fullmatch("[0-9]+", lengths[0]):
                raise Wrong(f"length {lengths[0]!r}")
            self.exactly(int(lengths[0]), keep, request)
        if codings:
            if codings != ["chunked"]:
                raise Wrong(f"coding {codings}")
            while True:
                size = self.line()
                if size is None or not re.fullmatch(rb"[0-9a-fA-F]+", size):
                    raise Wrong(f"chunk {size!r}")
                self.exactly(int(size, 16), keep, request)
                if self.line() != b"":
                    raise Wrong("a chunk without its end, or a trailer")
                if int(size, 16) == 0:
                    return

    def request(self):
        request = self.head()
        if request is not None:
            self.body(request)
        return request


def answer(status, headers, body=b""):
    lines = [f"HTTP/1.1 {status} Words"] + [f"{name}: {value}" for name, value in headers.items()]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (b"" if status == 204 else body)


def told(request):
    """The request as it arrived, for the test to look at."""
    return json.dumps({"line": request.line, "headers": request.headers, "length": request.length,
                       "body": request.body[:1000].decode("latin-1")}).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def seen(self):
        return json.loads(self.body)


def connect(port, host="127.0.0.1"):
    return socket.create_connection((host, port), timeout=20)


def read_answers(connection):
    """All answers of a connection until it is closed or says nothing for a while."""
    data = b""
    try:
        while part := connection.recv(1 << 16):
            data += part
    except OSError:
        pass
    return data


def read_answer(connection, head_only=False):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(1 << 16)
        if not part:
            raise Wrong(f"no whole answer: {data[:200]!r}")
        data += part
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    out = Answer(int(lines[0].split(" ")[1]), headers, rest)
    length = out.header("Content-Length")
    while not head_only and (length is None or len(out.body) < int(length)):
        part = connection.recv(1 << 16)
        if not part:
            break
        out.body += part
    if out.header("Transfer-Encoding") == "chunked" and not head_only:
        out.body = unchunked(out.body)
    return out


def unchunked(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        out, data = out + data[:count], data[count + 2:]
        if count == 0:
            break
    return out


def ask(port, target="/", method="GET", headers=(), body=b"", host="pod.example", address="127.0.0.1"):
    """One request on a connection of its own. `headers` is a list of lines."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with connect(port, address) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return read_answer(connection, head_only=method == "HEAD")


def serve_all(listener, serve):
    """A thread for each connection, until the listener is closed."""
    def accept():
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
