# SPDX-License-Identifier: Apache-2.0
# A service that the kernel killed for memory is shown so, by name; one that was killed by hand is not.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
mkdir "$work/cgroup"
# The cgroup's counter, moved by the service just before its end, as the kernel does.
prepare="mount --bind $work/cgroup /sys/fs/cgroup"
count() { printf 'low 0\nhigh 0\nmax 7\noom 1\noom_kill %s\n' "$1" >"$work/cgroup/memory.events"; }
count 3
pod '[{"name":"hungry","restart":{"policy":"never"},"command":["sh","-c","while [ ! -e '"$work"'/now ]; do sleep 0.05; done; kill -KILL $$"]},
      {"name":"other","restart":{"policy":"never"},"command":["sh","-c","while [ ! -e '"$work"'/then ]; do sleep 0.05; done; kill -KILL $$"]}]'
start
until_true test -S "$work/run/control.sock"
count 4
touch "$work/now"
until_log "hungry: failed: killed for memory (signal 9)"
touch "$work/then"
until_log "other: failed: killed by signal 9"
"$ctl" status | grep -q "killed for memory: 1" || fail "the status does not say it: $("$ctl" status)"
kills=$("$ctl" status --json | python3 -c 'import json,sys; print([s["memory_kills"] for s in json.load(sys.stdin)["services"]])')
[ "$kills" = "[1, 0]" ] || fail "memory kills are $kills"
stop
