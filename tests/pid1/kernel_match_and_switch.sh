# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# The way of a kernel on a pod: a match is switched on before its service starts; a mismatch starts without, compiles in
# the background, and the service is restarted when it is idle. Then what can go wrong with it.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
serve_index
kernel_pod

export TMPLBUILD_FAKE_GPUS="$rtx4090"
start
until_log "gpu: (simulated) usable: RTX 4090 (8.9), driver 580.95.05"
until_log "attention: RTX 4090 (8.9), driver 580.95.05: attention variant sm_89, exact (simulated)"
until_log "attention: available (simulated)"
until_true runs_with kernel
[ "$(metadata)" = 2.2.0 ] || fail "pip would see '$(metadata)'"
[ "$(nsenter -t "$pid" -m readlink /run/tmplbuild/kernels/attention/active)" = "$variant" ] || fail "the link is not there"
ask /fall-back POST >/dev/null
until_log "attention: degraded: app says: Error running sage attention: no kernel image"
stop
[ ! -s "$work/compiles" ] || fail "a match was compiled"

# Files that were changed since the build are not switched on.
echo changed >>"$variant/attention/__init__.py"
start
until_log "attention: failed: the files in"
until_true runs_with plain
[ -z "$(metadata)" ] || fail "pip would see '$(metadata)' though nothing is active"
stop
echo 'version = "2.2.0"' >"$variant/attention/__init__.py"

# A mismatch, with work in the queue when the compile is done.
export TMPLBUILD_FAKE_GPUS="$rtx3090" NVCC_SECONDS=1
start
until_log "attention: RTX 3090 (8.6), driver 580.95.05: attention missing"
until_log "app: ready after"
until_true runs_with plain
ask "/prompt?3000" POST >/dev/null
until_log "attention: compiling for sm_86"
until_log "attention: kept on the volume for the next pod"
until_log "attention: available (simulated)"
until_log "app: is restarted for its kernel when it is idle"
runs_with plain || fail "it was restarted while it had work"
ask /interrupt POST >/dev/null
until_log "Processing interrupted"
until_true runs_with kernel
[ "$(metadata)" = 2.2.0 ] || fail "pip would see '$(metadata)'"
stop
[ "$(wc -l <"$work/compiles")" = 1 ] || fail "compiled $(cat "$work/compiles" | wc -l) times"
ls "$work/tmp" | grep -q tmplbuild-kernel && fail "the compiler was left behind"

# The next pod on the volume takes it from there; a file that was changed there is not believed, and compiled anew.
rm -rf "$home/kernels/attention"/built-*
start
until_log "attention: taken from the volume"
until_log "attention: available (simulated)"
stop
[ "$(wc -l <"$work/compiles")" = 1 ] || fail "compiled although the volume had it"
rm -rf "$home/kernels/attention"/built-*
echo x >>"$(ls -d "$work"/volume/.tmplbuild/kernels/attention/built-*)/files/attention/__init__.py"
start
until_log "the volume's variant is not used: the files in"
until_log "attention: available (simulated)"
stop
[ "$(wc -l <"$work/compiles")" = 2 ] || fail "not compiled anew"

# Two ends before it is ready: started without the kernel, and said.
export FAKE_COMFYUI_CRASH=with-kernel
start
until_log "attention: failed: app ended twice with it before it was ready"
until_true runs_with plain
[ -z "$(metadata)" ] || fail "pip would see '$(metadata)' in quarantine"
stop
unset FAKE_COMFYUI_CRASH NVCC_SECONDS

# A compile that fails is said with the compiler's words, and not tried again by the next pod.
rm -rf "$home/kernels/attention"/built-* "$work/volume/.tmplbuild"
NVCC_FAILS="identifier undefined" start
until_log "attention: failed: the compile failed"
until_log "identifier undefined"
runs_with plain || fail "the service does not run"
stop
start
until_log "(tried before; \`tmpl-ctl kernel retry\` tries again)"
stop

# Another key (here: as after another torch) is tried, though that one failed.
kernel_pod 'kernel["archs"][0]["key"] = "sha256:" + "3" * 64'
start
until_log "attention: available (simulated)"
until_true runs_with kernel
stop
