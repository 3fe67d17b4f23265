# SPDX-License-Identifier: Apache-2.0
"""Stands in for gateway and console while the pages are tested alone: one server for the console's own port, one for the
port of a service that starts. It serves the pages from their sources, is strict about sessions and CSRF tokens, sends what
a test gives it, and breaks where a test says so. It decides nothing that the real console decides."""
import html
import http.server
import json
import secrets
import socket
import threading
import urllib.parse

import stand_in_files
import stand_in_models
import stand_in_video
from stand_in_channel import Channel

PASSWORD = "correct horse battery"
CSRF = "csrf-token-of-the-stand-in"
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
       "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")


def json_for_html(value):
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler, stand_in):
        super().__init__(("127.0.0.1", 0), handler)
        self.stand_in = stand_in
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a browser that goes away in the middle is nothing to tell


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def pod(self):
        return self.server.stand_in

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer(self, status, body=b"", kind="text/html; charset=utf-8", **headers):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), "Content-Security-Policy": CSP,
                            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
                            "Cache-Control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def answer_json(self, value, status=200):
        self.answer(status, json.dumps(value), "application/json")

    def answer_error(self, status, message, hint=""):
        self.answer_json({"error": {"message": message, "hint": hint}}, status)

    def page(self, name, status=200, headers=None, values=None, state=None):
        pod = self.pod
        filled = {"csrf": CSRF if self.signed_in() else "", "pod": pod.view()["pod"]["name"], "service": "", "message": "",
                  "form_action": "", "ticket": "", "return": "/installation-status", "shown": "/installation-status",
                  "notice": pod.notice, "status": str(status), "no_sessions": "",
                  **(values or {})}
        text = pod.pages.html[name].replace("{{state}}", json_for_html(pod.view() if state is None else state))
        for key, value in filled.items():
            text = text.replace("{{" + key + "}}", html.escape(value))
        self.answer(status, text, **(headers or {}))

    def static_file(self):
        parts = self.path.split("/")  # "", "_tmplbuild", "static", hash, name
        known = self.pod.pages.static_files.get(parts[-1])
        if len(parts) != 5 or known is None or known[0] != parts[3]:
            self.answer_error(404, "there is no such file")
            return
        kind = self.pod.content_types["." + parts[-1].rsplit(".", 1)[1]]
        self.answer(200, known[1], kind, Cache_Control="public, max-age=31536000, immutable")

    def signed_in(self):
        return any(part.strip().removeprefix("session=") in self.pod.sessions
                   for part in self.headers.get("Cookie", "").split(";"))

    def stream(self, channel, first):
        """Server-sent events until the test cuts them: `first` now, then what the channel brings."""
        self.send_response(200)
        for name, value in (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        events = channel.join()
        try:
            self.wfile.write(b"retry: 200\n\n")
            for event in first:
                self.wfile.write(event)
            while (event := events.get()) is not None:
                self.wfile.write(event)
                self.wfile.flush()
        finally:
            channel.leave(events)

    def do_HEAD(self):
        self.do_GET()


class ConsoleHandler(Handler):
    def do_GET(self):
        pod = self.pod
        url = urllib.parse.urlsplit(self.path)
        pod.note(self.command, self.path)
        if pod.is_down:
            self.answer(502, "nothing answers")
        elif url.path.startswith("/_tmplbuild/static/"):
            self.static_file()
        elif url.path == "/sign-in":
            self.page("sign_in.html", values={"form_action": "/sign-in"})
        elif url.path.startswith("/show/"):  # the pages that a request of its own kind would bring
            self.page(url.path.removeprefix("/show/"), values=dict(urllib.parse.parse_qsl(url.query)))
        elif not self.signed_in():
            if url.path.startswith("/api/"):
                self.answer_error(401, "sign in first")
            else:
                self.answer(302, Location="/sign-in")
        elif url.path == "/installation-status":
            self.page("status.html")
        elif url.path == "/tokens":
            self.page("tokens.html")
        elif url.path == "/api/installation-status":
            self.answer_json(pod.view())
        elif url.path == "/api/events":
            if pod.stream_broken:
                self.answer(503, "no stream")
            else:
                is_known = self.headers.get("Last-Event-ID") == pod.latest_id()
                self.stream(pod.states, [] if is_known else [pod.state_event()])
        elif url.path == "/api/tokens":
            self.answer_json({"tokens": pod.tokens})
        elif url.path.startswith("/api/logs/"):
            self.logs(url)
        elif not self.in_a_room(url):
            self.answer_error(404, "there is no such page")

    def in_a_room(self, url, body=b""):
        """Whether one of the rooms of pages, each in a file of its own, has answered. body None: it is still to be read."""
        query = dict(urllib.parse.parse_qsl(url.query))
        return any(room.take(self, self.command, url.path, query, body) for room in self.pod.rooms)

    def logs(self, url):
        name = url.path.split("/")[3]
        lines = self.pod.logs.get(name)
        if lines is None:
            self.answer_error(404, f"there is no log '{name}'", "its names are those of the services, and 'launcher'")
        elif url.path.endswith("/follow"):
            self.stream(self.pod.log_channel(name), [self.pod.lines_event(lines)] if lines else [])
        else:
            older = {"X-Tmplbuild-Older-In": self.pod.older_in[name]} if name in self.pod.older_in else {}
            self.answer(200, "".join(line + "\n" for line in lines), "text/plain; charset=utf-8", **older)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def do_POST(self):
        pod = self.pod
        body = self.body()
        pod.note("POST", self.path)
        is_form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        form = dict(urllib.parse.parse_qsl(body.decode())) if is_form else {}
        if pod.is_down:
            self.answer(502, "nothing answers")
        elif self.path == "/sign-in":
            if form.get("password") == PASSWORD:
                session = secrets.token_hex(8)
                pod.sessions.add(session)
                self.answer(303, Location="/installation-status", Set_Cookie=f"session={session}; HttpOnly; Path=/")
            else:
                self.page("sign_in.html", 403,
                          values={"form_action": "/sign-in", "message": "That is not the password of this pod."})
        elif self.path.startswith("/show/"):
            self.answer(200, "<!doctype html><title>posted</title>" + html.escape(body.decode()))
        elif not self.signed_in():
            self.answer_error(401, "sign in first")
        elif CSRF not in (self.headers.get("X-CSRF-Token"), form.get("csrf")):
            self.answer_error(403, "the CSRF token is missing")
        elif self.path == "/sign-out":
            pod.sessions.clear()
            self.answer(303, Location="/sign-in")
        elif self.path == "/api/tokens":
            token = {"id": secrets.token_hex(4), "name": json.loads(body)["name"], "made": pod.view()["pod"]["now"], "used": None}
            pod.tokens.append(token)
            self.answer_json({"id": token["id"], "name": token["name"], "token": "tmplbuild_" + "ab" * 32}, 201)
        elif not self.in_a_room(urllib.parse.urlsplit(self.path), body):
            self.change()

    def change(self):
        """/api/services/NAME/DO and /api/kernels/NAME/DO: what the test said that happens."""
        kind, name, what = self.path.split("/")[2:5]
        refusal = self.pod.refusals.pop((name, what), None)
        if refusal:
            self.answer_error(409, *refusal)
            return
        self.pod.changes.append((kind, name, what))
        self.answer_json({"done": f"{name}: {what}"})

    def do_PATCH(self):
        """PATCH and PUT: the rooms' alone. A body may be cut on the way."""
        pod = self.pod
        pod.note(self.command, self.path)
        if pod.is_down:
            self.answer(502, "nothing answers")
            self.close_connection = True
        elif not self.signed_in() or self.headers.get("X-CSRF-Token") != CSRF:
            self.answer_error(403, "the CSRF token is missing")
            self.close_connection = True
        elif not self.in_a_room(urllib.parse.urlsplit(self.path), None):
            self.answer_error(404, "there is no such address")
            self.close_connection = True

    do_PUT = do_PATCH

    def do_DELETE(self):
        pod = self.pod
        pod.note("DELETE", self.path)
        if not self.signed_in() or self.headers.get("X-CSRF-Token") != CSRF:
            self.answer_error(403, "the CSRF token is missing")
            return
        if self.in_a_room(urllib.parse.urlsplit(self.path)):
            return
        pod.tokens[:] = [token for token in pod.tokens if token["id"] != self.path.split("/")[-1]]
        self.answer(204)


class ServiceHandler(Handler):
    """A service's port through the gateway: the starting page until the test says that the service answers."""

    def do_GET(self):
        pod = self.pod
        pod.note(self.command, "service:" + self.path)
        if self.path.startswith("/_tmplbuild/static/"):
            self.static_file()
        elif self.path == "/_tmplbuild/events":
            if pod.stream_broken:
                self.answer(503, "no stream")
            else:
                self.stream(pod.states, [pod.state_event()])
        elif pod.service_answers:
            self.answer(200, "<!doctype html><title>ComfyUI</title><h1>ComfyUI itself</h1>")
        elif self.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
            self.page("starting.html", values={"service": pod.starting_service}, headers={"X-Tmplbuild-Starting": "1"})
        else:
            self.answer_error(503, "the service starts")

    def signed_in(self):
        return True


class StandIn:
    def __init__(self, pages, content_types):
        self.pages, self.content_types = pages, content_types
        self._lock = threading.Lock()
        self._logs_channels = {}
        self.states = Channel()
        self.reset({"pod": {"name": "stand-in", "now": 0}})
        self._console = Server(ConsoleHandler, self)
        self._service = Server(ServiceHandler, self)
        self.url = f"http://127.0.0.1:{self._console.server_port}"
        self.service_url = f"http://127.0.0.1:{self._service.server_port}"

    def reset(self, view):
        """As a pod that was just started, for the next test."""
        self.cut_streams()
        self._view, self._id, self._run = view, 0, secrets.token_hex(4)
        self.sessions, self.tokens, self.changes, self.refusals = set(), [], [], {}
        self.logs = {"launcher": []}
        self.older_in = {}  # a log's name: the file with its older lines, as the header has it
        self.requests = []
        self.is_down = self.stream_broken = self.service_answers = False
        self.notice = ""
        self.starting_service = "comfyui"
        self.video = stand_in_video.Video()
        self.files = stand_in_files.Files()
        self.models = stand_in_models.Models(self.files)
        self.rooms = [self.video, self.files, self.models]

    def view(self):
        return self._view

    def show(self, view):
        """What the console tells from now on, and tells to all who listen."""
        with self._lock:
            self._view = view
            self._id += 1
        self.states.send(self.state_event())

    def latest_id(self):
        return f"{self._run}-{self._id}"

    def state_event(self):
        return f"id: {self.latest_id()}\nevent: state\ndata: {json.dumps(self._view)}\n\n".encode()

    def lines_event(self, lines):
        return ("event: lines\n" + "".join(f"data: {line}\n" for line in lines) + "\n").encode()

    def log_channel(self, name):
        with self._lock:
            return self._logs_channels.setdefault(name, Channel())

    def say(self, name, *lines):
        self.logs.setdefault(name, []).extend(lines)
        self.log_channel(name).send(self.lines_event(lines))

    def cut_streams(self):
        self.states.send(None)
        if hasattr(self, "models"):
            self.models.channel.send(None)
        for channel in self._logs_channels.values():
            channel.send(None)

    def note(self, method, path):
        self.requests.append((method, path))
