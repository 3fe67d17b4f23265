# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# Two pods on one volume: one compiles, the other takes its result. KILL ends a whole pod in the middle of its compile: what was
# on the volume is whole, the other pod goes on, and so does the next start.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
serve_index
kernel_pod
# The second pod: a disk of its own, the same volume.
mkdir -p "$work/second/site/lib/site-packages" "$work/second/tmp"
cp -r "$home" "$work/second/home"
cp -r "$work/source" "$work/second/source"
first_port=$app_port
second_port=$(free_port)
app_port=$second_port pod_folder=$work/second kernel_pod
outer_2=
pid_2=
end_second() { [ -z "$pid_2" ] || kill -KILL "$pid_2" 2>/dev/null || true; }
cleanups="$cleanups end_second"
start_second() {
    first_pid=$pid first_outer=$outer
    spec=$work/second/pod.json
    TMPLBUILD_HOME=$work/second/home TMPLBUILD_WORK=$work/second/tmp TMPLBUILD_RUN_DIR=$work/second/run start_to "$work/log_2"
    spec=$work/pod.json
    pid_2=$pid outer_2=$outer pid=$first_pid outer=$first_outer
}
stop_second() {
    kill -TERM "$pid_2"
    wait "$outer_2" || fail "the second pod ended with $?"
    pid_2=
}
until_second() { until_file "$work/log_2" "$1"; }
depot=$work/volume/.tmplbuild/kernels/attention
# A variant of another key, left by somebody else, is never touched.
mkdir -p "$depot/built-other/files"
echo other >"$depot/built-other/files/other.py"
echo '{"key":"sha256:other"}' >"$depot/built-other/variant.json"
other_sum() { find "$depot/built-other" -type f -exec sha256sum {} + | sort; }
other=$(other_sum)
clean() {
    rm -rf "$home/kernels/attention"/built-* "$work/second/home/kernels/attention"/built-* "$work/compiles" "$work/go"
    find "$depot" -mindepth 1 -maxdepth 1 ! -name built-other -exec rm -rf {} +
}
# The volume's variant, and that it is what its description says.
whole() {
    "$make_variant" digest "$depot"/built-222*/files >"$work/digest"
    grep -qF "\"digest\":\"$(cat "$work/digest")\"" "$depot"/built-222*/variant.json || fail "the volume's variant is torn"
    [ -z "$(find "$depot" -name '.new-*')" ] || fail "left on the volume: $(find "$depot" -name '.new-*')"
    [ "$(other_sum)" = "$other" ] || fail "another variant was changed"
}
export TMPLBUILD_FAKE_GPUS="$rtx3090" NVCC_WAITS=$work/go

start
until_log "attention: compiling for sm_86"
start_second
until_second "attention: another pod on this volume compiles it"
until_second "app: ready after"
touch "$work/go"
until_log "attention: available (simulated)"
until_second "attention: taken from the volume"
until_second "attention: available (simulated)"
until_true runs_with kernel
app_port=$second_port until_true runs_with kernel
[ "$(compiles)" = 1 ] || fail "two pods compiled $(compiles) times"
whole
stop
stop_second

# The pod that compiles is killed, with all that is in it: the other one waits until its lease is old, and compiles.
clean
export TMPLBUILD_LEASE_SECONDS=3
start
until_log "attention: compiling for sm_86"
start_second
until_second "attention: another pod on this volume compiles it"
kill -KILL "$pid"
wait "$outer" || true
pid=
[ -z "$(find "$depot" "$home/kernels/attention" -name 'built-222*' ! -name '*.lease')" ] || fail "half a variant is in place"
until_second "attention: compiling for sm_86"
touch "$work/go"
until_second "attention: kept on the volume for the next pod"
until_second "attention: available (simulated)"
[ "$(compiles)" = 1 ] || fail "compiled $(compiles) times"
whole
stop_second
# The killed pod's next start takes it from there.
start
until_log "attention: taken from the volume"
until_log "attention: available (simulated)"
app_port=$first_port until_true runs_with kernel
[ "$(compiles)" = 1 ] || fail "compiled although the volume had it"
stop

# Alone on the volume: the next start of a killed pod goes on.
clean
start
until_log "attention: compiling for sm_86"
kill -KILL "$pid"
wait "$outer" || true
pid=
touch "$work/go"
start
until_log "attention: available (simulated)"
until_true runs_with kernel
[ "$(compiles)" = 1 ] || fail "compiled $(compiles) times"
whole
stop
