# SPDX-License-Identifier: Apache-2.0
"""What the launcher is given in part 5: a folder as /opt/tmplbuild is, a pod.json with the example kernel, a venv of this
machine's Python, and this machine's nvcc as the wheel of a toolchain, since a pod fetches its compiler by pip."""

import hashlib
import json
import os
import shutil
import site
import socket
import sys
import zipfile

from machine import HERE, ROOT, arch_for, recipe_of
from report import Failure, Skip

EXAMPLE = "quickstart/int8-attention"
NAME = "int8-attention"


def lay_home(machine):
    home = machine.folder("home")
    shutil.copytree(machine.need("home"), home, dirs_exist_ok=True)
    return home


def lay_venv(machine):
    """Sees what this Python sees, and first what is switched on."""
    venv = machine.folder("venv")
    machine.run([sys.executable, "-m", "venv", "--without-pip", venv], 60)
    python = venv + "/bin/python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = machine.run([python, "-I", "-c", code])[1].strip()
    seen = dict.fromkeys([*machine.packages, *(path for path in [*sys.path[1:], *site.getsitepackages()] if "-packages" in path)])
    with open(packages + "/machine.pth", "w") as file:
        file.writelines(path + "\n" for path in seen)
    with open(packages + "/zz_tmplbuild_kernels.pth", "w") as file:
        file.write(f"import sys; sys.path[:0] = ['/run/tmplbuild/kernels/{NAME}/active']\n")
    return venv, python, packages


def nvcc_as_wheel(machine, nvcc, version):
    folder, info = machine.folder("index"), f"machine_nvcc-{version}.dist-info/"
    file = f"machine_nvcc-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as out:
        for path, text, mode in (
            ("nvidia/cu13/bin/nvcc", f'#!/bin/sh\nexec "{nvcc}" "$@"\n', 0o755),
            ("nvidia/cu13/lib/README", "The libraries are where this nvcc finds them.\n", 0o644),
            (info + "METADATA", f"Metadata-Version: 2.1\nName: machine-nvcc\nVersion: {version}\n", 0o644),
            (info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", 0o644),
            (info + "RECORD", "", 0o644),
        ):
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100000 | mode) << 16
            out.writestr(entry, text)
    with open(os.path.join(folder, file), "rb") as made:
        digest = hashlib.sha256(made.read()).hexdigest()
    return folder, {"project": "machine-nvcc", "version": version, "file": file, "sha256": digest}


def key_of(arch):
    return "sha256:" + hashlib.sha256(arch.encode()).hexdigest()


def lay_variant(machine, home, arch, capability):
    """A prebuilt variant in its place, as pod.json names it."""
    folder = os.path.join(home, "kernels", NAME, key_of(arch)[7:23])
    if not os.path.exists(folder):
        shutil.copytree(machine.need("int8", arch), folder)
    modules = arch_for(recipe_of(EXAMPLE), capability)[1]
    proof = machine.ask("prove", NAME, arch, capability, "13.0", "-", folder, *modules)
    if proof["errors"]:
        raise Failure(f"the variant for sm_{arch} is not what it should be: {proof['errors'][0]}")
    return {"arch": arch, "directory": folder, "key": key_of(arch), "table": json.dumps(proof["table"] | {"files": proof["files"]})}


def other_variant(own):
    """An arch, with a GPU of its own, that never runs on the GPU whose arch is `own`."""
    return ("80", "8.0") if own == "120" else ("120", "12.0")


class PodFolder:
    def __init__(self, machine):
        self.machine, self.recipe = machine, recipe_of(EXAMPLE)
        self.arch = arch_for(self.recipe, machine.capability)[0]
        self.home = lay_home(machine)
        machine.need_package("numpy")
        self.venv, self.python, self.packages = lay_venv(machine)
        if machine.run([self.python, "-c", "import pip"], codes=(0, 1))[0] != 0:
            raise Skip("this Python has no pip, by which a pod fetches its compiler")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.source = machine.folder("int8-source")
        shutil.copytree(os.path.join(ROOT, "examples", EXAMPLE), self.source, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("emulator", "__pycache__"))
        self.index = None
        self.file = os.path.join(machine.work, "pod.json")

    def build_member(self, nvcc):
        build = self.recipe["build"]
        self.index, wheel = nvcc_as_wheel(self.machine, nvcc, "13.0")
        return {"cuda": "13.0", "toolchain": [wheel], "nvcc_front": self.home + "/nvcc-front",
                "directory": os.path.join(self.machine.work, "build", NAME), "command": build["command"],
                "estimated_seconds": 15, "memory_bytes": 512 << 20, "timeout_seconds": 150 * self.machine.patience}

    def write(self, variant, nvcc=None):
        """pod.json with one variant: (arch, capability)."""
        build = self.recipe["build"]
        rows = {row["capability"]: arch_for(self.recipe, row["capability"]) for row in self.recipe["arch"]}
        archs = sorted({arch for arch, _ in rows.values()})
        kernel = {
            "name": NAME, "env_var": "INSTALL_INT8_ATTENTION", "distribution": NAME, "version": self.recipe["version"],
            "variants": [lay_variant(self.machine, self.home, *variant)],
            "capabilities": [{"capability": name, "arch": arch, "modules": modules} for name, (arch, modules) in rows.items()],
            "archs": [{"arch": arch, "key": key_of(arch), "environment": build["environment"]} for arch in archs],
            "python": {"venvs": [{"directory": self.venv, "site_packages": self.packages}], "interpreter": self.python},
            "selftest": HERE + "/selftest.py",
            "source": {"directory": self.source},
        }
        if nvcc:
            kernel["build"] = self.build_member(nvcc)
        app = {
            "name": "app", "port": self.port, "host": "127.0.0.1",
            "command": [self.python, ROOT + "/tests/fakes/comfyui.py", "--port", "{port}"],
            "ready": {"http": "/system_stats", "interval_ms": 50}, "uses_kernels": [NAME],
            "args_with_kernel": ["--use-sage-attention"], "args_without_gpu": ["--cpu"], "on_kernel_ready": "restart",
            "restart": {"backoff_min_ms": 50, "backoff_max_ms": 100},
        }
        with open(self.file, "w") as file:
            json.dump({"version": 2, "name": "hardware", "cuda": "13.0", "services": [app], "kernels": [kernel]}, file)
