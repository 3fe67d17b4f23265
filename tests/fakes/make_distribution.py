# SPDX-License-Identifier: Apache-2.0
"""Makes a small wheel or sdist, for tests that need packages of their own; always the same bytes.

Usage: make_distribution.py FOLDER NAME VERSION [--tag py3-none-any] [--requires REQUIREMENT]... [--sdist]
An sdist's setup.py writes the file $SDIST_RAN, so that a test sees when a package's code was run; --pyproject gives it
a pyproject.toml with the given build requirements, --own-backend a build backend that needs nothing else and writes that
file too; --old leaves its dependencies to *.egg-info/requires.txt.
"""
import argparse
import base64
import gzip
import hashlib
import io
import os
import tarfile
import zipfile

options = argparse.ArgumentParser()
options.add_argument("folder")
options.add_argument("name")
options.add_argument("version")
options.add_argument("--tag", default="py3-none-any")
options.add_argument("--requires", action="append", default=[])
options.add_argument("--sdist", action="store_true")
options.add_argument("--old", action="store_true")
options.add_argument("--pyproject", action="append")
options.add_argument("--own-backend", action="store_true")
options = options.parse_args()
module = options.name.replace("-", "_")
base = "%s-%s" % (module, options.version)
os.makedirs(options.folder, exist_ok=True)
metadata = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (options.name, options.version)
if not options.old:
    metadata += "".join("Requires-Dist: %s\n" % one for one in options.requires)


def make_wheel():
    files = {
        module + "/__init__.py": "version = %r\n" % options.version,
        base + ".dist-info/METADATA": metadata,
        base + ".dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: %s\n" % options.tag,
    }
    record = base + ".dist-info/RECORD"
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append("%s,sha256=%s,%d\n" % (path, digest, len(text)))
    files[record] = "".join(lines) + record + ",,\n"
    with zipfile.ZipFile(os.path.join(options.folder, "%s-%s.whl" % (base, options.tag)), "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)


def make_sdist():
    files = {
        "PKG-INFO": metadata,
        "setup.py": "import os\nopen(os.environ.get('SDIST_RAN', '/tmp/sdist-ran'), 'w').close()\n"
                    "from setuptools import setup\nsetup()\n",
    }
    if options.old:
        files[module + ".egg-info/requires.txt"] = "".join(one + "\n" for one in options.requires)
    if options.own_backend:
        files["pyproject.toml"] = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        files["backend.py"] = files["setup.py"].split("from")[0]
    if options.pyproject:
        files["pyproject.toml"] = "[build-system]\nrequires = %r\n" % options.pyproject
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(base + "/" + path)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    with open(os.path.join(options.folder, base + ".tar.gz"), "wb") as file:
        file.write(gzip.compress(plain.getvalue(), mtime=0))


make_sdist() if options.sdist else make_wheel()
