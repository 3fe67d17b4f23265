# SPDX-License-Identifier: Apache-2.0
# Not as PID 1 the launcher is a subreaper: orphans come to it and are reaped, a stray is gone at the end, codes are exact.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"parent","command":["sh","-c","(sleep 0.4 &); setsid sleep 61 & echo made; exec sleep 60"]}]'
TMPLBUILD_POD_SPEC=$work/pod.json "$launcher" >"$work/log" 2>&1 &
outer=$!
pid=$outer
until_log "parent: made"
until_true test -S "$work/run/control.sock"
sleep 0.6
[ "$(ps -o state= --ppid "$pid" | grep -c Z || true)" = 0 ] || fail "a zombie is left"
stray=$(pgrep -g 0 -f 'sleep 61' || pgrep -f 'sleep 61')
[ -n "$stray" ] || fail "the stray did not start"
kill -TERM "$pid"
ended 0
! pgrep -f 'sleep 61' >/dev/null || fail "the stray outlived the pod"
