# SPDX-License-Identifier: Apache-2.0
# Shared by the pid1 tests: a folder of their own, the launcher as a real PID 1 in new namespaces, and checks.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=$TMPLBUILD_BIN/launcher

fail() { echo "FAILED: $*" >&2; [ ! -f "$work/log" ] || sed 's/^/  | /' "$work/log" >&2; exit 1; }

unshare --pid --fork --mount-proc true 2>/dev/null || { echo "skipped: this user may not make a PID namespace"; exit 77; }

# pod JSON-OF-SERVICES: writes pod.json.
pod() { printf '{"version":1,"name":"test","services":%s}\n' "$1" >"$work/pod.json"; }
# start [ARGUMENT...]: the launcher as PID 1, in the background; its log in $work/log, its PID outside in $pid.
start() {
    TMPLBUILD_POD_SPEC=$work/pod.json unshare --pid --fork --kill-child --mount-proc "$launcher" "$@" >"$work/log" 2>&1 &
    outer=$!
    for _ in $(seq 100); do
        pid=$(pgrep -P "$outer" || true)
        [ -z "$pid" ] || return 0
        kill -0 "$outer" 2>/dev/null || return 0  # it ended already
        sleep 0.02
    done
    fail "the launcher did not start"
}
# ended CODE: waits for the launcher's end and checks its exit code.
ended() {
    code=0
    wait "$outer" || code=$?
    [ "$code" = "$1" ] || fail "exit code $code, expected $1"
}
# until_log TEXT: waits at most 10 s for a line.
until_log() {
    for _ in $(seq 200); do
        ! grep -qF -- "$1" "$work/log" || return 0
        sleep 0.05
    done
    fail "no line '$1'"
}
