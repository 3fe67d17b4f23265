# SPDX-License-Identifier: Apache-2.0
"""A console of its own with a volume of its own, and a visitor who has signed in."""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "pid1"))
from console_client import Console  # noqa: E402

PASSWORD = "correct horse"


class Visitor(Console):
    def __init__(self, program, work, **environment):
        work = pathlib.Path(work)
        self.volume, self.run = work / "volume", work / "run"
        for folder in (self.volume, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        self.run.chmod(0o700)
        super().__init__(self.run)
        spec = work / "pod.json"
        spec.write_text(json.dumps({"version": 2, "name": "files", "console_port": 8765, "services": []}))
        every = {**os.environ, "TMPLBUILD_RUN_DIR": str(self.run), "TMPLBUILD_POD_SPEC": str(spec),
                 "TMPLBUILD_VOLUME": str(self.volume), "CONSOLE_PASSWORD": PASSWORD, **environment}
        for name in ("CONSOLE_AUTH", "CONSOLE_ORIGINS", "JUPYTER_PASSWORD", "RUNPOD_POD_ID"):
            every.pop(name, None)
        self.log = open(work / "log", "w+b")
        self.process = subprocess.Popen([program], env=every, stdout=self.log, stderr=self.log)
        since = time.monotonic()
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() - since > 20:
                raise SystemExit("FAILED: the console does not start: " + (work / "log").read_text())
            time.sleep(0.02)
        for _ in range(100):
            if self.ask("POST", "/sign-in", "password=", self.proofs()).status != 503:
                break
            time.sleep(0.05)
        self.sign_in(PASSWORD)

    def proofs(self):
        return {"Origin": f"http://localhost:{self.port}", "X-CSRF-Token": self.csrf}

    def api(self, method, path, query=None, body=None, headers=None):
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        body = json.dumps(body) if isinstance(body, (dict, list)) else body
        return self.ask(method, target, body, {**self.proofs(), **(headers or {})})

    def head(self, method, target, more=()):
        """A request's head, for what http.client would not send."""
        every = {"Host": f"localhost:{self.port}", "X-Tmplbuild-Phase": "page", "X-Tmplbuild-Port": str(self.port),
                 "X-Tmplbuild-Method": method, "X-Tmplbuild-Target": target, **self.headers, **self.proofs()}
        return "\r\n".join([f"{method} / HTTP/1.1", *(f"{name}: {value}" for name, value in every.items()), *more, "", ""]).encode()

    def send_raw(self, data):
        connection = self.connection(30)
        connection.sock.sendall(data)
        answer = b""
        try:
            while part := connection.sock.recv(65536):
                answer += part
        except OSError:
            pass
        connection.sock.close()
        return answer

    def workers(self):
        """The processes that do files' work now."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if b"--worker\0files" in command_of(child)]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
