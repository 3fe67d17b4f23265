# SPDX-License-Identifier: Apache-2.0
# Everybody has the grace: the program behind a shell script, a worker in a session of its own, a daemon that a oneshot left,
# what a foreground script started, a process that is stopped. And nobody is told twice.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
patience=600
need python3
# app.py NAME [daemon|worker]: at TERM it takes 0.7 s to save, and counts how often it was told.
cat >"$work/app.py" <<'END'
import os, signal, sys, time
how = sys.argv[2] if len(sys.argv) > 2 else ""
if how == "daemon":
    if os.fork(): os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
if how == "worker":
    if os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        open(os.environ["WORK"] + "/main", "w").write(str(os.getpid()))
        while True: time.sleep(0.05)
    os.setsid()
told = 0
def bye(*_):
    global told
    told += 1
signal.signal(signal.SIGTERM, bye)
base = os.environ["WORK"] + "/" + sys.argv[1]
open(base + ".up", "w").close()
while not told: time.sleep(0.05)
end = time.monotonic() + 0.7
while time.monotonic() < end: time.sleep(0.05)
open(base + ".saved", "w").write(str(told))
END
export WORK=$work
script='python3 '"$work"'/app.py wrapped\necho after'
printf "#!/bin/sh\n$script\n" >"$work/start.sh"
printf '#!/bin/sh\npython3 %s/app.py command\necho after\n' "$work" >"$work/command.sh"
chmod +x "$work/start.sh" "$work/command.sh"
pod '[{"name":"wrapped","command":["'"$work"'/start.sh"]},
      {"name":"worker","command":["python3","'"$work"'/app.py","worker","worker"]},
      {"name":"once","oneshot":true,"command":["python3","'"$work"'/app.py","daemon","daemon"]},
      {"name":"frozen","command":["python3","'"$work"'/app.py","frozen"]}]'
start sh "$work/command.sh"
for one in wrapped worker daemon frozen command; do until_true test -e "$work/$one.up"; done
until_log "once: done"
kill -STOP "$(pgrep -f "$work/app.py frozen")"
kill -TERM "$pid"
ended 143
for one in wrapped worker daemon frozen command; do
    [ "$(cat "$work/$one.saved" 2>/dev/null)" = 1 ] || fail "$one was told $(cat "$work/$one.saved" 2>/dev/null || echo "and killed before it could save") times"
done
# The same for one service and a person, who gets it back when all of it is gone.
rm "$work"/*.saved "$work"/*.up
pod '[{"name":"worker","command":["python3","'"$work"'/app.py","worker","worker"]}]'
start
until_true test -e "$work/worker.up"
until_true test -S "$work/run/control.sock"
rm "$work/worker.up"
"$ctl" restart worker
until_true test -e "$work/worker.up"
[ "$(cat "$work/worker.saved")" = 1 ] || fail "started again before its worker had ended"
"$ctl" status | grep -q "^worker *ready" || fail "not ready again"
# It falls, and its worker is stopped before it is started again, by name.
rm "$work/worker.up" "$work/worker.saved"
nsenter -t "$pid" -m -p kill -KILL "$(cat "$work/main")"
until_log "worker: killed by signal 9; what it left running is stopped: PID"
until_log "worker: killed by signal 9, started again in"
[ "$(cat "$work/worker.saved")" = 1 ] || fail "its worker had no time to save"
until_true test -e "$work/worker.up"
"$ctl" status | grep -q "started again after: killed by signal 9" || fail "the status has forgotten the end: $("$ctl" status)"
"$ctl" stop worker
until_true sh -c '"$0" status | grep -q "^worker *stopped"' "$ctl"
"$ctl" status | grep -q "^  stopped by a person$" || fail "the status does not say who stopped it: $("$ctl" status)"
! pgrep -f "$work/app.py" >/dev/null || fail "a process of it is left"
stop
# Without /proc, and so without anybody's children: milliseconds all the same.
prepare="mount -t tmpfs none /proc"
pod '[{"name":"web","command":["sh","-c","sleep 600 & exec sleep 600"]}]'
start
until_log "web: ready"
begin=$(now_ms)
kill -TERM "$pid"
ended 0
took=$(($(now_ms) - begin))
[ "$took" -lt 4000 ] || fail "the stop took $took ms"
grep -q "web: ready after" "$work/volume/installation_progress.log" || fail "the log files lack the last lines"
