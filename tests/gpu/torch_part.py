# SPDX-License-Identifier: Apache-2.0
"""Part 4: the torch example, compiled here for this GPU by its recipe's own command with this machine's nvcc and torch,
proven by the readers that `verify` uses, and run."""

import json
import os
import shutil
import site
import socket
import subprocess
import sys
import time
import urllib.request

from machine import ROOT, recipe_of
from report import Failure, Skip

EXAMPLE = os.path.join(ROOT, "examples/torch-kernel")
ABOUT_TORCH = """
import json, os, sys, sysconfig
try:
    import torch
except ImportError as why:
    sys.exit(print(json.dumps({"problem": str(why)})))
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "git": torch.version.git_version,
                  "site": os.path.dirname(os.path.dirname(torch.__file__)), "gpu": torch.cuda.is_available(),
                  "headers": os.path.exists(sysconfig.get_path("include") + "/Python.h")}))
"""


def about_torch(machine):
    torch = json.loads(machine.run([sys.executable, "-c", ABOUT_TORCH], 120)[1].splitlines()[-1])
    if "problem" in torch:
        raise Skip(f"this Python has no torch: {torch['problem']}")
    if not torch["headers"]:
        raise Skip("this Python's headers (Python.h) are not here")
    if not shutil.which("g++"):
        raise Skip("there is no g++")
    if not torch["cuda"]:
        raise Skip(f"torch {torch['version']} is one without CUDA")
    return torch


def lay_toolkit(machine, nvcc):
    """CUDA_HOME with nvcc-front for nvcc, as the builder puts one together. NVIDIA's wheels have lib for lib64, and no
    plain names there."""
    toolkit, home = os.path.dirname(os.path.dirname(nvcc)), machine.folder("cuda")
    for part in os.listdir(toolkit):
        if part not in ("bin", "lib64"):
            os.symlink(os.path.join(toolkit, part), os.path.join(home, part))
    for folder in (machine.folder("cuda/bin"), machine.folder("cuda/lib64")):
        name = os.path.basename(folder)
        source = os.path.join(toolkit, name)
        if not os.path.isdir(source):
            source = os.path.join(toolkit, "lib")
        for file in os.listdir(source):
            target = machine.need("home", "nvcc-front") if (name, file) == ("bin", "nvcc") else os.path.join(source, file)
            os.symlink(target, os.path.join(folder, file))
            plain = os.path.join(folder, file.split(".so.")[0] + ".so")
            if ".so." in file and not os.path.lexists(plain) and file.split(".so.")[0] + ".so" not in os.listdir(source):
                os.symlink(os.path.join(source, file), plain)
    return home


def compile_for(machine, torch, nvcc, arch, output):
    build = recipe_of_kernel()["build"]
    source = machine.folder("torch-source")
    shutil.copytree(os.path.join(EXAMPLE, "kernel"), source, dirs_exist_ok=True)
    jobs = str(min(os.cpu_count() or 1, 8))

    def fill(text):
        return text.replace("{arch}", arch).replace("{output}", output).replace("{jobs}", jobs)

    nvidia = os.path.join(torch["site"], "nvidia")
    headers = [f"{nvidia}/{name}/include" for name in (sorted(os.listdir(nvidia)) if os.path.isdir(nvidia) else [])]
    log = os.path.join(machine.work, "nvcc-changes")
    environment = machine.environment | {name: fill(value) for name, value in build["environment"].items()} | {
        "CUDA_HOME": lay_toolkit(machine, nvcc), "TMPLBUILD_NVCC": nvcc, "TMPLBUILD_ARCH": arch.replace(".", ""),
        "TMPLBUILD_NVCC_LOG": log, "CPATH": ":".join(filter(os.path.isdir, headers)),
        # A Python that is not the system's may link each module with a run path to its own folder; an image's does not.
        "LDSHARED": "gcc -shared", "LDCXXSHARED": "g++ -shared"}
    command = [sys.executable if word == "python" else fill(word) for word in build["command"]]
    machine.run(command, 150, environment, cwd=source)
    with open(log) as file:
        if "code=sm_80" not in file.read():
            raise Failure("nvcc-front changed nothing, though setup.py asks for six archs")


