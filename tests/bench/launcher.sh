#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The launcher beside tini, catatonit, s6-svscan, runsvdir and supervisord, and the figures of docs/benchmarks.md. Not a test.
# Needs root, a build (release for figures that are kept), and scripts/install-dependencies --bench.
#   tests/bench/launcher.sh [start] [memory] [idle] [flood] [frozen] [children] [restarts]    all unless named
# TMPLBUILD_BIN names the folder of programs; ROUNDS starts of each (200), IDLE_SECONDS (60), RESTART_MINUTES (10).
set -eu
export TMPLBUILD_BIN=${TMPLBUILD_BIN:?the folder of the programs: build/release/bin}
TMPLBUILD_SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
export TMPLBUILD_SOURCE
sections=${*:-start memory idle flood frozen children restarts}
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
stamp=$TMPLBUILD_BIN/bench-start

eight() { # COMMAND-AS-JSON: pod.json with eight services that run it
    local list=
    for i in 1 2 3 4 5 6 7 8; do
        list="$list${list:+,}{\"name\":\"service-$i\",\"port\":$((9000 + i)),\"host\":\"0.0.0.0\",\"directory\":\"/\",\"environment\":{\"NAME\":\"{name}\"},\"command\":$1}"
    done
    pod "[$list]"
}
peers() { # writes the peers' own configurations for the same eight services
    mkdir -p "$work/s6" "$work/runit"
    printf '[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=%s/supervisord.pid\nuser=root\n' "$work" >"$work/supervisord.conf"
    for i in 1 2 3 4 5 6 7 8; do
        mkdir -p "$work/s6/$i" "$work/runit/$i"
        ln -sf "$1" "$work/s6/$i/run"
        ln -sf "$1" "$work/runit/$i/run"
        printf '[program:%s]\ncommand=%s\n' "$i" "$1" >>"$work/supervisord.conf"
    done
}
measure_start() {
    need tini catatonit s6-svscan runsvdir supervisord
    eight "[\"$stamp\"]"
    peers "$stamp"
    export TMPLBUILD_POD_SPEC=$work/pod.json
    {
        printf 'launcher\t8\t%s\n' "$launcher"
        printf 'tini\t1\ttini\t--\t%s\n' "$stamp"
        printf 'catatonit\t1\tcatatonit\t--\t%s\n' "$stamp"
        printf 's6-svscan\t8\ts6-svscan\t%s\n' "$work/s6"
        printf 'runsvdir\t8\trunsvdir\t-P\t%s\n' "$work/runit"
    } | "$stamp" "$work/fifo" "${ROUNDS:-200}"
    printf 'supervisord\t8\tsupervisord\t-c\t%s\n' "$work/supervisord.conf" | "$stamp" "$work/fifo" "${SLOW_ROUNDS:-20}"
}
pss_of() { for one; do cat "/proc/$one/smaps_rollup" 2>/dev/null || true; done | awk '/^Pss:/ { n += $2 } END { print n + 0 }'; }
all_ready() { [ "$(grep -c 'ready after' "$work/log" || true)" = 8 ]; }
measure_memory() {
    eight '["sleep","600"]'
    start
    until_true all_ready
    until_file "$work/volume/installation_progress.log" "service-8: ready after"
    sleep 1
    echo "launcher and writer with 8 services: $(pss_of "$pid" "$(pgrep -P "$pid" log-writer)") kB PSS; program $(stat -c %s "$launcher") bytes"
    stop
    for tool in s6-svscan runsvdir supervisord; do
        command -v "$tool" >/dev/null || continue
        rm -rf "$work/s6" "$work/runit"
        printf '#!/bin/sh\nexec sleep 600\n' >"$work/sleeper"
        chmod +x "$work/sleeper"
        peers "$work/sleeper"
        case $tool in
            s6-svscan) set -- "$work/s6" ;;
            runsvdir) set -- -P "$work/runit" ;;
            supervisord) set -- -c "$work/supervisord.conf" ;;
        esac
        "$tool" "$@" >/dev/null 2>&1 &
        local peer=$!
        sleep 4
        local own
        own="$peer $(pgrep -P "$peer" -d ' ' -x s6-supervise || true) $(pgrep -P "$peer" -d ' ' -x runsv || true)"
        # shellcheck disable=SC2086
        echo "$tool with its own helpers: $(pss_of $own) kB PSS"
        local sleepers
        sleepers=$(for one in $own; do pgrep -P "$one" -x sleep || true; done)
        # shellcheck disable=SC2086
        kill -KILL $own $sleepers 2>/dev/null || true
        wait "$peer" 2>/dev/null || true
    done
}
measure_idle() {
    eight '["sleep","600"]'
    start
    until_true all_ready
    until_file "$work/volume/installation_progress.log" "service-8: ready after"
    sleep 1
    local writer before
    writer=$(pgrep -P "$pid" log-writer)
    wakes() { cat "/proc/$pid/status" "/proc/$writer/status" | awk '/ctxt_switches/ { n += $2 } END { print n }'; }
    before=$(wakes)
    sleep "${IDLE_SECONDS:-60}"
    echo "wake-ups while nothing happens, ${IDLE_SECONDS:-60} s: $(($(wakes) - before))"
    stop
}
measure_flood() { bash "$TMPLBUILD_SOURCE/tests/pid1/logs_flood.sh"; }
measure_frozen() {
    truncate -s 32M "$work/disk"
    mkfs.ext4 -q "$work/disk"
    mount -o loop "$work/disk" "$work/volume"
    thaw() { fsfreeze -u "$work/volume" 2>/dev/null || true; umount -l "$work/volume"; }
    cleanups=thaw
    export RUNPOD_POD_ID=p
    pod '[{"name":"talks","command":["sh","-c","while :; do sleep 0.02; echo tick; done"]},
          {"name":"deaf","command":["sh","-c","trap \"\" TERM; while :; do sleep 0.05; done"],"stop_grace_ms":60000}]'
    start
    until_file "$work/volume/.tmplbuild/pods/p/logs/talks.log" tick
    fsfreeze -f "$work/volume"
    sleep 2
    python3 - "$work/run/control.sock" "$pid" <<'END'
