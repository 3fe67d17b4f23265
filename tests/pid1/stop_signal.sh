# SPDX-License-Identifier: Apache-2.0
# Each service is told to stop by its own signal: at the pod's end, by a person, and what it left running too. A signal that
# the launcher's own starter ignores reaches services all the same, and who is deaf to his is killed after the grace.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need setsid
# server NAME: says by which signal it was told; a TERM that it was not to have is not its end.
cat >"$work/server.sh" <<'END'
name=$1
for one in INT QUIT HUP USR1 USR2 WINCH TERM; do trap "echo told $one; [ $one = \"$2\" ] && exit 0" $one; done
echo up
while :; do sleep 0.05; done
END
server() { printf '{"name":"%s","command":["sh","%s/server.sh","%s","%s"]%s}' "$1" "$work" "$1" "$2" "${3:-}"; }
pod "[$(server int INT ',"stop_signal":"INT"'),$(server quit QUIT ',"stop_signal":"QUIT"'),$(server hup HUP ',"stop_signal":"HUP"'),
      $(server usr1 USR1 ',"stop_signal":"USR1"'),$(server usr2 USR2 ',"stop_signal":"USR2"'),
      $(server winch WINCH ',"stop_signal":"WINCH"'),$(server term TERM),
      $(server deaf none ',"stop_signal":"INT","stop_grace_ms":300'),
      {\"name\":\"leaves\",\"command\":[\"sh\",\"-c\",\"setsid sh $work/server.sh worker HUP & sleep 1000\"],\"stop_signal\":\"HUP\"},
      {\"name\":\"sleeper\",\"command\":[\"sleep\",\"1000\"],\"stop_signal\":\"INT\"}]"
start
for one in int quit hup usr1 usr2 winch term deaf leaves; do until_log "$one: up"; done
until_true test -S "$work/run/control.sock"
"$ctl" restart int
until_log "int: told INT"
until_true sh -c "[ \$(grep -c 'int: up' '$work/log') = 2 ]"
"$ctl" stop sleeper
until_true sh -c "'$ctl' status | grep -q '^sleeper *stopped'"
! "$ctl" status | grep "^sleeper" | grep -q "signal" || fail "an end by its own signal is no news: $("$ctl" status)"
kill -TERM "$pid"
ended 0
for one in INT QUIT HUP USR1 USR2 WINCH TERM; do
    name=$(echo "$one" | tr '[:upper:]' '[:lower:]')
    grep -q "$name: told $one" "$work/log" || fail "$name was not told $one"
    ! grep "$name: told" "$work/log" | grep -v "told $one" || fail "$name was told something else"
done
grep -q "deaf: told INT" "$work/log" || fail "the deaf one was not told"
grep -q "deaf: did not stop within its grace; killed" "$work/log" || fail "the deaf one was not killed after its grace"
grep -q "leaves: told HUP" "$work/log" || fail "what it left running was not told HUP"
! grep -q "leaves: told TERM" "$work/log" || fail "what it left running was told TERM"
