# SPDX-License-Identifier: Apache-2.0
# The log writer is behind when the pod ends: the launcher waits for it, and the last lines are in the files, those without
# an end too.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
export RUNPOD_POD_ID=p
pod '[{"name":"noeol","command":["sh","-c","printf %s-half; while :; do sleep 0.05; done"]},
      {"name":"stray","command":["sh","-c","setsid sleep 60 & printf with-a-stray; exec sleep 60"]}]'
start
logs=$work/volume/.tmplbuild/pods/p/logs
until_file "$logs/noeol.log" "ready after"
writer=$(pgrep -P "$pid" log-writer)
kill -STOP "$writer"
kill -TERM "$pid"
until_log "noeol: -half"
no_services() { ! pgrep -P "$pid" sleep >/dev/null; }
until_true no_services
sleep 0.3
kill -CONT "$writer" || fail "the pod ended before its log was written"
ended 0
grep -q -- "-half" "$logs/noeol.log" || fail "a line without an end was lost"
grep -q "with-a-stray" "$logs/stray.log" || fail "a line was lost since a stray held the pipe"
