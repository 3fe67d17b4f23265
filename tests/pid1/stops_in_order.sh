# SPDX-License-Identifier: Apache-2.0
# TERM stops what needs something before what it needs, kills what does not listen, and all within the whole limit.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"base","command":["sh","-c","trap \"echo base ends; exit 0\" TERM; echo up; while :; do sleep 0.05; done"]},
      {"name":"user","command":["sh","-c","trap \"echo user ends; exit 0\" TERM; echo up; while :; do sleep 0.05; done"],"needs":["base"]},
      {"name":"deaf","command":["sh","-c","trap \"\" TERM; echo up; while :; do sleep 0.05; done"],"stop_grace_ms":700}]'
start
until_log "user: up"
until_log "deaf: up"
begin=$(date +%s%N)
kill -TERM "$pid"
ended 0
took=$(( ($(date +%s%N) - begin) / 1000000 ))
[ "$took" -lt 4000 ] || fail "the stop took $took ms"
user=$(grep -n "user: user ends" "$work/log" | cut -d: -f1)
base=$(grep -n "base: base ends" "$work/log" | cut -d: -f1)
[ -n "$user" ] && [ -n "$base" ] && [ "$user" -lt "$base" ] || fail "not in reverse order of need"
grep -q "deaf: did not stop within its grace; killed" "$work/log" || fail "the deaf service was not killed by name"
