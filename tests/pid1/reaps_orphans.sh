# SPDX-License-Identifier: Apache-2.0
# Five hundred orphans that end at once are all reaped, and nothing of them is left at the end.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"parent","command":["sh","-c","for i in $(seq 500); do (sleep 0.5 &) ; done; sleep 1.5; echo made; exec sleep 60"]}]'
start
until_log "parent: made"
zombies=$(ps -o state= --ppid "$pid" | grep -c Z || true)
[ "$zombies" = 0 ] || fail "$zombies zombies are left"
kill -TERM "$pid"
ended 0