import os, signal, socket, subprocess, sys, time
path, pid = sys.argv[1], int(sys.argv[2])
worst = 0
for _ in range(100):
    begin = time.monotonic(); s = socket.socket(socket.AF_UNIX); s.connect(path); s.sendall(b'{"do":"status"}\n')
    s.makefile().readline(); s.close(); worst = max(worst, time.monotonic() - begin); time.sleep(0.01)
print(f"frozen volume: worst of 100 status answers {worst * 1000:.1f} ms")
reap = 0
for _ in range(50):
    # An orphan inside the pod that ends at once: how long it stays as a child of PID 1.
    inner = subprocess.run(["nsenter", "-t", str(pid), "-m", "-p", "sh", "-c", "sh -c 'echo $$' & wait"], capture_output=True)
    begin = time.monotonic()
    while any(open(f"/proc/{c}/stat").read().split(")")[-1].split()[0] == "Z" for c in open(f"/proc/{pid}/task/{pid}/children").read().split() if os.path.exists(f"/proc/{c}/stat")):
        pass
    reap = max(reap, time.monotonic() - begin)
print(f"frozen volume: worst of 50 zombies reaped after {reap * 1000:.1f} ms")
END
    local begin
    begin=$(now_ms)
    kill -TERM "$pid"
    # Its namespace cannot end before the frozen writer does: the launcher itself is gone when it is a zombie or in exit.
    leaving() { ! grep -qs . "/proc/$pid/cmdline"; }
    for _ in $(seq 1200); do ! leaving || break; sleep 0.01; done
    echo "frozen volume: from TERM to the launcher's exit, one service deaf: $(($(now_ms) - begin)) ms"
    fsfreeze -u "$work/volume"
    wait "$outer" || true
    pid=
    umount -l "$work/volume"
    cleanups=
}
fds() { ls "/proc/$pid/fd" | wc -l; }
field() { "$ctl" status --json | python3 -c "import json,sys; s = json.load(sys.stdin); print($1)"; }
anonymous() { awk '/^Anonymous:/ { print $2 }' "/proc/$pid/smaps_rollup"; }
zombies() { ps -o state= --ppid "$pid" | grep -c Z || true; }
measure_children() {
    # The parent's orphans are killed with one command, so that their ends fall together.
    pod '[{"name":"parent","command":["sh","-c","for i in $(seq 500); do (sleep 600 &) ; done; echo made; exec sleep 700"]}]'
    start
    until_log "parent: made"
    local before counted
    before="$(pss_of "$pid") kB, $(fds) descriptors"
    counted=$(field 's["orphans"]')
    pgrep -P "$pid" -f '^sleep 600$' | xargs kill -KILL
    sleep 2
    echo "500 orphans ended at once: $(($(field 's["orphans"]') - counted)) counted, $(zombies) zombies left; before $before, after $(pss_of "$pid") kB, $(fds) descriptors"
    stop
}
measure_restarts() {
    # 17 services that end at once and are started again every second: about 1,000 restarts a minute. Each fills its last
    # lines in memory at its first start, so that what is measured afterwards has no reason to grow.
    local list= minutes=${RESTART_MINUTES:-10}
    for i in $(seq 17); do
        list="$list${list:+,}{\"name\":\"s$i\",\"command\":[\"sh\",\"-c\",\"[ -e $work/once.$i ] || { : >$work/once.$i; $flood 1000; }\"],\"restart\":{\"backoff_min_ms\":1000,\"backoff_max_ms\":1000}}"
    done
    pod "[$list]"
    start_to /dev/null
    until_true test -S "$work/run/control.sock"
    restarts() { field 'sum(t["restarts"] for t in s["services"])'; }
    sample() { echo "after $1 min: $(($(restarts) - count)) restarts, $(pss_of "$pid") kB PSS, $(anonymous) kB of its own, $(fds) descriptors, $(zombies) zombies"; }
    # The launcher's own last lines, 64 bytes and more a restart, are full after half a minute too.
    sleep 60
    local count
    count=$(restarts)
    for minute in $(seq 0 "$minutes"); do
        sample "$minute"
        [ "$minute" = "$minutes" ] || sleep 60
    done
    stop
}
echo "$(date -u +%F), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), $(uname -r)"
for section in $sections; do "measure_$section"; done
