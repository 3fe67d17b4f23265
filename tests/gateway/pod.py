# SPDX-License-Identifier: Apache-2.0
"""A pod as the gateway sees it: a run folder, a console, two services, and the real bundle started in front of them with the
golden configuration, on ports of this machine that are free."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import console
import service

GOLDEN_PORTS = [8765, 8888, 8188, 41000, 41001]


def free_ports(count):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


class Pod:
    """`root`: a root of another machine, in which the gateway starts and may write nothing but its run folder; else it starts
    in this one, as `user`. `console_port`: else a free one. `bare`: as root without capabilities."""

    def __init__(self, work, bundle, golden, root="", user=0, console_port=0, bare=False):
        self.work, self.root, self.user, self.bare = pathlib.Path(work), str(root), user, bare
        self.work.mkdir(exist_ok=True)
        os.chmod(work, 0o755)  # the gateway is nobody when this is root
        within = pathlib.Path(root or work)
        self.run, self.bundle = within / "run/tmplbuild-test", within / "opt/tmplbuild/gateway"
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir(parents=True, mode=0o700)  # as the launcher makes it in /tmp
        os.chown(self.run, user, user)
        shutil.rmtree(self.bundle, ignore_errors=True)
        shutil.copytree(bundle, self.bundle)
        ports = free_ports(5)
        ports[0] = console_port or ports[0]
        self.console_port, self.keep, self.rewrite, self.keep_private, self.rewrite_private = ports
        text = pathlib.Path(golden).read_text()
        for old, new in zip(GOLDEN_PORTS, ports):
            text = re.sub(rf"\b{old}\b", f"<{new}>", text)
        text = re.sub("<([0-9]+)>", r"\1", text)
        (self.bundle / "nginx.conf").write_text(text)
        (self.bundle / "nginx-ipv4.conf").write_text(re.sub(r".*\[::\].*\n", "", text))
        self.console = console.Console(str(self.run / "console.sock"))
        self.kept, self.rewritten = service.Service(self.keep_private), service.Service(self.rewrite_private)
        self.log = open(self.work / "log", "wb")
        self.process = None

    def start(self, **more):
        run = str(self.run)[len(self.root):]
        environment = {"TMPLBUILD_RUN_DIR": run, "POD_SECRET": "pod-secret", "PATH": os.environ["PATH"]}
        command = [str(self.bundle / "start")[len(self.root):]]
        if self.root:
            script = ("mount --bind $0 $0; mount --bind $0$1 $0$1; mount -o remount,bind,ro $0; "
                      "! touch $0/opt/x 2>/dev/null; exec chroot $0 $2")
            command = ["unshare", "--mount", "sh", "-euc", script, self.root, run, *command]
        if self.bare:
            command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
        self.process = subprocess.Popen(command, env=environment, stderr=self.log, user=self.user or None, **more)
        since = time.monotonic()
        while time.monotonic() - since < 20:
            try:
                socket.create_connection(("127.0.0.1", self.console_port)).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise SystemExit("FAILED: the gateway does not start: " + self.said())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def said(self):
        return (self.work / "log").read_text(errors="replace")

    def processes(self):
        """The master and its worker."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [str(self.process.pid), *children]

    def memory(self):
        """PSS of all of them, in bytes."""
        total = 0
        for one in self.processes():
            rollup = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss: +([0-9]+) kB", rollup, re.M).group(1)) << 10
        return total

    def files(self):
        return [str(one) for one in (self.run / "gateway").rglob("*") if one.is_file() and one.name != "nginx.pid"]
