// SPDX-License-Identifier: Apache-2.0
// The program that runs a project's build backend (PEP 517, PEP 660) inside the sandbox, in the Python of a throwaway
// venv. Its text is part of every key of what it makes. Used by backend_run.cpp.
#pragma once

namespace tmplbuild {

inline constexpr const char* build_script = R"(import sys
del sys.path[0]
import importlib, os, re, shutil, tarfile, zipfile
import importlib.metadata

# What to make ("wheel", "editable", "metadata"), of the project in which folder of which archive, and, for an editable
# one, where the image has the sources. Sources whose history is not here are told their version.
folder, name, make, below, place, version = sys.argv[1:]
source = folder + "/source"
os.mkdir(source)
if name.endswith(".zip"):
    zipfile.ZipFile(folder + "/" + name).extractall(source)
else:
    with tarfile.open(folder + "/" + name) as archive:
        # Where tarfile has no filter yet, the sandbox alone is the limit.
        extra = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(source, **extra)
tops = os.listdir(source)
if len(tops) != 1 or not os.path.isdir(source + "/" + tops[0]):
    sys.exit("it is not an sdist: it holds %d entries at its top instead of one folder" % len(tops))
top = source + "/" + tops[0]
if place:
    # A backend writes down where the sources are; they are there for this run, whatever lies below.
    for at, folders, files in os.walk(top):
        to = place + at[len(top):]
        os.makedirs(to, exist_ok=True)
        for one in files + [f for f in folders if os.path.islink(at + "/" + f)]:
            if os.path.lexists(to + "/" + one):
                os.unlink(to + "/" + one)
            shutil.copy2(at + "/" + one, to + "/" + one, follow_symlinks=False)
    top = place
project = os.path.realpath(top + "/" + below)
if project != os.path.realpath(top) and not project.startswith(os.path.realpath(top) + "/"):
    sys.exit("its subdirectory leads out of it: " + below)
os.chdir(project)
if version and not os.path.exists("PKG-INFO"):
    os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"] = os.environ["PDM_BUILD_SCM_VERSION"] = version

def missing(requirement):
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    if ";" in requirement or not name:
        return False
    try:
        importlib.metadata.distribution(name.group())
    except importlib.metadata.PackageNotFoundError:
        return True
    return False

def need(requirements):
    lacking = [r for r in requirements if missing(r)]
    if lacking:
        print("it needs to be built: " + "; ".join(lacking), file=sys.stderr)
        sys.exit(3)

system = {}
if os.path.isfile("pyproject.toml"):
    try:
        import tomllib
    except ModuleNotFoundError:
        need(["tomli"])
        import tomli as tomllib
    with open("pyproject.toml", "rb") as f:
        system = tomllib.load(f).get("build-system", {})
need(system.get("requires", ["setuptools"]))
here = os.getcwd()
for path in reversed(system.get("backend-path", [])):
    full = os.path.realpath(path)
    if full != here and not full.startswith(here + "/"):
        sys.exit("its backend-path leads out of it: " + path)
    sys.path.insert(0, full)
module, _, attributes = system.get("build-backend", "setuptools.build_meta:__legacy__").partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
if make == "editable" and not hasattr(backend, "build_editable"):
    print("its build backend makes no editable installs: it is installed as a copy")
    make = "wheel"
hook = "editable" if make == "editable" else "wheel"
if hasattr(backend, "get_requires_for_build_" + hook):
    need(getattr(backend, "get_requires_for_build_" + hook)({}))
out = folder + "/out"
if make == "metadata" and hasattr(backend, "prepare_metadata_for_build_wheel"):
    shutil.copyfile(out + "/" + backend.prepare_metadata_for_build_wheel(out, {}) + "/METADATA", out + "/METADATA")
elif make == "metadata":
    with zipfile.ZipFile(out + "/" + backend.build_wheel(out, {}, None)) as wheel:
        with open(out + "/METADATA", "wb") as f:
            f.write(wheel.read(*[n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]))
else:
    getattr(backend, "build_" + hook)(out, {}, None)
)";

}  // namespace tmplbuild
