# SPDX-License-Identifier: Apache-2.0
# Shared by the end-to-end tests: a folder of their own, one store for all of them (the base is made once), checks.
set -eu
work=$(mktemp -d)
export TMPLBUILD_CACHE="$TMPLBUILD_BIN/../test-store"
tidy() { rm -rf "$work" "$TMPLBUILD_CACHE-$$"-*; }
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
        cp --remove-destination "$folder/template.lock" "$TMPLBUILD_CACHE/small.lock"
    fi
}
# copy_store NAME: makes a store with all that this one has and prints its folder, which goes when the test ends. By hard
# links, since a real copy takes 10 GB once torch is in it; a store's files are replaced, never written to.
copy_store() {
    cp -rlP "$TMPLBUILD_CACHE" "$TMPLBUILD_CACHE-$$-$1" || return 1
    echo "$TMPLBUILD_CACHE-$$-$1"
}
# layers FOLDER: the digests of its layers, a line each.
layers() { "$tmplbuild" inspect "oci:$1/out" --json | python3 -c 'import json, sys; [print(l["digest"]) for l in json.load(sys.stdin)["manifest"]["layers"]]'; }
