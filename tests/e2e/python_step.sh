# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# A venv of wheels from an index of the test's own and from the machine's: what lies in it, what pip and uv say of it,
# what moves when one wheel is bumped, and a rebuild without any network.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
uv=$TMPLBUILD_BIN/../libexec/uv
mkdir "$work/wheels" "$work/a"
# wheel NAME VERSION [MODULE-TEXT]: a pure wheel with a program, a data file and a header.
wheel() {
    python3 - "$work/wheels" "$@" <<'PY'
import base64, hashlib, sys, zipfile
folder, name, version = sys.argv[1:4]
text = sys.argv[4] if len(sys.argv) > 4 else f"version = {version!r}\ndef main():\n    print({name!r}, version)\n"
info = f"{name}-{version}.dist-info"
files = {f"{name}/__init__.py": text, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
         f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
         f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
         f"{name}-{version}.data/data/share/{name}.txt": "data\n",
         f"{name}-{version}.data/headers/{name}.h": "#pragma once\n",
         f"{name}-{version}.data/scripts/{name}-script": "#!python\nimport sys\nprint(sys.executable)\n"}
record = "".join(f"{f},sha256={base64.urlsafe_b64encode(hashlib.sha256(c.encode()).digest()).rstrip(b'=').decode()},{len(c)}\n"
                 for f, c in files.items()) + f"{info}/RECORD,,\n"
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as z:
    for f, c in {**files, f"{info}/RECORD": record}.items():
        z.writestr(zipfile.ZipInfo(f, (2020, 1, 2, 3, 4, 6)), c)
PY
}
wheel alpha 1.0
wheel beta 1.0
mkdir -p "$work/src/gamma-1.0"
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "gamma"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["gamma"]\n' >"$work/src/gamma-1.0/pyproject.toml"
echo 'value = 3' >"$work/src/gamma-1.0/gamma.py"
printf 'Metadata-Version: 2.1\nName: gamma\nVersion: 1.0\n' >"$work/src/gamma-1.0/PKG-INFO"
tar -C "$work/src" -czf "$work/wheels/gamma-1.0.tar.gz" gamma-1.0
export PIP_FIND_LINKS="$work/wheels"

cat >"$work/a/template.toml" <<TOML
schema = 1
console.enabled = false
name = "python"
[base]
debian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["alpha", "beta", "gamma"]
requirements_from = ["lists:more.txt"]
[[layers]]
use = "files"
name = "lists"
source = "lists"
dest = "/opt/lists"
[image]
compression = "gzip"
TOML
mkdir -p "$work/a/lists/deep"
printf '# more\n-r deep/idna.txt\n-c pins.txt\n' >"$work/a/lists/more.txt"
echo 'idna' >"$work/a/lists/deep/idna.txt"
echo 'idna==3.10' >"$work/a/lists/pins.txt"
first=$(build "$work/a")
layers "$work/a" >"$work/first"
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin "$@"; }
[ "$(inside /opt/venv/bin/alpha)" = "alpha 1.0" ] || fail "the entry point"
[ "$(inside /opt/venv/bin/beta-script)" = /opt/venv/bin/python ] || fail "the script's interpreter: $(inside /opt/venv/bin/beta-script)"
[ "$(inside /opt/venv/bin/python -c 'import gamma, idna; print(gamma.value, idna.__version__)')" = "3 3.10" ] || fail "imports"
[ -f "$root/opt/venv/share/alpha.txt" ] || fail "the data file"
[ -f "$root/opt/venv/include/site/python3.11/alpha/alpha.h" ] || fail "the header"
inside /opt/venv/bin/python -m pip check | grep -q "No broken requirements" || fail "pip check"
inside /opt/venv/bin/python -m pip list --format=freeze 2>/dev/null | sort >"$work/pip"
python3 - "$work/a/template.lock" >"$work/locked" <<'PY'
import json, sys
for d in sorted(f"{d['name']}=={d['version']}" for v in json.load(open(sys.argv[1]))["python"] for d in v["distributions"]): print(d)
PY
cmp "$work/pip" "$work/locked" || fail "pip and the lock disagree: $(diff "$work/pip" "$work/locked")"
"$uv" pip list --python "$root/opt/venv/bin/python" --format=freeze 2>/dev/null | sort | cmp - "$work/locked" || echo "uv cannot ask a venv of another root here"
# Bytecode is there and is used: nothing is compiled when a module is imported.
cache=$(ls "$root/opt/venv/lib/python3.11/site-packages/alpha/__pycache__/")
[ "$cache" = "__init__.cpython-311.pyc" ] || fail "bytecode: $cache"
inside /opt/venv/bin/python -v -c 'import alpha' 2>&1 | grep -q "code object from '/opt/venv/lib/python3.11/site-packages/alpha/__pycache__" || fail "the bytecode is not used: $(inside /opt/venv/bin/python -v -c 'import alpha' 2>&1 | grep alpha)"
# An update in place works: pip knows every file that it has to take away.
inside /opt/venv/bin/python -m pip uninstall -y -q alpha 2>/dev/null
[ ! -e "$root/opt/venv/lib/python3.11/site-packages/alpha" ] || fail "pip left files of alpha: $(find "$root/opt/venv/lib/python3.11/site-packages/alpha")"

