# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server on loopback that misbehaves when asked to; for the tests of what downloads.

Usage: http_server.py [--folder DIR] [--certificate PEM] [--user NAME:PASSWORD]
Prints its port, serves until it is killed, prints each request line. What a path does stands at its handler below;
anything else is a file of DIR, or a folder's index.json, or a page of links to a folder's files.
"""
import argparse
import base64
import collections
import hashlib
import html
import http.server
import json
import os
import socket
import ssl
import time
import urllib.parse

options = argparse.ArgumentParser()
options.add_argument("--folder", default=".")
options.add_argument("--certificate")
options.add_argument("--user", help="name:password, without which every answer is 401")
options = options.parse_args()
seen = collections.Counter()  # requests by path with its query


def content(size):
    """Bytes that differ from place to place, so that a wrong offset is seen."""
    return b"".join(b"%015d\n" % n for n in range(size // 16 + 1))[:size]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def do_PUT(self):
        self.do_GET()

    def do_PATCH(self):
        self.do_GET()

    def do_DELETE(self):
        self.do_GET()

    def do_GET(self):
        self.sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # A proxy is asked for whole URLs.
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        key = url.path + "?" + url.query
        seen[key] += 1
        print(self.command, self.path, flush=True)
        name = "do_" + url.path.strip("/").replace("-", "_")
        handler = getattr(self, name, None)
        basic = "Basic " + base64.b64encode((options.user or "").encode()).decode()
        if options.user and self.headers.get("Authorization") != basic:
            return self.answer(401, b"who are you?", [("WWW-Authenticate", "Basic")])
        if handler:
            handler(query, seen[key])
        else:
            self.send_file(urllib.parse.unquote(url.path))

    def do_hello(self, query, count):
        self.answer(200, b"hello", [("X-One", "1")])

    def do_echo(self, query, count):
        """The request as JSON: its method, headers with names in lower case, size and sha256 of its body."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.answer(200, json.dumps({"path": self.path, "headers": headers, "method": self.command, "size": len(self.sent),
                                     "sha256": hashlib.sha256(self.sent).hexdigest()}).encode())

    def do_seen(self, query, count):
        """How often each path was asked for."""
        self.answer(200, json.dumps(seen).encode())

    def do_status(self, query, count):
        """`status` for the first `times` requests, then 200."""
        if count <= int(query.get("times", 1 << 30)):
            retry = [("Retry-After", query["after"])] if "after" in query else []
            self.answer(int(query["status"]), b"not now", retry)
        else:
            self.answer(200, b"at last")

    def do_redirect(self, query, count):
        self.answer(int(query.get("status", 302)), b"moved", [("Location", query["to"])])

    def do_endless_redirect(self, query, count):
        """A redirect whose own text does not end."""
        self.send_response(302)
        self.send_header("Location", "/hello")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"." * 65536)
        except OSError:
            pass

    def do_circle(self, query, count):
        self.answer(302, b"", [("Location", "/circle")])

    def do_headers(self, query, count):
        """`lines` header lines of a thousand bytes each."""
        self.answer(200, b"", [("X-%d" % n, "x" * 1000) for n in range(int(query["lines"]))])

    def do_connection(self, query, count):
        """The client's port: one connection has one."""
        self.answer(200, str(self.client_address[1]).encode())

    def do_drop(self, query, count):
        """Ends the connection without a word, `times` times."""
        if count <= int(query["times"]):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer(200, b"at last")

    def do_late(self, query, count):
        """Takes the request, and answers it after `seconds`."""
        time.sleep(float(query["seconds"]))
        self.answer(200, b"at last")

    def do_stall(self, query, count):
        """The first half, then nothing for `seconds`."""
        self.answer(200, b"half", length=8)
        self.wfile.flush()
        time.sleep(float(query["seconds"]))
        self.close_connection = True

    def do_big(self, query, count):
        """`size` bytes; the first `cuts` connections end after `every` of them. ranges=no|wrong|refused; etag."""
        whole = content(int(query["size"]))
        start = 0
        asked = self.headers.get("Range", "")
        tag = query.get("etag", '"one"')
        if "changes" in query:
            tag = '"%d"' % count
            whole = bytes([count]) + whole[1:]
        if asked and query.get("ranges") == "refused":
            return self.answer(416)
        if asked and query.get("ranges") != "no" and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        body = whole[start:]
        headers = [("ETag", tag)]
        if start:
            first = start + 1 if query.get("ranges") == "wrong" else start
            headers.append(("Content-Range", "bytes %d-%d/%d" % (first, len(whole) - 1, len(whole))))
        if count <= int(query.get("cuts", 0)):
            self.answer(206 if start else 200, body[:int(query["every"])], headers, length=len(body))
            self.close_connection = True
        else:
            self.answer(206 if start else 200, body, headers)

    def do_trickle(self, query, count):
        """A byte a tenth of a second, for ever."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b".")
                time.sleep(0.1)
        except OSError:
            pass

    def send_file(self, path):
        place = os.path.join(options.folder, path.strip("/"))
        if os.path.isfile(os.path.join(place, "index.json")):
            place = os.path.join(place, "index.json")
        if os.path.isdir(place):
            links = "".join(
                '<a href="%s">%s</a><br>\n' % (html.escape(urllib.parse.quote(name)), html.escape(name))
                for name in sorted(os.listdir(place)))
            self.answer(200, ("<!DOCTYPE html><body>\n%s</body>" % links).encode(), [("Content-Type", "text/html")])
        elif os.path.isfile(place):
            with open(place, "rb") as file:
                data = file.read()
            kind = "application/vnd.pypi.simple.v1+json" if place.endswith(".json") else "application/octet-stream"
            self.answer(200, data, [("Content-Type", kind)])
        else:
            self.answer(404, b"not here")

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # clients that go away are what the tests are about


server = Server(("127.0.0.1", 0), Handler)
if options.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
