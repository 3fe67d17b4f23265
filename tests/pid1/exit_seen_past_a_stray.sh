# SPDX-License-Identifier: Apache-2.0
# The end of a service is seen at once while a process it left behind holds its output open; death by signal counts as a
# failure, and one in the first second is tried again.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"parent","command":["sh","-c","setsid sleep 62 & echo up $$; sleep 60"],"restart":{"backoff_min_ms":50,"backoff_max_ms":50}}]'
start
until_log "parent: up"
inside=$(sed -n 's/^parent: up //p' "$work/log")
nsenter -t "$pid" -m -p kill -KILL "$inside"
until_log "parent: killed by signal 9, started again in"
again() { [ "$(grep -c "^parent: up" "$work/log")" = 2 ]; }
until_true again
stop
! pgrep -f 'sleep 62' >/dev/null || fail "the process it left behind outlived the pod"
