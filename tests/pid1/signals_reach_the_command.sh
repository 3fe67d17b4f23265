# SPDX-License-Identifier: Apache-2.0
# Signals that are sent to the pod reach its foreground command; a service's masks and dispositions are the default ones, and
# it holds no descriptor but its own three.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
pod '[{"name":"looks","command":["python3","-c","import os,time\nfor line in open(\"/proc/self/status\"):\n  if line.startswith((\"SigBlk\",\"SigIgn\")): print(line.split()[0], int(line.split()[1],16) & ~(1<<12) & ~(1<<24), flush=True)\nprint(\"fds\", sorted(int(f) for f in os.listdir(\"/proc/self/fd\"))[:4], flush=True)\ntime.sleep(60)"]}]'
exec 7<"$work/pod.json"
cat >"$work/catch.py" <<'END'
import signal, sys
names = ["HUP", "INT", "QUIT", "USR1", "USR2", "WINCH", "ALRM", "CONT"]
def caught(number, frame):
    print("caught", signal.Signals(number).name, flush=True)
for name in names: signal.signal(getattr(signal, "SIG" + name), caught)
signal.signal(signal.SIGTERM, lambda n, f: sys.exit(9))
print("catching", flush=True)
while True: signal.pause()
END
start python3 "$work/catch.py"
exec 7<&-
until_log "catching"
until_log "looks: SigBlk: 0"
until_log "looks: SigIgn: 0"
until_log "looks: fds [0, 1, 2, 3]"   # 3 is the folder that it lists
for name in HUP INT QUIT USR1 USR2 WINCH ALRM CONT; do
    kill -"$name" "$pid"
    until_log "caught SIG$name"
done
kill -TERM "$pid"
ended 9
