# SPDX-License-Identifier: Apache-2.0
"""Sockets: one server of a case, and a request to it with all the ways to answer it wrongly."""
import http.server
import ipaddress
import socket
import threading


class Ask(http.server.BaseHTTPRequestHandler):
    """One request."""
    protocol_version = "HTTP/1.1"
    timeout = 600

    def setup(self):
        super().setup()
        self.server.connections += 1

    def handle_all(self):
        self.is_read = False
        self.kept = b""  # the first bytes of the body, for the search for credentials
        self.server.kit.serve(self.server, self)
        if not self.close_connection and not self.is_read:
            self.swallow()

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = handle_all

    def log_message(self, *_):
        pass

    # --- reading ------------------------------------------------------------------------------------------------------
    def body(self, most=65536):
        """The body's pieces as they come; None, and the end, when it was cut."""
        self.is_read = True
        for data in self._chunks(most) if self.headers.get("Transfer-Encoding") else self._sized(most):
            if data is None:
                self.close_connection = True
            elif len(self.kept) < 65536:
                self.kept += data
            yield data

    def swallow(self):
        """Reads the body to its end, for nobody."""
        for _ in self.body():
            pass

    def _read(self, most):
        try:
            return self.rfile.read1(most) or None
        except OSError:
            return None

    def _sized(self, most):
        left = int(self.headers.get("Content-Length", 0))
        while left:
            data = self._read(min(left, most))
            yield data
            if data is None:
                return
            left -= len(data)

    def _chunks(self, most):
        while True:
            line = self.rfile.readline(100)
            if not line.strip():
                yield None
                return
            left = int(line.split(b";")[0], 16)
            if left == 0:
                self.rfile.readline(100)
                return
            while left:
                data = self._read(min(left, most))
                yield data
                if data is None:
                    return
                left -= len(data)
            self.rfile.readline(100)

    # --- answering ----------------------------------------------------------------------------------------------------
    def begin(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        self.end_headers()

    def answer(self, status, body=b"", headers=None, length=None):
        headers = dict(headers or {})
        if status not in (204, 304):
            headers.setdefault("Content-Length", str(len(body) if length is None else length))
        self.begin(status, headers)
        if self.command != "HEAD":
            self.write(body)

    def write(self, data):
        """False when the client has gone."""
        try:
            self.wfile.write(data)
            return True
        except OSError:
            self.close_connection = True
            return False

    def redirect(self, url, status=307):
        self.answer(status, b"", {"Location": url})

    def cut(self, status, body, headers=None, length=None):
        """Promises `length` bytes and ends the connection after `body`."""
        self.answer(status, body, headers, length)
        self.drop()

    def drop(self):
        """Ends the connection without another word."""
        self.close_connection = True
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def endless(self, status=200, headers=None, piece=b" " * 65536, pause=0.0, first=b""):
        """A body that never ends; `pause` seconds between its pieces."""
        self.begin(status, {"Connection": "close", **(headers or {})})
        self.close_connection = True
        if self.command == "HEAD":
            return
        good = self.write(first)
        while good and not self.server.kit.is_over.wait(pause):
            good = self.write(piece)

    def silent(self):
        """Neither an answer nor an end."""
        self.close_connection = True
        self.server.kit.is_over.wait(3600)


class Listener(http.server.ThreadingHTTPServer):
    """A server on one address; `kit` answers its requests."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, kit, name, host, context=None, port=0, spelled=None):
        self.kit, self.name, self.connections = kit, name, 0
        self.address_family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        super().__init__((host, port), Ask)
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        shown = spelled or (f"[{host}]" if ":" in host else host)
        self.at = f"{shown}:{self.server_address[1]}"
        self.url = f"{self.scheme}://{self.at}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True)
        self.thread.start()

    def server_bind(self):
        # The parent looks the host's name up.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]

    def handle_error(self, *_):
        """Clients that go away are what the kit is about."""

    def end(self):
        self.shutdown()
        self.server_close()


