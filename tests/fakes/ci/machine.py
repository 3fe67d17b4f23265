# SPDX-License-Identifier: Apache-2.0
"""A machine that a CI system lends to one job: a folder with the sources, a home, and a store of its own.

The stand-ins for CI systems beside this file run their jobs on it. SOURCES, WORK and STORE come from their command line;
STORE is a folder whose blobs (wheels of the toolchain, packages) the machine's store begins with, as an index near the
machine would give them; records it has none.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

CLEAN = {name: os.environ[name] for name in os.environ
         if name in ("PATH", "LANG", "TERM", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
         or name.lower().endswith("_proxy") or name.startswith(("PIP_", "UV_"))}


def refuse(what):
    sys.exit(f"ci stand-in: {what}")


class Machine:
    def __init__(self, work, name, sources, store):
        self.root = Path(work).resolve() / name
        self.folder = self.root / "sources"
        self.temp = self.root / "temp"
        for folder in (self.root / "home", self.temp):
            folder.mkdir(parents=True)
        shutil.copytree(sources, self.folder, symlinks=True)
        cache = self.store = Path(f"{self.folder}.store")
        cache.mkdir()
        if store and (Path(store) / "blobs").is_dir():
            subprocess.run(["cp", "-al", f"{store}/blobs", str(cache)], check=True)
        self.environment = {**CLEAN, "HOME": str(self.root / "home"), "TMPLBUILD_CACHE": str(cache), "CI": "true"}
        self.log = open(self.root / "log", "ab")

    def run(self, command, environment):
        """Its exit code; what it prints goes to the machine's log."""
        return subprocess.run(command, cwd=self.folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                              stdout=self.log, stderr=self.log).returncode