# What is wrong in a file of requirements is said while planning, with its line.
echo 'idna --global-option=x' >"$work/a/lists/deep/idna.txt"
expect 2 "lists/deep/idna.txt:1" "$tmplbuild" plan "$work/a/template.toml"
# A file with another hash than the one that is pinned is not taken.
printf -- '--require-hashes\nidna==3.10 --hash=sha256:%064d\n' 0 >"$work/a/lists/deep/idna.txt"
expect 2 "hashes that are pinned" "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/none" --progress plain
echo 'idna' >"$work/a/lists/deep/idna.txt"

# One wheel bumped: one python layer moves.
wheel alpha 1.1
"$tmplbuild" lock --update python:/opt/venv "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
build "$work/a" >/dev/null
grep -q '"alpha", "version": "1.1"\|"alpha","version":"1.1"' "$work/a/template.lock" || fail "alpha was not renewed"
layers "$work/a" >"$work/second"
[ "$(diff "$work/first" "$work/second" | grep -c '^>')" = 1 ] || fail "one bumped wheel moved: $(diff "$work/first" "$work/second")"

# Without a network, from the lock, in two stores that have only the files: the same image.
for n in 1 2; do
    store=$(copy_store "$n")
    rm -rf "$store/records" "$store/trees" "$store/index"
    TMPLBUILD_CACHE=$store unshare -n "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/off$n" --progress plain \
        >"$work/offline$n" 2>"$work/log" || fail "offline: $(tail -n 20 "$work/log")"
done
cmp "$work/offline1" "$work/offline2" >/dev/null || [ "$(head -n 1 "$work/offline1")" = "$(head -n 1 "$work/offline2")" ] || fail "two offline builds differ"
[ "$(head -n 1 "$work/offline1")" = "$("$tmplbuild" inspect "oci:$work/a/out" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["digest"])')" ] || fail "offline gives another image"

# Files that two distributions own are refused by both names.
sed -i 's/requirements = .*/requirements = ["opencv-python==4.11.0.86", "opencv-python-headless==4.11.0.86"]/; /requirements_from/d' "$work/a/template.toml"
code=0
"$tmplbuild" build "$work/a/template.toml" -o "oci:$work/none" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 1 ] || [ "$code" = 2 ] || fail "shared files ended with $code: $(cat "$work/err")"
grep -q "opencv-python-headless" "$work/err" && grep -q "opencv-python" "$work/err" || fail "the owners are not named: $(cat "$work/err")"
# A resolution that cannot be: uv's own words.
sed -i 's/requirements = .*/requirements = ["alpha==1.0", "alpha==1.1"]/' "$work/a/template.toml"
code=0
"$tmplbuild" build "$work/a/template.toml" -o "oci:$work/none" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 2 ] || [ "$code" = 1 ] || fail "a conflict ended with $code"
grep -q "alpha" "$work/err" || fail "the conflict is not told: $(cat "$work/err")"
