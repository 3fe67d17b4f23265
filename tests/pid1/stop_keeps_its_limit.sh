# SPDX-License-Identifier: Apache-2.0
# Services that ignore TERM do not hold up the others, and the whole stop keeps its limit whatever they do.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
deaf='trap \"\" TERM; echo up; while :; do sleep 0.05; done'
pod '[{"name":"deaf1","command":["sh","-c","'"$deaf"'"],"stop_grace_ms":60000},
      {"name":"deaf2","command":["sh","-c","'"$deaf"'"],"stop_grace_ms":60000,"needs":["deaf1"]},
      {"name":"polite","command":["sh","-c","trap \"echo bye; exit 0\" TERM; echo up; while :; do sleep 0.05; done"]}]' ',"stop_total_ms":2500'
start
until_log "deaf2: up"
until_log "polite: up"
begin=$(now_ms)
kill -TERM "$pid"
until_log "polite: bye"
[ $(($(now_ms) - begin)) -lt 1500 ] || fail "a deaf service held up another"
ended 0
took=$(($(now_ms) - begin))
[ "$took" -ge 1500 ] && [ "$took" -lt 4500 ] || fail "the stop took $took ms, 2500 were allowed"
