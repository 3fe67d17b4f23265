# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# The console in a pod, over its socket: the first screen, signing in, the API, live updates, logs and changes; and what
# it says while the launcher is stopped, gone and back.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3 setpriv curl
libexec=$TMPLBUILD_BIN/../libexec
program=$libexec/console/tmplbuild-console
client() { PYTHONPATH=$TMPLBUILD_SOURCE/tests/pid1 PYTHONDONTWRITEBYTECODE=1 python3 "$@"; }
mkdir -p "$work/home" "$work/cgroup"
# A sanitizer's library does not lie in the bundles of the probe and of the downloads.
gpu=${TMPLBUILD_SANITIZED:+without}
gpu=${gpu:-with}
[ $gpu = without ] || cp -r "$libexec/gpu" "$libexec/download" "$work/home/"
export TMPLBUILD_HOME=$work/home TMPLBUILD_CGROUP=$work/cgroup TMPLBUILD_PROBE_SECONDS=5
export TMPLBUILD_LIBNVML=$libexec/fake-driver/libnvidia-ml.so.1 TMPLBUILD_LIBCUDA=$libexec/fake-driver/libcuda.so.1
export TMPLBUILD_NVIDIA_SMI=$libexec/fake-driver/nvidia-smi
export TMPLBUILD_FAKE_GPUS="NVIDIA GeForce RTX 3090=8.6=24" TMPLBUILD_FAKE_LOAD=37
unset CONSOLE_PASSWORD JUPYTER_PASSWORD CONSOLE_ORIGINS CONSOLE_AUTH RUNPOD_POD_ID CUDA_VISIBLE_DEVICES
: >"$work/cgroup/cgroup.controllers"
echo 50000000 >"$work/cgroup/memory.current"
echo 300 >"$work/cgroup/pids.max"
services='{"name":"web","port":8188,"private_port":41000,"command":["sh","-c","echo web is up; exec sleep 600"]},
          {"name":"ssh","port":22,"public":true,"host":"0.0.0.0","command":["sleep","600"]}'
pod "[{\"name\":\"console\",\"command\":[\"$program\"],\"port\":8765,\"ready\":{\"log\":\"console: listening\"}},$services]" \
    ',"console_port":8765,"cuda":"12.8","minimum_driver":"570"'
start
until_log "console: Password: "
until_log "  web: http://127.0.0.1:8188/"
grep -q "console: Open this pod: http://127.0.0.1:8765/" "$work/log" || fail "no address in the log"
password=$(sed -n 's/.*console: Password: \([a-z0-9]*\)  (made now.*/\1/p' "$work/log")
kept=$work/volume/.tmplbuild/console/password
[ "$(cat "$kept")" = "$password" ] || fail "the password in the log is not the one on the volume"
[ "$(stat -c %a "$kept")" = 600 ] || fail "others may read the password"
[ "$(stat -c %a "$work/run/console.sock")" = 660 ] || fail "others may use the console's socket"
client "$TMPLBUILD_SOURCE/tests/pid1/console.py" "$work/run" "$password" "$TMPLBUILD_SOURCE/schema/console.openapi.json" $gpu ||
    fail "the console's API"
! grep -q "$password" <<END || fail "the password is shown twice"
$(grep -A1000 "console: Password" "$work/log" | tail -n +2)
END
# The container's log alone shows it: not what the console serves, nor what the volume keeps.
kept_log=$(find "$work/volume" -name console.log)
[ -n "$kept_log" ] || fail "no file keeps the console's log"
grep -q "console: listening" "$kept_log" || fail "the console's log is empty"
! grep -rq "$password" "$(dirname "$kept_log")" || fail "a log file on the volume keeps the password"
! "$ctl" logs console | grep -q "$password" || fail "the console's log shows the password"
"$ctl" logs console | grep -q "Password: made now; the container's log" || fail "the console's log does not say where"
# Somebody else's process gets no answer, whatever the socket's mode.
chmod 777 "$work" "$work/run" "$work/run/console.sock"
anybody() { "$@" curl -s --max-time 5 --unix-socket "$work/run/console.sock" http://localhost/healthz || true; }
anybody env | grep -q "did not come through the gateway" || fail "this user's process gets no answer"
[ -z "$(anybody setpriv --reuid 12345 --regid 12345 --clear-groups)" ] || fail "another user's process gets an answer"
chmod 755 "$work/run"
# The launcher stopped by a signal, and going on.
look() { client "$TMPLBUILD_SOURCE/tests/pid1/console_launcher.py" "$work/run" "$password" "$@" || fail "the launcher: $*"; }
kill -STOP "$pid"
look hanging
kill -CONT "$pid"
look connected
stop
# The launcher gone, while the console runs, and another one in its place.
pod "[$services]" ',"console_port":8765'
TMPLBUILD_POD_SPEC=$spec CONSOLE_PASSWORD=$password "$program" >"$work/console.log" 2>&1 &
alone=$!
end_alone() { kill "$alone" 2>/dev/null; }
cleanups=end_alone
until_file "$work/console.log" "console: listening"
look lost
start
look connected
kill -KILL "$pid"
wait "$outer" || true
pid=
look lost
kill "$alone"
wait "$alone" || fail "the console did not end well after TERM"
[ ! -e "$work/run/console.sock" ] || fail "the socket was left behind"
