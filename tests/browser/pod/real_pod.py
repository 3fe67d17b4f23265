# SPDX-License-Identifier: Apache-2.0
"""A real pod: the launcher as PID 1 with the real gateway and console, in namespaces of its own (run_pod.sh makes them),
behind a TLS terminator that does what RunPod's proxy does, and beside another pod that attacks it."""
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["TMPLBUILD_BIN"]).resolve()
LIBEXEC = BIN.parent / "libexec"
POD, EVIL = "abc123", "evil456"
PASSWORD = "correct horse battery staple"
CONSOLE, COMFY, SLOW, EVIL_PORT = 8765, 8188, 8189, 9000
HOME = pathlib.Path("/opt/tmplbuild")


def address(port, pod=POD):
    return f"https://{pod}-{port}.proxy.runpod.net"


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.05)
    raise AssertionError(f"never true within {seconds} s: {what}")


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Pod:
    def __init__(self, work):
        self.work = pathlib.Path(work)
        self.state = self.work / "state"
        self.state.mkdir()
        self.log = self.work / "pod.log"
        self.children = []
        self._bundles()
        self._start_tls()
        self._start_launcher()
        until(lambda: answers(CONSOLE))

    def services(self):
        """What runs behind the gateway."""
        python, app = sys.executable, str(HERE / "app.py")
        return [
            {"name": "comfyui", "command": [python, app], "port": COMFY, "private_port": 41000, "ready": {"http": "/"},
             "environment": {"PORT": "{port}", "STATE": str(self.state)}, "restart": {"backoff_min_ms": 1500}},
            {"name": "slow", "command": [python, app], "port": SLOW, "private_port": 41001, "ready": {"http": "/"},
             "environment": {"PORT": "{port}", "STATE": str(self.state), "START_SECONDS": "6"}}]

    def _bundles(self):
        for name in ("gateway", "console", "gpu", "download"):
            shutil.copytree(LIBEXEC / name, HOME / name)
        spec = {"version": 2, "name": "comfyui", "console_port": CONSOLE, "services": [
            {"name": "gateway", "command": [str(HOME / "gateway/start")], "ready": {"tcp": True, "port": CONSOLE}},
            {"name": "console", "command": [str(HOME / "console/tmplbuild-console")], "ready": {"log": "console: listening"}},
            *self.services()]}
        self.spec = self.work / "pod.json"
        self.spec.write_text(json.dumps(spec))
        for name, more in (("nginx.conf", []), ("nginx-ipv4.conf", ["--ipv4"])):
            text = subprocess.run([BIN.parent / "tests/gateway-config", self.spec, *more], capture_output=True, text=True, check=True)
            (HOME / "gateway" / name).write_text(text.stdout)

    def _start_tls(self):
        """Any pod's address leads to that port of this machine, as RunPod's proxy leads to pods."""
        key, certificate = self.work / "key.pem", self.work / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate,
                        "-subj", "/CN=proxy.runpod.net", "-addext", "subjectAltName=DNS:*.proxy.runpod.net"],
                       check=True, capture_output=True)
        folder = self.work / "tls"
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"""
daemon off; pid nginx.pid; error_log stderr; events {{}}
http {{
    access_log off; client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    client_max_body_size 100m;
    map $host $port {{ "~^[a-z0-9]+-(?<named>[0-9]+)[.]proxy[.]runpod[.]net$" $named; default 1; }}
    map $http_upgrade $upgraded {{ default ""; websocket upgrade; }}
    server {{
        listen 127.0.0.1:443 ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:$port; proxy_http_version 1.1; proxy_set_header Host $host; proxy_buffering off;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgraded; proxy_set_header X-Forwarded-Proto https;
        }}
    }}
}}""")
        bundle = HOME / "gateway"
        self._spawn([bundle / "ld-linux-x86-64.so.2", "--library-path", bundle, bundle / "nginx", "-p", f"{folder}/", "-e", "stderr",
                     "-c", folder / "nginx.conf"], "tls.log")

    def _spawn(self, command, log, **more):
        with open(self.work / log, "ab") as out:
            child = subprocess.Popen([str(one) for one in command], stdout=out, stderr=subprocess.STDOUT, **more)
        self.children.append(child)
        return child

    def _start_launcher(self):
        (self.work / "volume").mkdir()
        environment = {**os.environ, "TMPLBUILD_POD_SPEC": str(self.spec), "TMPLBUILD_VOLUME": str(self.work / "volume"),
                       "RUNPOD_POD_ID": POD, "CONSOLE_PASSWORD": PASSWORD, "CONSOLE_DOWNLOAD_PRIVATE": "1"}
        self.launcher = self._spawn(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", BIN / "launcher"], "pod.log",
                                    env=environment)

    def control(self, *words):
        return subprocess.run([BIN / "tmpl-ctl", *words], check=True, capture_output=True, text=True).stdout

    def state_of(self, service):
        status = json.loads(self.control("status", "--json"))
        return next(one for one in status["services"] if one["name"] == service)

    def is_ready(self, service):
        return self.state_of(service)["state"] == "ready"

    def counts(self, what):
        file = self.state / "counts"
        return file.read_text().split().count(what) if file.exists() else 0

    def last_headers(self):
        return dict(json.loads((self.state / "last.json").read_text())["headers"])

    def ask(self, port, path, method="GET", headers=None, body=None, host=None):
        """A request without a browser, straight to a port of the gateway."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, body, {"Host": host or f"{POD}-{port}.proxy.runpod.net", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        connection.close()
        return response, text

    def stop(self):
        self.launcher.send_signal(signal.SIGTERM)
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()


class EvilPod:
    """Another pod of the same proxy, which a browser takes for the same site: it serves the page that it is given."""

    def __init__(self):
        evil = self
        self.page = ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(("<!doctype html><title>evil</title>" + evil.page).encode())

        server = http.server.ThreadingHTTPServer(("127.0.0.1", EVIL_PORT), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
