# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the console, as the gateway knows it: on a Unix socket, by the headers that the gateway sets. It holds the
gateway to its contract: each of those headers is there once, with a value that only the gateway can have given."""
import os
import socket
import threading

import http1

PHASES = {"authorize", "refuse", "starting", "page"}
ONCE = ["Host", "X-Tmplbuild-Phase", "X-Tmplbuild-Port", "X-Tmplbuild-Method", "X-Tmplbuild-Target", "X-Tmplbuild-Peer"]
STATUS = {"/no401": 401, "/no403": 403, "/odd404": 404, "/odd500": 500}


class Console:
    def __init__(self, path):
        self.path = path
        self.wrong = []  # what was not as the contract says
        self.seen = []  # (phase, request) of each request, in order
        self.bodies = 0  # bytes that came with questions, which have none
        self.delay = 0
        self.socket = None
        self.start()

    def start(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.socket.listen(256)
        listener = self.socket  # a later start has another one
        http1.serve_all(listener, lambda connection: self.serve(connection, listener))

    def stop(self):
        os.unlink(self.path)
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def serve(self, connection, listener):
        reader = http1.Reader(connection)
        # Connections that the gateway keeps end with their console.
        while listener.fileno() >= 0:
            try:
                request = reader.request()
                if request is None or listener.fileno() < 0:
                    break
                connection.sendall(self.answer(request))
            except (OSError, http1.Wrong) as error:
                if isinstance(error, http1.Wrong):
                    self.wrong.append(f"unreadable: {error}")
                break
        connection.close()

    def check(self, request):
        for name in ONCE:
            if len(request.all(name)) != 1:
                self.wrong.append(f"{request.line}: {name} is there {len(request.all(name))} times")
        if request.one("X-Tmplbuild-Phase") not in PHASES:
            self.wrong.append(f"{request.line}: phase {request.one('X-Tmplbuild-Phase')}")
        if len(request.all("Cookie")) > 1 or len(request.all("X-Tmplbuild-Service")) > 1:
            self.wrong.append(f"{request.line}: two cookie or service headers")

    def answer(self, request):
        self.check(request)
        phase, target = request.one("X-Tmplbuild-Phase"), request.one("X-Tmplbuild-Target") or ""
        self.seen.append((phase, request))
        if phase != "page":
            if not request.line.startswith("GET "):
                self.wrong.append(f"a question by {request.line}")
            self.bodies += len(request.body)
        path = target.split("?")[0]
        if phase == "authorize":
            if self.delay:
                threading.Event().wait(self.delay)
            cookies = [one for one in (request.one("Cookie") or "").split("; ") if one and not one.startswith("tmplbuild")]
            bearer = request.one("Authorization") or ""
            return http1.answer(STATUS.get(path, 204), {
                "X-Tmplbuild-Cookie": "; ".join(cookies),
                "X-Tmplbuild-Authorization": "" if bearer.startswith("Bearer ours") else bearer,
                "X-Tmplbuild-Proto": "https" if request.one("Host").endswith(".example") else "http"})
        if phase == "refuse":
            return http1.answer(302 if path == "/no401" else 403, {"Location": "/sign-in"}, b"refused by the console")
        if phase == "starting":
            return http1.answer(200, {"X-Tmplbuild-Starting": "1"}, b"starting page")
        return http1.answer(200, {}, http1.told(request))
