# SPDX-License-Identifier: Apache-2.0
# A second TERM does not wait for any grace.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"deaf","command":["sh","-c","trap \"\" TERM; echo up; while :; do sleep 0.05; done"],"stop_grace_ms":8000}]'
start
until_log "deaf: up"
begin=$(date +%s%N)
kill -TERM "$pid"
sleep 0.3
kill -TERM "$pid"
ended 0
took=$(( ($(date +%s%N) - begin) / 1000000 ))
[ "$took" -lt 2500 ] || fail "the stop took $took ms"
