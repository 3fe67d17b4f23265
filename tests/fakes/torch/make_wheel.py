# SPDX-License-Identifier: Apache-2.0
"""make_wheel.py FOLDER [--version 2.11.0+standin] [--cuda 13] [--git-version HEX40] [--abi NAME]

A wheel called torch that stands in for the real one where that would be too large: version.py, a libc10 with the symbol
that every extension needs, the library that loads it and CUDA's runtime, its header, and a strict torch.utils.cpp_extension. With --abi the symbol has another name, so
that what was compiled against one build cannot be loaded by another. Needs g++.
"""
import argparse
import base64
import hashlib
import os
import subprocess
import tempfile
import zipfile

options = argparse.ArgumentParser()
options.add_argument("folder")
options.add_argument("--version", default="2.11.0+standin")
options.add_argument("--cuda", default="13")
options.add_argument("--git-version", default="5" * 40)
options.add_argument("--abi", default="standin")
options = options.parse_args()
here = os.path.dirname(os.path.abspath(__file__))

files = {}
for folder, _, names in os.walk(here + "/torch"):
    for name in names:
        if name.endswith((".py", ".h")):
            path = os.path.join(folder, name)
            with open(path) as f:
                files[os.path.relpath(path, here)] = f.read().replace("STANDIN_ABI", options.abi).encode()
files["torch/version.py"] = (
    "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
    "__version__ = '%s'\ndebug = False\ncuda: Optional[str] = '%s.0'\ngit_version = '%s'\nhip: Optional[str] = None\n"
    % (options.version, options.cuda, options.git_version)).encode()
with tempfile.TemporaryDirectory() as work:
    source = "void torch_check_failed_%s(const char*) { __builtin_trap(); }\n" % options.abi
    with open(work + "/c10.cpp", "w") as f:
        f.write(source)
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-Wl,-soname,libc10.so", "-Wl,--build-id=none", "-o", work + "/libc10.so",
                    work + "/c10.cpp"], check=True)
    # As in the real one, `import torch` opens this library, whose needs bring the CUDA runtime of another wheel. The runtime
    # is not here: a library of its soname stands in while linking.
    open(work + "/none.c", "w").close()
    runtime = "libcudart.so." + options.cuda
    link = ["g++", "-shared", "-fPIC", "-nostdlib", "-Wl,--build-id=none,--no-as-needed"]
    subprocess.run([*link, "-Wl,-soname," + runtime, "-o", work + "/" + runtime, work + "/none.c"], check=True)
    subprocess.run([*link, "-Wl,-soname,libtorch_global_deps.so,--enable-new-dtags",
                    "-Wl,-rpath,$ORIGIN:$ORIGIN/../../nvidia/cu%s/lib" % options.cuda, "-o",
                    work + "/libtorch_global_deps.so", work + "/none.c", work + "/libc10.so", work + "/" + runtime], check=True)
    for name in ("libc10.so", "libtorch_global_deps.so"):
        with open(work + "/" + name, "rb") as f:
            files["torch/lib/" + name] = f.read()
base = "torch-%s" % options.version
dependency = "nvidia-cuda-runtime" if int(options.cuda) >= 13 else "nvidia-cuda-runtime-cu%s" % options.cuda
files[base + ".dist-info/METADATA"] = (
    "Metadata-Version: 2.1\nName: torch\nVersion: %s\nRequires-Dist: %s\n" % (options.version, dependency)).encode()
files[base + ".dist-info/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
record = base + ".dist-info/RECORD"
lines = []
for path, content in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    lines.append("%s,sha256=%s,%d\n" % (path, digest, len(content)))
files[record] = ("".join(lines) + record + ",,\n").encode()
os.makedirs(options.folder, exist_ok=True)
with zipfile.ZipFile(os.path.join(options.folder, base + "-py3-none-any.whl"), "w") as archive:
    for path, content in files.items():
        archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content)
