# SPDX-License-Identifier: Apache-2.0
# A process that got the pid of a service that ended is not signalled by commands for that service.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"short","command":["sh","-c","echo pid $$"],"restart":{"policy":"never"}},{"name":"stays","command":["sleep","60"]}]'
start
until_log "short: pid"
until_log "short: ended with exit code 0"
old=$(sed -n 's/^short: pid //p' "$work/log")
inside() { nsenter -t "$pid" -m -p "$@"; }
inside sh -c "echo $((old - 1)) >/proc/sys/kernel/ns_last_pid" 2>/dev/null || skip "this kernel does not let a pid be chosen"
inside setsid sh -c 'echo $$ >"$0"; exec sleep 60' "$work/new" &
until_true test -s "$work/new"
if [ "$(cat "$work/new")" != "$old" ]; then stop; skip "another process took the pid"; fi
"$ctl" stop short >/dev/null
"$ctl" restart stays >/dev/null
inside test -d "/proc/$old" || fail "the process with the recycled pid was killed"
stop
