#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one more pure wheel costs in a venv of 153 distributions, 386 MB of wheels (November 2026): `lock` and `build` with
# the venv's layers in the store, beside the same build with none of them there, turn about; the bytes and the number of
# new layers. Not a test. Needs root and the machine's package index. TMPLBUILD names the program, MORE the wheel, ROUNDS
# how often.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild} more=${MORE:-tabulate} rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
export TMPLBUILD_CACHE=${TMPLBUILD_CACHE:-$work/store}
venv='"jupyterlab", "numpy", "scipy", "pandas", "matplotlib", "pillow", "opencv-python-headless", "pyarrow", "scikit-learn",
    "transformers", "sympy", "numba", "networkx", "statsmodels", "fastapi", "aiohttp", "sqlalchemy", "pydantic", "rich"'
ask() { # FOLDER REQUIREMENTS
    mkdir -p "$1"
    printf 'schema = 1\nname = "bench"\nconsole.enabled = false\n[base]\ndebian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }\n' >"$1/template.toml"
    printf '[[layers]]\nuse = "python"\nvenv = "/opt/venv"\nrequirements = [%s]\n' "$2" >>"$1/template.toml"
}
run() { "$tmplbuild" "$@" --progress plain >"$work/out" 2>"$work/err" || fail "$*: $(tail -n 5 "$work/err")"; }
timed() { # NAME COMMAND...: appends seconds and the processors' seconds to NAME's file.
    name=$1
    shift
    /usr/bin/time -a -o "$work/$name" -f "%e %U %S" "$tmplbuild" "$@" --progress plain >"$work/out" 2>"$work/err" ||
        fail "$*: $(tail -n 5 "$work/err")"
}
forget_layers() { # The records of the venv and of its layers go; its wheels stay.
    python3 - "$TMPLBUILD_CACHE/records" <<'PY'
import json, pathlib, sys
for file in pathlib.Path(sys.argv[1]).glob("*.json"):
    if json.loads(file.read_text())["step"].startswith("python:"): file.unlink()
PY
}
ask "$work/one" "$venv"
run lock "$work/one/template.toml"
for _ in $(seq "$rounds"); do
    forget_layers
    rm -rf "$work/more"
    cp -r "$work/one" "$work/more"
    run build "$work/one/template.toml" -o "oci:$work/image-one"
    ask "$work/more" "$venv, \"$more\""
    timed lock lock "$work/more/template.toml"
    timed grouped build "$work/more/template.toml" -o "oci:$work/image-more"
    grep -h "packing" "$work/err"
    forget_layers
    timed all build "$work/more/template.toml" -o "oci:$work/image-all"
    cmp "$work/image-more/index.json" "$work/image-all/index.json" || fail "two images"
done
python3 - "$work" "$tmplbuild" <<'PY'
import json, statistics, subprocess, sys
work, tmplbuild = sys.argv[1:]
def layers(image):
    out = json.loads(subprocess.run([tmplbuild, "inspect", f"oci:{work}/{image}", "--json"], capture_output=True, check=True).stdout)
    return {layer["digest"]: layer["size"] for layer in out["manifest"]["layers"]}
def median(name):
    rows = [[float(x) for x in line.split()] for line in open(f"{work}/{name}")]
    return statistics.median(r[0] for r in rows), statistics.median(r[1] + r[2] for r in rows)
one, more = layers("image-one"), layers("image-more")
new = {digest: size for digest, size in more.items() if digest not in one}
wheels = json.load(open(f"{work}/more/template.lock"))["python"][0]["distributions"]
print(f"{len(wheels)} distributions, {sum(w['size'] for w in wheels) / 1e6:.0f} MB of wheels, {len(more)} layers")
print(f"new layers: {len(new)}, {sum(new.values()) / 1e6:.2f} MB")
shared = {}
for wheel in wheels: shared.setdefault(wheel.get("group", 0), []).append(wheel["size"])
print(f"largest layer that several wheels share: {max(sum(s) for s in shared.values() if len(s) > 1) / 1e6:.1f} MB of wheels")
for name in ("lock", "grouped", "all"):
    print(f"{name}: {median(name)[0]:.2f} s, {median(name)[1]:.2f} s of processors (medians)")
print(f"ratio: {median('grouped')[0] / median('all')[0]:.3f} of the seconds, {median('grouped')[1] / median('all')[1]:.3f} of the processors'")
PY
