# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# What hinders a compile and passes by itself: a network that is lost in the middle of the toolchain, a pod without memory.
# The job waits with words and the time of its next try, goes on by itself, and the service gets its kernel; a compile that
# failed is not tried again.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
cut_pid=
end_cut() { [ -z "$cut_pid" ] || kill "$cut_pid" 2>/dev/null || true; }
cleanups="$cleanups end_cut"
touch "$work/lost"
python3 "$TMPLBUILD_SOURCE/tests/fakes/cut_index.py" "$work/index" "$work/lost" >"$work/asked" &
cut_pid=$!
until_file "$work/asked" "port "
PIP_INDEX_URL=http://127.0.0.1:$(sed -n 's/^port //p' "$work/asked")/
export PIP_INDEX_URL PIP_RETRIES=0 PIP_TIMEOUT=5 PIP_CONFIG_FILE=/dev/null no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX
export TMPLBUILD_FAKE_GPUS="$rtx3090"
kernel_pod
# kernel MEMBER: of the status.
kernel() { "$ctl" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["kernels"][0][sys.argv[1]])' "$1"; }
kernel_is() { [ "$(kernel state)" = "$1" ]; }
times_said() { grep -cF -- "$1" "$work/log" || true; }
clean() { rm -rf "$home/kernels/attention"/built-* "$work/volume/.tmplbuild" "$work/compiles"; }

# The network is lost in the middle of the compiler's wheel. (pip takes what arrived for the whole, and finds another hash.)
start
until_log "attention: fetching the compiler failed: what arrived is not what was proven (its hash differs): cut on its way, or other bytes; next try in"
kernel_is waiting || fail "it is $(kernel state)"
next=$(kernel next_try)
"$ctl" status >"$work/status"
grep -qE "cut on its way, or other bytes; next try in [0-9.]+ s" "$work/status" || fail "not shown: $(cat "$work/status")"
until_true runs_with plain
[ -z "$(find "$home/kernels/attention" -name 'built-*')" ] || fail "something is in place"
# Not before its time, however often it is looked at.
asked=$(wc -l <"$work/asked")
sleep 2
seen=$(wc -l <"$work/asked")
[ "$(now_ms)" -ge "$next" ] || [ "$seen" = "$asked" ] || fail "asked in the pause: $(cat "$work/asked")"
# Then again, in vain: nobody answers now. The pause is longer.
until_log "attention: no network: fetching the compiler failed ("
longer=$(sed -n 's/.*no network: fetching the compiler failed.*; next try in \([0-9]*\) s$/\1/p' "$work/log" | head -n 1)
[ "$longer" -ge 18 ] && [ "$longer" -le 22 ] || fail "the second pause is '$longer' s"
# Back again: goes on by itself, and ends in a switch.
rm "$work/lost"
until_log "attention: kept on the volume for the next pod"
until_log "attention: available (simulated)"
until_true runs_with kernel
[ "$(compiles)" = 1 ] || fail "compiled $(compiles) times"
[ "$(kernel next_try)" = None ] || fail "a next try is still told"
stop

# A person does not wait; and what a person switched off is not tried again.
clean
touch "$work/lost"
start
until_log "next try in"
rm "$work/lost"
"$ctl" kernel retry | grep -q "'attention' is compiling" || fail "kernel retry waits"
until_log "attention: available (simulated)"
stop
clean
touch "$work/lost"
start
until_log "next try in"
"$ctl" kernel off >/dev/null
kernel_is off || fail "kernel off: $(kernel state)"
[ "$(kernel next_try)" = None ] || fail "tried again though it is off"
begin=$(now_ms)
stop
[ $(($(now_ms) - begin)) -lt 9000 ] || fail "the stop took $(($(now_ms) - begin)) ms"
rm "$work/lost"

# No memory to begin with, then some: the lease is not held meanwhile.
clean
echo 3500000000 >"$work/cgroup/memory.current"
start
until_log "attention: waiting for memory: needs"
kernel_is waiting || fail "it is $(kernel state)"
[ "$(kernel next_try)" != None ] || fail "no next try is told"
[ -z "$(find "$work/volume" -name '*.lease')" ] || fail "the lease is held while the pod waits"
until_true runs_with plain
echo 100000000 >"$work/cgroup/memory.current"
until_log "attention: available (simulated)"
until_true runs_with kernel

# Stopped above the ceiling in the middle: waits with words; a TERM ends the pod in the pause and in the compile.
stop
clean
NVCC_WAITS=$work/never start
until_log "attention: compiling for sm_86"
echo 3900000000 >"$work/cgroup/memory.current"
until_log "attention: waiting for memory: the compile was stopped, since the pod used 3.9 GB, above 85 % of its 4.0 GB; next try in"
kernel_is waiting || fail "it is $(kernel state)"
[ "$(kernel next_try)" -gt $(($(now_ms) + 20000)) ] || fail "the next try is too soon"
echo 100000000 >"$work/cgroup/memory.current"
"$ctl" kernel retry >/dev/null
twice() { [ "$(times_said "attention: compiling for sm_86")" -ge 2 ]; }
until_true twice
begin=$(now_ms)
stop
[ $(($(now_ms) - begin)) -lt 9000 ] || fail "the stop took $(($(now_ms) - begin)) ms"
! pgrep -f "$work/.build/cuda/bin/nvcc" >/dev/null || fail "a compiler was left running"
[ "$(compiles)" = 0 ] || fail "compiled"

# The compiler is killed for memory, as the container's own counter says: tried later, and the key is not given up.
clean
printf 'oom 0\noom_kill 0\n' >"$work/cgroup/memory.events"
# A compile sees no variable of the pod's, so the file is named in the command.
kernel_pod 'kernel["build"]["command"][2] = "printf \"oom 1\\noom_kill 1\\n\" >'"$work/cgroup/memory.events"'; kill -KILL $$"'
start
until_log "attention: waiting for memory: the compile was killed"
[ -z "$(find "$home/kernels" "$work/volume" -name '*.failed')" ] || fail "the key was given up"
stop
kernel_pod

# A compile that failed has no next try.
clean
NVCC_FAILS="identifier undefined" start
until_log "attention: failed: the compile failed"
[ "$(kernel next_try)" = None ] || fail "a failed compile is tried again"
stop
