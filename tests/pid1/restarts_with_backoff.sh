# SPDX-License-Identifier: Apache-2.0
# A service that ends is started again after a growing pause, until its budget is used up; a critical one ends the pod.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"falls","command":["sh","-c","echo once; exit 3"],"restart":{"policy":"on-failure","budget":2,"backoff_min_ms":50}},
      {"name":"ends","command":["sh","-c","echo fine"],"restart":{"policy":"on-failure"}},
      {"name":"stays","command":["sleep","60"]}]'
start
until_log "falls: failed: exit code 3; its 2 restarts are used up"
[ "$(grep -c "falls: once" "$work/log")" = 3 ] || fail "not started three times"
[ "$(grep -c "ends: fine" "$work/log")" = 1 ] || fail "a service that ended well was started again"
kill -TERM "$pid"
ended 0
pod '[{"name":"heart","critical":true,"command":["sh","-c","exit 3"],"restart":{"policy":"never"}},{"name":"other","command":["sleep","60"]}]'
start
ended 70
