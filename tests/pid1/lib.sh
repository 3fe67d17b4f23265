# SPDX-License-Identifier: Apache-2.0
# Shared by the pid1 tests: a folder of their own, the launcher as a real PID 1 in new namespaces, and checks.
set -eu
work=$(mktemp -d)
cleanups=
outer=
pid=
cleanup() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    for one in $cleanups; do "$one" || true; done
    rm -rf "$work"
}
trap cleanup EXIT
launcher=$TMPLBUILD_BIN/launcher
ctl=$TMPLBUILD_BIN/tmpl-ctl
export TMPLBUILD_VOLUME=$work/volume TMPLBUILD_RUN_DIR=$work/run
mkdir "$work/volume"
# The pod.json that a start reads.
spec=$work/pod.json
# What a new mount namespace is given before the launcher starts there: shell commands.
prepare=:
# What the launcher is started by: empty, or a program with its arguments that executes it, as setpriv does.
runner=

fail() { echo "FAILED: $*" >&2; [ ! -f "$work/log" ] || tail -n 60 "$work/log" | cut -c1-300 | sed 's/^/  | /' >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
need() { for tool; do command -v "$tool" >/dev/null || skip "$tool is not here"; done; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

unshare --pid --fork --mount-proc true 2>/dev/null || skip "this user may not make a PID namespace"

# pod JSON-OF-SERVICES [MORE-MEMBERS]: writes pod.json.
pod() { printf '{"version":2,"name":"test","services":%s%s}\n' "$1" "${2:-}" >"$work/pod.json"; }
# start [ARGUMENT...]: the launcher as PID 1, in the background; its log in $work/log, its PID outside in $pid.
start() { start_to "$work/log" "$@"; }
# start_to FILE [ARGUMENT...]: the same with stdout and stderr in FILE.
start_to() {
    output=$1
    shift
    : >"$work/log"
    TMPLBUILD_POD_SPEC=$spec unshare --pid --fork --kill-child --mount-proc \
        sh -c "$prepare; exec $runner \"\$0\" \"\$@\"" "$launcher" "$@" >"$output" 2>&1 &
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
    pid=
    [ "$code" = "$1" ] || fail "exit code $code, expected $1"
}
# stop: TERM, and a good end.
stop() { kill -TERM "$pid"; ended 0; }
# How often until_file and until_true look, every 50 ms: for 10 s.
patience=200
# until_file FILE TEXT: waits for a line.
until_file() {
    for _ in $(seq $patience); do
        ! grep -qsF -- "$2" "$1" || return 0
        sleep 0.05
    done
    fail "no line '$2' in $1"
}
until_log() { until_file "$work/log" "$1"; }
# until_true COMMAND...
until_true() {
    for _ in $(seq $patience); do
        ! "$@" || return 0
        sleep 0.05
    done
    fail "never true: $*"
}
# $flood COUNT prints that many numbered lines, each with its number at both ends.
flood=$work/flood
cat >"$flood" <<'END'
#!/bin/sh
exec awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "<%06d-and-the-rest-of-a-line-of-some-length-%06d>\n", i, i }'
END
chmod +x "$flood"
