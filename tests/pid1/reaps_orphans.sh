# SPDX-License-Identifier: Apache-2.0
# Five hundred orphans that end at once are all reaped and counted, and nothing of them is left at the end.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
pod '[{"name":"parent","command":["sh","-c","for i in $(seq 500); do (sleep 600 &) ; done; echo made; exec sleep 700"]}]'
start
until_log "parent: made"
orphans() { "$ctl" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["orphans"])'; }
before=$(orphans)
# Each is a fork of the shell for a moment before it is `sleep`.
all_made() {
    pgrep -P "$pid" -f '^sleep 600$' >"$work/orphans"
    [ "$(wc -l <"$work/orphans")" = 500 ]
}
until_true all_made
xargs kill -KILL <"$work/orphans"
counted() { [ "$(orphans)" = $((before + 500)) ]; }
until_true counted
zombies=$(ps -o state= --ppid "$pid" | grep -c Z || true)
[ "$zombies" = 0 ] || fail "$zombies zombies are left"
kill -TERM "$pid"
ended 0
