# SPDX-License-Identifier: Apache-2.0
"""The machine that tests/gpu/run runs on: what was carried there, its GPU, its tools, and starting a program with a
deadline. The GPU is asked for by the driver's own API and nvidia-smi, never by our probe, which is what is tested."""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from report import Failure, Skip

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FAKE = ("TMPLBUILD_LIBCUDA", "TMPLBUILD_LIBNVML", "TMPLBUILD_NVIDIA_SMI", "TMPLBUILD_FAKE_GPUS", "TMPLBUILD_FAKE_FAULT",
        "TMPLBUILD_FAKE_DRIVER", "TMPLBUILD_FAKE_CUDA")


class TookTooLong(Failure):
    pass


class Machine:
    def __init__(self, carried, seconds, rehearsed=None):
        """`rehearsed`: a GPU for the stand-in for a driver, "NVIDIA H100 PCIe=9.0=80"."""
        self.carried, self.rehearsed = os.path.abspath(carried), rehearsed
        # A rehearsal shares its machine with other tests.
        self.patience = 10 if rehearsed else 1
        self.end = time.monotonic() + seconds * self.patience
        self.work = tempfile.mkdtemp(prefix="tmplbuild-gpu-")
        self.environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        if rehearsed:
            driver = self.need("fake-driver")
            self.environment |= {"TMPLBUILD_LIBCUDA": driver + "/libcuda.so.1", "TMPLBUILD_FAKE_GPUS": rehearsed,
                                 "TMPLBUILD_LIBNVML": driver + "/libnvidia-ml.so.1",
                                 "TMPLBUILD_NVIDIA_SMI": driver + "/nvidia-smi"}
        else:
            for name in FAKE:
                self.environment.pop(name, None)
        self.packages = []  # folders with Python packages that this Python lacks
        self.capability = self.name = self.driver = self.cuda = None

    def need(self, *names):
        """A file or folder that was carried here."""
        path = os.path.join(self.carried, *names)
        if not os.path.exists(path):
            raise Skip(f"{os.path.relpath(path, ROOT)} is not here: tests/gpu/prepare makes it, on another machine")
        return path

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def folder(self, name):
        path = os.path.join(self.work, name)
        os.makedirs(path, exist_ok=True)
        return path

    def seconds(self, wanted):
        left = self.end - time.monotonic()
        if left < 1:
            raise Skip("the time for all parts is used up")
        return min(wanted * self.patience, left)

    def run(self, argv, seconds=60, environment=None, codes=(0,), **more):
        """Its exit code and output; another exit code than `codes` is a failure, with the last lines."""
        limit = self.seconds(seconds)
        child = subprocess.Popen(argv, env=environment or self.environment, stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.PIPE, errors="replace", start_new_session=True, **more)
        try:
            out, err = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            raise TookTooLong(f"{os.path.basename(argv[0])} did not end within {limit:.0f} s") from None
        if child.returncode not in codes:
            last = " | ".join((out + err).strip().splitlines()[-6:])
            raise Failure(f"{' '.join(map(os.path.basename, argv[:3]))} ended with {child.returncode}: {last}")
        return child.returncode, out

    def ask(self, *argv, **more):
        """What gpu-check says, read."""
        return json.loads(self.run([self.need("bin", "gpu-check"), *argv], **more)[1])

    def load_modules(self, *files, **variables):
        """What the driver says, in a process of its own (load_modules.py)."""
        environment = self.environment | {"CUDA_MODULE_LOADING": "EAGER", "CUDA_CACHE_DISABLE": "1"} | variables
        return json.loads(self.run([sys.executable, HERE + "/load_modules.py", *files], 120, environment)[1])

    def smi(self, *words):
        program = self.environment.get("TMPLBUILD_NVIDIA_SMI") or shutil.which("nvidia-smi")
        if not program:
            raise Skip("there is no nvidia-smi to compare with")
        return self.run([program, *words])[1].strip()

    def find_gpu(self):
        seen = self.load_modules()
        if "problem" in seen:
            raise Skip(f"no GPU here: {seen['problem']}")
        if seen["simulated"] and not self.rehearsed:
            raise Skip("no GPU here: libcuda.so.1 is a stand-in for a driver")
        self.name, self.capability, self.cuda = seen["name"], seen["capability"], seen["cuda"]
        try:
            self.driver = self.smi("--query-gpu=index,name,uuid,compute_cap,memory.total,driver_version",
                                   "--format=csv,noheader,nounits").splitlines()[0].split(",")[-1].strip()
        except (Skip, Failure, IndexError):
            self.driver = "not said by nvidia-smi"

    def find_nvcc(self):
        places = [os.environ.get("NVCC"), shutil.which("nvcc"), os.path.join(os.environ.get("CUDA_HOME", "/none"), "bin/nvcc"),
                  "/usr/local/cuda/bin/nvcc", *(f"{site}/nvidia/cu13/bin/nvcc" for site in sys.path)]
        for place in places:
            if place and os.access(place, os.X_OK):
                return os.path.realpath(place)
        raise Skip("there is no nvcc here")

    def need_package(self, name):
        """This Python's own, else one that was carried as a wheel."""
        code = f"import {name}; print({name}.__version__)"
        for folder in [None, "again"]:
            if folder:
                wheels = glob.glob(os.path.join(self.carried, "wheels", name + "-*.whl"))
                if not wheels:
                    raise Skip(f"this Python has no {name}, and no wheel of it was carried here")
                folder = self.folder("packages-" + name)
                self.unpack(wheels[0], folder)
                self.environment["PYTHONPATH"] = os.pathsep.join([*self.packages, os.environ.get("PYTHONPATH", "")]).strip(":")
            code_of, out = self.run([sys.executable, "-c", code], 60, codes=(0, 1))
            if code_of == 0:
                return out.strip() + (" (carried)" if folder else "")
        raise Skip(f"this Python has no {name}, and cannot use the wheel of it that was carried here")


    def unpack(self, wheel, folder):
        """A wheel, as far as our few need: its packages, and its programs on PATH."""
        zipfile.ZipFile(wheel).extractall(folder)
        self.packages.append(folder)
        for program in glob.glob(folder + "/*.data/scripts/*") + glob.glob(folder + "/bin/*"):
            os.chmod(program, 0o755)
            self.environment["PATH"] = os.path.dirname(program) + os.pathsep + self.environment["PATH"]


def recipe_of(example):
    """The recipe of one of our examples."""
    import tomllib

    with open(os.path.join(ROOT, "examples", example, "layer.toml"), "rb") as file:
        return tomllib.load(file)


def arch_for(recipe, capability):
    """The arch, as nvcc numbers it ("90a"), that the recipe's table has for a GPU, and the modules that it needs."""
    rows = {row["capability"]: row.get("build_as", row["capability"]) for row in recipe["arch"]}
    if capability not in rows:
        raise Skip(f"the recipe of {recipe['name']} serves no GPU of capability {capability}")
    modules = [row["file"] for row in recipe["module"] if capability in row.get("capabilities", [capability])]
    return rows[capability].replace(".", ""), modules
