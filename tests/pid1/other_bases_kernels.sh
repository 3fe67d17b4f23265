# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# The GPU probe and the kernel job on other bases. Debian 11, 12 and 13 with their own Python and pip compile what is
# missing and switch it on. On a root that holds busybox and nothing else the probe answers as well, a variant of the image
# is switched on, and where one would have to be compiled the job says what it lacks.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
. "$TMPLBUILD_SOURCE/tests/pid1/roots_lib.sh"
build_tree=$(realpath "$TMPLBUILD_BIN/..")
# With this build's programs (the fake driver, what the fake compiler calls) and this source tree at their own paths.
with_tree() {
    for folder in "$build_tree" "$TMPLBUILD_SOURCE"; do
        mkdir -p "$root$folder"
        prepare="$prepare; mount --bind $folder $root$folder"
    done
    prepare="$prepare; mount -t tmpfs tmpfs $root/run"
}
clean() { rm -rf "$home/kernels/attention"/built-* "$work/volume/.tmplbuild"; }
serve_index

kernel_pod 'app.clear(); app.update(name="app", command=["sleep", "600"], uses_kernels=["attention"])'
busybox_root sh sleep
with_tree
TMPLBUILD_FAKE_GPUS="$rtx4090" start
until_log "gpu: (simulated) usable: RTX 4090 (8.9), driver 580.95.05"
until_log "attention: available (simulated)"
stop
TMPLBUILD_FAKE_GPUS="$rtx3090" start
until_log "gpu: (simulated) usable: RTX 3090 (8.6), driver 580.95.05"
until_log "attention: failed: the image has no working Python ("
until_log "), whose pip would fetch the compiler"
stop
TMPLBUILD_LIBNVML=/none TMPLBUILD_LIBCUDA=/none TMPLBUILD_NVIDIA_SMI=/none start
until_log "gpu: (simulated) no-driver: "
stop
[ -z "$(find "$work/volume" -name '*failed*')" ] || fail "an image without Python made the key fail everywhere"
echo "works on busybox"

for suite in $suites; do
    clean
    kernel_pod 'kernel["python"]["interpreter"] = app["command"][0] = "/usr/bin/python3"'
    # binutils: the compiler that a build adds to an image brings it, and the fake one is none.
    debian_root "$suite" "$suite-python-binutils" python3,python3-venv,binutils
    with_tree
    TMPLBUILD_FAKE_GPUS="$rtx3090" start
    until_log "gpu: (simulated) usable: RTX 3090 (8.6), driver 580.95.05"
    until_log "attention: compiling for sm_86"
    until_log "attention: available (simulated)"
    until_true runs_with kernel
    stop
    echo "works on $suite"
done
