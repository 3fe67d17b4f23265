# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# A venv whose layers are groups of wheels: one wheel more, less or changed makes one layer anew and takes the others from
# the store, and the image has the bytes that a store without any of them gives it.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
# wheel NAME VERSION BYTES: one with that much in it that nothing compresses.
wheel() {
    python3 - "$work/wheels" "$@" <<'PY'
import base64, hashlib, random, sys, zipfile
folder, name, version, size = sys.argv[1:]
info = f"{name}-{version}.dist-info"
files = {f"{name}/__init__.py": f"version = {version!r}\n".encode(), f"{name}/data": random.Random(name).randbytes(int(size)),
         f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
         f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
record = "".join(f"{f},sha256={base64.urlsafe_b64encode(hashlib.sha256(c).digest()).rstrip(b'=').decode()},{len(c)}\n"
                 for f, c in files.items()) + f"{info}/RECORD,,\n"
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as z:
    for f, c in {**files, f"{info}/RECORD": record.encode()}.items():
        z.writestr(zipfile.ZipInfo(f, (2020, 1, 2, 3, 4, 6)), c)
PY
}
mkdir "$work/wheels" "$work/a"
wheel heavy 1.0 15000000
# Beside pip, whatever its size, it fills a group so far that a later wheel begins another one.
wheel middle 1.0 7600000
wheel small 1.0 1000
export PIP_FIND_LINKS="$work/wheels"
ask() { # REQUIREMENT...: writes the template.
    { printf 'schema = 1\nname = "groups"\nconsole.enabled = false\n[base]\ndebian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }\n'
      printf '[[layers]]\nuse = "python"\nvenv = "/opt/venv"\nrequirements = [%s]\n' "$1"; } >"$work/a/template.toml"
}
moved() { diff "$work/before" "$work/after" | grep -c '^>' || true; }
# again WHAT SENTENCE: builds, and sees that one layer moved, that the step said so, and that a store without layers gives
# the same image.
again() {
    layers "$work/a" >"$work/before"
    made=$(build "$work/a")
    layers "$work/a" >"$work/after"
    [ "$(moved)" = 1 ] || fail "$1 moved $(moved) layers: $(diff "$work/before" "$work/after")"
    grep -q "packing $2" "$work/a/log" || fail "$1: the step packed other groups: $(grep packing "$work/a/log")"
    clean=$(copy_store clean)
    # What the base needs stays.
    python3 - "$clean/records" <<'PY'
import json, pathlib, sys
for file in pathlib.Path(sys.argv[1]).glob("*.json"):
    if json.loads(file.read_text())["step"].startswith("python:"): file.unlink()
PY
    nothing=$(TMPLBUILD_CACHE=$clean "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/clean" --progress plain 2>"$work/log" | grep -m 1 '^sha256:') ||
        fail "a store without layers: $(tail -n 5 "$work/log")"
    ! grep -q "are in the store" "$work/log" || fail "the other store has layers"
    [ "$nothing" = "$made" ] || fail "$1: another image than from nothing: $made, $nothing"
    rm -rf "$clean"
}
ask '"heavy", "middle", "small"'
first=$(build "$work/a")
grep -q "packing 4 distributions$" "$work/a/log" || fail "$(cat "$work/a/log")"  # with pip
wheel tiny 1.0 2000
ask '"heavy", "middle", "small", "tiny"'
again "one more wheel" "1 distribution; the layers of 4 more are in the store"
wheel middle 1.1 7600100
"$tmplbuild" lock --update python:/opt/venv "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
again "a renewed wheel" "3 distributions; the layers of 2 more are in the store"
ask '"heavy", "middle", "small"'
layers "$work/a" >"$work/before"
build "$work/a" >/dev/null
layers "$work/a" >"$work/after"
[ "$(moved)" = 0 ] || fail "a removed wheel moved: $(diff "$work/before" "$work/after")"
grep -q "packing 0 distributions; the layers of 4 more are in the store" "$work/a/log" || fail "without a wheel: $(grep packing "$work/a/log")"
ask '"heavy", "middle==1.0", "small"'
[ "$(build "$work/a")" = "$first" ] || fail "going back gives another image"
