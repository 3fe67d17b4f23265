# SPDX-License-Identifier: Apache-2.0
"""Part 5: the launcher as PID 1 until the example kernel is `active`; then a pod whose image has no variant for this GPU,
through the compile in the background to `active`. Under the stand-in for a driver a kernel ends as `available`."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request

from pod_spec import PodFolder, other_variant
from report import Failure

PRIVATE_RUN = "mkdir -p /run/tmplbuild && mount -t tmpfs tmpfs /run/tmplbuild && exec \"$0\""


class Pod:
    def __init__(self, machine, folder, name):
        self.machine, self.folder = machine, folder
        self.run_folder, self.log = machine.folder(name + "-run"), os.path.join(machine.work, name + ".log")
        launcher = machine.need("bin", "launcher")
        unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        tried = subprocess.run([*unshare, "sh", "-c", PRIVATE_RUN, "/bin/true"], capture_output=True, text=True)
        self.is_pid_1, self.why_not = tried.returncode == 0, tried.stderr.strip()
        self.environment = machine.environment | {
            "TMPLBUILD_POD_SPEC": folder.file, "TMPLBUILD_HOME": folder.home, "TMPLBUILD_RUN_DIR": self.run_folder,
            "TMPLBUILD_WORK": machine.folder(name + "-work"), "TMPLBUILD_VOLUME": machine.folder(name + "-volume"),
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.index or "", "PIP_CONFIG_FILE": "/dev/null"}
        self.environment.pop("INSTALL_INT8_ATTENTION", None)
        if machine.rehearsed:
            self.environment["TMPLBUILD_CGROUP"] = lay_cgroup(machine)
        argv = [*unshare, "sh", "-c", PRIVATE_RUN, launcher] if self.is_pid_1 else [launcher]
        self.began = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def status(self):
        out = subprocess.run([self.machine.need("bin", "tmpl-ctl"), "status", "--json"], env=self.environment,
                             capture_output=True, text=True, timeout=20)
        return json.loads(out.stdout) if out.returncode == 0 else None

    def ask_app(self, path):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return direct.open(f"http://127.0.0.1:{self.folder.port}{path}", timeout=5).read().decode()
        except OSError:
            return ""

    def follow(self, wanted, seconds):
        """Until the kernel is `wanted`: when each of its states, and the service as ready, was seen first."""
        end, seen = time.monotonic() + self.machine.seconds(seconds), {}
        while time.monotonic() < end and self.process.poll() is None:
            status = self.status()
            if status and status["kernels"]:
                kernel, app = status["kernels"][0], status["services"][0]
                now = time.monotonic() - self.began
                seen.setdefault(kernel["state"], now)
                if app["state"] == "ready":
                    seen.setdefault("app ready", now)
                if kernel["state"] == wanted:
                    return kernel, seen
                if kernel["state"] in ("failed", "off"):
                    raise Failure(f"the kernel is {kernel['state']}: {kernel['reason']}{self.last_lines()}")
            time.sleep(0.1)
        raise Failure(f"the kernel was not {wanted} in time; seen: {seen}{self.last_lines()}")

    def last_lines(self):
        with open(self.log, errors="replace") as log:
            return " (the launcher: " + " | ".join(log.read().strip().splitlines()[-8:]) + ")"

    def stop(self):
        """TERM; its exit code."""
        pid = self.process.pid
        if self.is_pid_1 and self.process.poll() is None:
            pid = child_of(pid)
        if self.process.poll() is None:
            os.kill(pid, signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise Failure("the launcher did not end within 20 s of TERM") from None
        finally:
            if not self.is_pid_1:
                shutil.rmtree("/run/tmplbuild/kernels", ignore_errors=True)


def child_of(parent):
    """The launcher, as it is numbered outside of its namespace."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == parent:
            return int(name)
    raise Failure("the launcher is not there any more")


def lay_cgroup(machine):
    """A container with 4 GB, of which little is used, whatever runs beside a rehearsal."""
    folder = machine.folder("cgroup")
    for name, text in (("memory.max", "4000000000"), ("memory.current", "100000000"), ("memory.stat", "inactive_file 0")):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text + "\n")
    return folder


def one_pod(part, machine, folder, name, compiles, seconds):
    wanted = "available" if machine.rehearsed else "active"
    pod = Pod(machine, folder, name)
    try:
        if not pod.is_pid_1:
            part.skipped(f"{name}: PID 1: no namespaces may be made here ({pod.why_not}), so the launcher is a subreaper")
        kernel, seen = pod.follow(wanted, seconds)
        part.good(f"{name}: {wanted}{' (simulated)' if kernel['simulated'] else ''} after {seen[wanted]:.1f} s: "
                  f"{kernel['verdict']} sm_{kernel['arch']}: {kernel['reason']}")
        part.check(kernel["simulated"] == bool(machine.rehearsed), f"{name}: the driver counts as "
                   f"{'simulated' if kernel['simulated'] else 'real'}", f"{name}: simulated: {kernel['simulated']}")
        part.check(kernel["arch"] == folder.arch, f"{name}: it is the arch for this GPU", f"{name}: it is sm_{kernel['arch']}, "
                   f"not sm_{folder.arch}")
        part.check(("compiling" in seen) == compiles, f"{name}: {'compiled here' if compiles else 'nothing was compiled'}",
                   f"{name}: states seen: {seen}")
        end = time.monotonic() + machine.seconds(30)
        while pod.ask_app("/arguments") != "kernel" and time.monotonic() < end:
            time.sleep(0.1)
        part.check(pod.ask_app("/arguments") == "kernel", f"{name}: its service runs with the kernel",
                   f"{name}: its service runs with '{pod.ask_app('/arguments')}'{pod.last_lines()}")
        if compiles:
            ready = seen.get("app ready", 1e9)
            part.check(ready < seen[wanted], f"{name}: its service was ready after {ready:.1f} s, and did not wait",
                       f"{name}: its service waited for the compile: {seen}")
    finally:
        code = pod.stop()
    part.check(code == 0, f"{name}: ended with 0 by TERM", f"{name}: ended with {code}")


def run(part, machine):
    folder = PodFolder(machine)
    folder.write((folder.arch, machine.capability))
    one_pod(part, machine, folder, "pod with a variant", compiles=False, seconds=60)
    nvcc = machine.find_nvcc()
    if not shutil.which("g++"):
        return part.skipped("pod without a variant: there is no g++ for nvcc")
    folder.write(other_variant(folder.arch), nvcc)
    one_pod(part, machine, folder, "pod without a variant", compiles=True, seconds=180)
