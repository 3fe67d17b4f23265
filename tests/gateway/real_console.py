# SPDX-License-Identifier: Apache-2.0
"""A pod as check.py's, with the real console in the place of the stand-in."""
import json
import os
import pathlib
import subprocess
import time

import pod

PASSWORD = "correct horse battery staple"
POD = "abc123"


class RealPod(pod.Pod):
    def __init__(self, work, bundle, golden, program):
        super().__init__(work, bundle, golden)
        self.console.stop()
        self.never_whole = []  # connections of check_console
        # The kernel holds little for a client that reads nothing: with its usual megabytes, it takes longer to fill them.
        for name in ("nginx.conf", "nginx-ipv4.conf"):
            file = self.bundle / name
            file.write_text(file.read_text().replace("so_keepalive=", "sndbuf=8k so_keepalive="))
        spec = self.work / "pod.json"
        spec.write_text(json.dumps({"version": 2, "name": "real", "console_port": self.console_port, "services": [
            {"name": "jupyterlab", "command": ["x"], "port": self.keep, "private_port": self.keep_private},
            {"name": "comfyui", "command": ["x"], "port": self.rewrite, "private_port": self.rewrite_private, "origin": "rewrite"}]}))
        (self.work / "volume").mkdir()
        environment = {**os.environ, "TMPLBUILD_RUN_DIR": str(self.run), "TMPLBUILD_POD_SPEC": str(spec), "RUNPOD_POD_ID": POD,
                       "TMPLBUILD_VOLUME": str(self.work / "volume"), "CONSOLE_PASSWORD": PASSWORD}
        for name in ("CONSOLE_AUTH", "CONSOLE_ORIGINS", "JUPYTER_PASSWORD"):
            environment.pop(name, None)
        self.environment = environment
        self.program = subprocess.Popen([str(program)], env=environment, stdout=subprocess.DEVNULL, stderr=self.log)
        since = time.monotonic()
        while not pathlib.Path(self.console.path).exists():
            if self.program.poll() is not None or time.monotonic() - since > 20:
                raise SystemExit("FAILED: the console does not start: " + self.said())
            time.sleep(0.02)

    def stop(self):
        self.program.terminate()
        self.program.wait(20)
        super().stop()

    def processes(self):
        return [*super().processes(), str(self.program.pid)]

    def host(self, port):
        return f"{POD}-{port}.proxy.runpod.net"
