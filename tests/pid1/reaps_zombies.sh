# SPDX-License-Identifier: Apache-2.0
# A zombie of a process that nobody waits for shows up and is reaped; under a PID 1 that does not reap it stays, so that this
# test can fail.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
# Forks a child that forks a grandchild and ends: the grandchild ends later and is PID 1's to reap.
cat >"$work/orphan.py" <<'END'
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(0.3)
        os._exit(0)
    os._exit(0)
os.wait()
print("made", flush=True)
time.sleep(60)
END
zombies() { [ "$(ps -o state= --ppid "$pid" | grep -c Z)" = "$1" ]; }
launcher_is=$launcher
launcher=$(command -v python3)
export ORPHAN=$work/orphan.py
start -c 'import os, subprocess, time; subprocess.Popen(["python3", os.environ["ORPHAN"]]); time.sleep(60)'
until_log "made"
until_true zombies 1
kill -KILL "$pid"
wait "$outer" || true
launcher=$launcher_is
pod '[{"name":"parent","command":["python3","'"$work"'/orphan.py"]}]'
start
until_log "parent: made"
sleep 0.5
until_true zombies 0
stop
