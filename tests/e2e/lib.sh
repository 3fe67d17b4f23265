# SPDX-License-Identifier: Apache-2.0
# Shared by the end-to-end tests: a folder of their own, one store for all of them, checks. The fixtures base.sh and
# kernel_tools.sh make what the tests share before any of them starts, so that no test makes a base twice, and several can
# run at once. A test that changes the store's records, or says what must be in it, takes a store of its own (own_store).
set -eu
work=$(mktemp -d)
shared_store=$(dirname "$TMPLBUILD_BIN")/test-store
# What base.sh leaves: a store with the Debian base and nothing else.
base_store=$(dirname "$TMPLBUILD_BIN")/test-base
export TMPLBUILD_CACHE="$shared_store"
tidy() { rm -rf "$work" "$shared_store-$$"-*; }
trap tidy EXIT
tmplbuild=$TMPLBUILD_BIN/tmplbuild
[ "$(id -u)" = 0 ] || { echo "skipped: a Debian base needs root"; exit 77; }

fail() { echo "FAILED: $*" >&2; exit 1; }
# expect CODE TEXT COMMAND...: it ends with that code and says that text, in $work/out.
expect() {
    code=$1 text=$2 got=0
    shift 2
    "$@" >"$work/out" 2>&1 || got=$?
    [ "$got" = "$code" ] || fail "'$*' ended with $got, expected $code: $(cat "$work/out")"
    grep -qF -- "$text" "$work/out" || fail "'$*' does not say '$text': $(cat "$work/out")"
}
. "$TMPLBUILD_SOURCE/tests/e2e/kernel_lib.sh"
# A small template, to be changed at will; its lock is shared, so that every test has one base.
example() {
    cp -r "$TMPLBUILD_SOURCE/tests/fakes/small" "$1"
    if [ -f "$TMPLBUILD_CACHE/small.lock" ]; then cp "$TMPLBUILD_CACHE/small.lock" "$1/template.lock"; fi
}
# build FOLDER [OPTION...]: quietly; prints the image's digest.
build() {
    folder=$1
    shift
    "$tmplbuild" build "$folder/template.toml" -o "oci:$folder/out" --progress plain "$@" 2>"$folder/log" >"$folder/said" ||
        fail "build: $(tail -n 20 "$folder/log")"
    grep -m 1 '^sha256:' "$folder/said"
    if grep -q '"small"' "$folder/template.toml"; then
        cp "$folder/template.lock" "$TMPLBUILD_CACHE/.small.lock.$$"
        mv -f "$TMPLBUILD_CACHE/.small.lock.$$" "$TMPLBUILD_CACHE/small.lock"  # whole, whoever reads it now
    fi
}
# add_store FROM TO: the one gets all that the other has. By hard links, since a real copy takes 10 GB once torch is in it;
# a store's files are replaced, never written to. Others may be adding to it: what they have not finished (tmp/, and files
# that are being renamed) is left out. Folders keep their modes: a kept tree whose /tmp lost some gives other layers.
add_store() {
    mkdir -p "$2"
    for part in "$1"/*; do
        [ "${part##*/}" != tmp ] || continue
        cp -alPn "$part" "$2/" 2>/dev/null || cp -alPn "$part" "$2/" || return 1
    done
}
# copy_store NAME: makes a store with all that this one has and prints its folder, which goes when the test ends.
copy_store() {
    add_store "$TMPLBUILD_CACHE" "$shared_store-$$-$1" || return 1
    echo "$shared_store-$$-$1"
}
# own_store: from here on this test has a store that nobody else uses, with the Debian base in it.
own_store() {
    [ ! -d "$base_store" ] || TMPLBUILD_CACHE=$base_store
    TMPLBUILD_CACHE=$(copy_store own)
}
# layers FOLDER: the digests of its layers, a line each.
layers() { "$tmplbuild" inspect "oci:$1/out" --json | python3 -c 'import json, sys; [print(l["digest"]) for l in json.load(sys.stdin)["manifest"]["layers"]]'; }
# same_files VOLUME ARCH: what the job in VOLUME/job made has the digest that VOLUME/pod.json has of the image's variant.
same_files() {
    python3 - "$1" "$2" <<'PY'
import json, sys
volume, arch = sys.argv[1:]
(kernel,) = json.load(open(volume + "/pod.json"))["kernels"]
(built,) = [json.loads(v["table"])["files"] for v in kernel["variants"] if v["arch"] == arch]
made = json.loads(open(volume + "/job").read().splitlines()[-1])
if not made.get("ok") or made["digest"] != built: sys.exit(f"{made}, and the image has {built}")
PY
}