def recipe_of_kernel():
    return recipe_of("torch-kernel/kernel")


def prove(part, machine, torch, arch, output):
    modules = [row["file"] for row in recipe_of_kernel()["module"]]
    number = arch.replace(".", "")
    proof = machine.ask("prove", "torch-kernel", number, arch, torch["cuda"], torch["version"].split("+")[0], output, *modules)
    part.check(not proof["errors"] and proof["verdict"] == "exact", f"proven: {proof['verdict']}: {proof['reason']}",
               f"not proven: {proof['verdict']}: {'; '.join(proof['errors'])} {proof['reason']}")
    for module in proof["table"]["modules"]:
        part.tell(f"{module['file']}: {json.dumps(module.get('cubins', []))}")
    sites = [torch["site"], *site.getsitepackages()]
    links = machine.ask("links", os.path.realpath(sys.executable), f"python3.{sys.version_info[1]}", torch["version"],
                        ":".join(dict.fromkeys(sites)), output, *modules)
    for finding in links["findings"]:
        part.failed(f"{finding['where']}: {finding['message']}")
    part.check(links["symbols"] > 100 and not links["findings"], f"each of {links['symbols']} symbols is found in this torch",
               f"{links['symbols']} symbols were looked up, {len(links['findings'])} findings")


def use(part, machine, torch, output):
    environment = dict(machine.environment)
    environment["PYTHONPATH"] = os.pathsep.join([output, environment.get("PYTHONPATH", "")]).strip(":")
    code, out = machine.run([sys.executable, "-m", "torch_kernel.selftest"], 120, environment, codes=(0, 1, 77), cwd=machine.work)
    lines = [line.split(maxsplit=1) for line in out.splitlines() if line.startswith(("ok ", "FAILED "))]
    part.table(["", "operator, type, shape"], lines)
    if code == 77:
        part.skipped("torch sees no GPU: the operators were computed on the CPU alone")
    else:
        part.check(code == 0 and lines, f"{len(lines)} results of its operators agree with torch's own",
                   f"the self-test ended with {code}: {out.splitlines()[-1:]}")
    answer = ask_service(machine, environment)
    kernel = answer.get("kernel") or {}
    good = kernel.get("file", "").startswith(output) and all(abs(value - 1) < 1e-4 for value in kernel.get("mean_square", [0]))
    device = "cuda" if torch["gpu"] else "cpu"
    part.check(good and kernel.get("device") == device, f"its service answers from {device}: {json.dumps(kernel.get('mean_square'))}",
               f"its service answers {json.dumps(answer)}")


def ask_service(machine, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    service = subprocess.Popen([sys.executable, EXAMPLE + "/app/serve.py", "127.0.0.1", port], env=environment,
                               cwd=machine.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + machine.seconds(60)
        while time.monotonic() < end and service.poll() is None:
            try:
                direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                return json.loads(direct.open(f"http://127.0.0.1:{port}/", timeout=20).read())
            except OSError:
                time.sleep(0.2)
        raise Failure("its service does not answer")
    finally:
        service.kill()
        service.wait()


def run(part, machine):
    nvcc = machine.find_nvcc()
    torch = about_torch(machine)
    part.tell(f"torch {torch['version']} ({torch['git'][:12]}), {machine.run([nvcc, '--version'])[1].splitlines()[-2]}")
    machine.need_package("setuptools")
    if not shutil.which("ninja", path=machine.environment["PATH"]):
        machine.need_package("ninja")
    output = machine.folder("torch-output")
    begin = time.monotonic()
    compile_for(machine, torch, nvcc, machine.capability, output)
    part.good(f"compiled for {machine.capability} in {time.monotonic() - begin:.0f} s")
    prove(part, machine, torch, machine.capability, output)
    use(part, machine, torch, output)
