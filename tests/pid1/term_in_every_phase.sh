# SPDX-License-Identifier: Apache-2.0
# TERM while a service starts, while one is in back-off, and with processes that detached themselves: the pod ends soon and
# nothing is left of it.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"starts","command":["sleep","60"],"ready":{"exec":["false"]}},
      {"name":"waits","needs":["starts"],"command":["sleep","60"]},
      {"name":"falls","command":["false"],"restart":{"backoff_min_ms":60000,"backoff_max_ms":60000}},
      {"name":"detaches","stop_grace_ms":1000,"command":["sh","-c","setsid sh -c \"trap : TERM; echo detached; while :; do sleep 0.1; done\" & exec sleep 60"]}]'
start
until_log "falls: exit code 1, started again in"
until_log "detaches: detached"
begin=$(now_ms)
kill -TERM "$pid"
ended 0
[ $(($(now_ms) - begin)) -lt 4000 ] || fail "the stop took $(($(now_ms) - begin)) ms"
