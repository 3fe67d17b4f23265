# SPDX-License-Identifier: Apache-2.0
# tmpl-ctl in the pod's shell: status for people and as JSON, pushed too; logs; stop, start and restart in every state; words
# for what cannot be done.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
export HF_TOKEN=hf_abcdefghij
pod '[{"name":"web","port":18188,"command":["sh","-c","echo up $HF_TOKEN; while read -r line <&3; do :; done 3<&0; exec sleep 60"]},
      {"name":"falls","command":["sh","-c","exit 3"],"ready":{"tcp":true,"port":1},"restart":{"backoff_min_ms":60000,"backoff_max_ms":60000}},
      {"name":"waits","needs":["falls"],"command":["sleep","60"]},
      {"name":"bad","command":[]},
      {"name":"many","command":["sh","-c","for i in $(seq 3000); do echo line $i of many; done; exec sleep 60"]}]'
start
until_true test -S "$work/run/control.sock"
until_log "falls: exit code 3, started again in"
[ "$(stat -c %a "$work/run/control.sock")" = 600 ] || fail "others may use the control socket"
state() { "$ctl" status --json | python3 -c 'import json,sys; s={x["name"]:x for x in json.load(sys.stdin)["services"]}[sys.argv[1]]; print(s[sys.argv[2]])' "$1" "$2"; }
is() { [ "$(state "$1" "$2")" = "$3" ]; }
until_true is web state ready
[ "$(state web port)" = 18188 ] && [ "$(state web pid)" -gt 1 ] || fail "port or pid of web"
is falls state backoff || fail "falls is $(state falls state)"
[ "$(state falls next_try)" -gt "$(now_ms)" ] || fail "no time of the next try"
is waits state waiting && is waits reason "needs falls, which is backoff" || fail "waits: $(state waits reason)"
is bad state failed || fail "bad is $(state bad state)"
"$ctl" status >"$work/status"
grep -q "^pod test: degraded" "$work/status" || fail "no first line: $(cat "$work/status")"
grep -qE "^web +ready .* 18188 " "$work/status" || fail "no row: $(cat "$work/status")"
grep -q "needs falls, which is backoff" "$work/status" || fail "no reason: $(cat "$work/status")"
# Pushed: a subscriber learns each change without asking.
"$ctl" status --json --follow >"$work/pushed" &
follower=$!
until_file "$work/pushed" '"pod":"test"'
"$ctl" stop web | grep -q "'web' is stopp" || fail "the stop was not confirmed"
until_true is web state stopped
pushed_stop() { tail -n 1 "$work/pushed" | grep -q '"name":"web","state":"stopped"'; }
until_true pushed_stop
kill "$follower"
"$ctl" start web >/dev/null
until_true is web state ready
"$ctl" start web | grep -q "runs already" || fail "a second start"
before=$(state web pid)
"$ctl" restart web >/dev/null
restarted() { is web state ready && ! is web pid "$before"; }
until_true restarted
# A person's commands in back-off, while waiting, and after a stop.
"$ctl" stop falls >/dev/null
until_true is falls state stopped
"$ctl" stop waits >/dev/null
until_true is waits state stopped
"$ctl" restart falls >/dev/null
until_true is falls state backoff
"$ctl" logs web | grep -q "up \*\*\*" || fail "the log is not there, or not masked: $("$ctl" logs web)"
"$ctl" logs launcher -n 500 | grep -q "web: a person asked for its stop" || fail "the command is not in the launcher's log"
"$ctl" logs -f -n 0 web >"$work/followed" &
follower=$!
sleep 0.3
"$ctl" restart web >/dev/null
until_file "$work/followed" "up ***"
kill "$follower"
until_log "many: line 3000 of many"
until_log "launcher: log files are kept in"
# More lines than are kept in memory were asked for: what is there is shown, and where the rest is.
"$ctl" logs many -n 1000 >"$work/many" 2>"$work/where"
tail -n 1 "$work/many" | grep -q "line 3000 of many" || fail "the last line: $(tail -n 1 "$work/many")"
file=$(sed -n 's/^tmpl-ctl: these are all that are kept in memory; older lines are in //p' "$work/where")
[ "$(wc -l <"$work/many")" -lt 1000 ] && grep -q "line 1 of many" "$file" || fail "the file is not named: $(cat "$work/where")"
"$ctl" logs many -n 10 >"$work/many" 2>"$work/where"
[ "$(wc -l <"$work/many")" = 10 ] && [ ! -s "$work/where" ] || fail "ten lines: $(cat "$work/many" "$work/where")"
refused() { code=0; "$ctl" "$@" >"$work/out" 2>&1 || code=$?; [ "$code" = 1 ] || fail "$*: exit code $code: $(cat "$work/out")"; }
refused restart nobody
grep -q "there is web, falls, waits, bad, many" "$work/out" || fail "the names are not told: $(cat "$work/out")"
refused start bad
grep -q "cannot be started" "$work/out" || fail "no reason: $(cat "$work/out")"
code=0; "$ctl" frobnicate 2>/dev/null || code=$?
[ "$code" = 2 ] || fail "a wrong command line: exit code $code"
stop
[ ! -e "$work/run/control.sock" ] || fail "the socket was left behind"
code=0; "$ctl" status 2>/dev/null || code=$?
[ "$code" = 3 ] || fail "without a launcher: exit code $code"
