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
# free_ports COUNT: so many ports that nobody listens on now.
free_ports() {
    python3 -c 'import socket, sys
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[one.getsockname()[1] for one in taken])' "$1"
}
# quickstart FOLDER: a copy of the shipped example; it and its console listen on free ports, $port and $console. Its lock is
# shared: keep_lock FOLDER after a build.
quickstart() {
    cp -r "$TMPLBUILD_SOURCE/examples/quickstart" "$1"
    rm -rf "$1/template.lock" "$1/out"
    [ ! -f "$TMPLBUILD_CACHE/quickstart.lock" ] || cp "$TMPLBUILD_CACHE/quickstart.lock" "$1/template.lock"
    read -r port console <<END
$(free_ports 2)
END
    sed -i "s|^root = \"/opt/notebooks\"|root = \"/opt/notebooks\"\nport = $port|" "$1/template.toml"
    printf '\n[console]\nport = %s\n' "$console" >>"$1/template.toml"
}
keep_lock() { cp "$1/template.lock" "$TMPLBUILD_CACHE/quickstart.lock"; }
# start_pod BUNDLE [NAME=VALUE...]: an unpacked image under runc, with this machine's network and these variables; what it says
# is in $work/pod.log. There is one at a time.
start_pod() {
    python3 - "$@" <<'PY'
import json, sys
file = sys.argv[1] + "/config.json"
c = json.load(open(file))
c["process"]["terminal"] = False
c["process"]["env"] += sys.argv[2:]
c["linux"]["namespaces"] = [n for n in c["linux"]["namespaces"] if n["type"] != "network"]
json.dump(c, open(file, "w"))
PY
    pod=tmplbuild-test-$$
    runc run --bundle "$1" "$pod" >"$work/pod.log" 2>&1 &
    pod_runs=$!
    trap 'runc delete -f "$pod" 2>/dev/null || true; tidy' EXIT
}
# until_pod_says TEXT [SECONDS]: a regular expression.
until_pod_says() {
    for _ in $(seq $((${2:-20} * 10))); do ! grep -qE -- "$1" "$work/pod.log" || return 0; sleep 0.1; done
    fail "the pod never said '$1': $(tail -n 50 "$work/pod.log")"
}
# stop_pod: it ends cleanly, within its grace.
stop_pod() {
    begin=$(date +%s)
    runc kill "$pod" TERM
    code=0
    wait "$pod_runs" || code=$?
    [ "$code" = 0 ] || fail "exit code $code after TERM: $(tail -n 20 "$work/pod.log")"
    [ $(($(date +%s) - begin)) -le 9 ] || fail "the stop took more than 9 s"
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
