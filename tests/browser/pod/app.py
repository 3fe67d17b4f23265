# SPDX-License-Identifier: Apache-2.0
"""A stand-in for ComfyUI behind the gateway: a page with a WebSocket, changes that it counts, and a GET that reboots, as
ComfyUI-Manager had one. It begins to listen after START_SECONDS. PORT is where it listens, STATE a folder for its counts."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import socketserver
import threading
import time

STATE = pathlib.Path(os.environ["STATE"])
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PAGE = """<!doctype html><html lang="en"><title>ComfyUI</title><h1>ComfyUI</h1>
<p id="cookies"></p><p id="socket"></p>
<script>
document.getElementById("cookies").textContent = document.cookie;
const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws");
socket.onopen = () => socket.send("hello");
socket.onmessage = event => { document.getElementById("socket").textContent = "echo: " + event.data; };
</script>"""


def count(what):
    with open(STATE / "counts", "a") as out:
        out.write(what + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text, content_type="text/plain"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self):
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        # By rename, since several are answered at once.
        mine = STATE / f"last-{threading.get_ident()}"
        mine.write_text(json.dumps({"method": self.command, "path": self.path, "headers": headers}))
        mine.rename(STATE / "last.json")

    def do_GET(self):
        self.note()
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/ws":
            return self.web_socket()
        if self.path == "/manager/reboot":
            count("reboot")
            return self.answer(200, "rebooting")
        if self.path == "/broken":
            return self.answer(500, "its own error")
        self.answer(200, PAGE, "text/html; charset=utf-8")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.note()
        count("prompt")
        self.answer(200, "queued")

    def web_socket(self):
        count("socket")
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()).decode()
        self.send_response(101)
        for name, value in {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}.items():
            self.send_header(name, value)
        self.end_headers()
        head = self.rfile.read(2)
        mask, size = self.rfile.read(4), head[1] & 0x7F
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(size)))
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.wfile.flush()
        self.rfile.read(2)  # until the browser closes
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


print("app: starting", flush=True)
time.sleep(float(os.environ.get("START_SECONDS", "0")))
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
