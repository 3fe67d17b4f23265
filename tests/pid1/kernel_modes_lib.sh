# SPDX-License-Identifier: Apache-2.0
# For kernel_modes.sh: the rows of kernel_modes.table for one mode of INSTALL_ATTENTION, each with a pod of its own:
# a real PID 1, the real probe, tests/fakes/driver. What the pod ends as is read from its control socket.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
table=$TMPLBUILD_SOURCE/tests/pid1/kernel_modes.table
serve_index
kernel_pod
TMPLBUILD_PROBE_SECONDS=8  # of a driver that answers, on a busy machine

# Homes whose probe cannot be started, and whose probe prints anything.
for fault in missing garbage; do
    cp -r "$home" "$work/home-probe-$fault"
    rm -r "$work/home-probe-$fault/gpu"
done
mkdir "$work/home-probe-garbage/gpu"
printf '#!/bin/sh\necho "Segmentation fault (core dumped)"\n' >"$work/home-probe-garbage/gpu/ld-linux-x86-64.so.2"
chmod +x "$work/home-probe-garbage/gpu/ld-linux-x86-64.so.2"

# field N LINE: the Nth column of a row, without the spaces around it.
field() { printf '%s\n' "$2" | cut -d'|' -f"$1" | sed 's/^ *//; s/ *$//'; }
# pretend ANSWER: the environment of that probe answer, and $host_state and $host_words.
pretend() {
    line=$(sed -n 's/^answer //p' "$table" | while IFS= read -r one; do [ "$(field 1 "$one")" != "$1" ] || echo "$one"; done)
    [ -n "$line" ] || fail "no answer '$1' in $table"
    driver=$(field 4 "$line")
    fault=$(field 3 "$line")
    host_state=$(field 5 "$line")
    host_words=$(field 6 "$line")
    TMPLBUILD_FAKE_GPUS=$(field 2 "$line")
    export TMPLBUILD_FAKE_GPUS TMPLBUILD_FAKE_DRIVER="${driver% *}" TMPLBUILD_FAKE_CUDA="${driver#* }"
    export TMPLBUILD_FAKE_FAULT="$fault" TMPLBUILD_HOME="$home" TMPLBUILD_PROBE_SECONDS=8
    export TMPLBUILD_LIBNVML=$driver_folder/libnvidia-ml.so.1 TMPLBUILD_LIBCUDA=$driver_folder/libcuda.so.1
    export TMPLBUILD_NVIDIA_SMI=$driver_folder/nvidia-smi
    case $fault in
        nvml-hangs,cuda-hangs) TMPLBUILD_PROBE_SECONDS=6 ;;
        *hangs*) TMPLBUILD_PROBE_SECONDS=1 ;;
        absent)
            TMPLBUILD_LIBNVML=$work/none/libnvidia-ml.so.1 TMPLBUILD_LIBCUDA=$work/none/libcuda.so.1
            TMPLBUILD_NVIDIA_SMI=$work/none/nvidia-smi
            ;;
        probe-*) TMPLBUILD_HOME=$work/home-$fault ;;
    esac
}
driver_folder=$libexec/fake-driver

# What an earlier life of the container left: metadata of a variant that is not there any more.
leave_metadata() {
    rm -rf "$work"/site/lib/site-packages/attention-*.dist-info
    mkdir "$work/site/lib/site-packages/attention-2.1.0.dist-info"
    echo tmplbuild >"$work/site/lib/site-packages/attention-2.1.0.dist-info/INSTALLER"
    printf 'Metadata-Version: 2.1\nName: attention\nVersion: 2.1.0\n' >"$work/site/lib/site-packages/attention-2.1.0.dist-info/METADATA"
}
link_names() {
    case $(nsenter -t "$pid" -m readlink /run/tmplbuild/kernels/attention/active) in
        "$variant") echo variant ;;
        */built-*) echo built ;;
        *) echo none ;;
    esac
}
# run_row ROW
run_row() {
    answer=$(field 2 "$1")
    pretend "$answer"
    rm -rf "$work/compiles" "$work/volume/.tmplbuild" "$home/kernels/attention"/built-*
    leave_metadata
    INSTALL_ATTENTION=$(field 1 "$1") start
    seen=$(python3 "$TMPLBUILD_SOURCE/tests/pid1/kernel_modes_end.py" "$work/run/control.sock" "$app_port" "$host_words" "$(field 10 "$1")") ||
        fail "row '$1': $seen"
    pip=$(metadata)
    seen="$seen $(cat "$work/compiles" 2>/dev/null | wc -l) $(link_names) ${pip:--}"
    expected="$host_state $(for n in 3 4 5 6 7 8 9; do field $n "$1"; done | tr '\n' ' ')"
    [ "$seen " = "$expected" ] || fail "row '$1': the pod ended as '$seen', expected '$expected'"
    stop
}
# run_mode MODE [ANSWER...]: its rows, or those of the answers named.
run_mode() {
    mode=$1
    shift
    count=0
    sed -n 's/^row *//p' "$table" >"$work/rows"
    while IFS= read -r row <&3; do
        [ "$(field 1 "$row")" = "$mode" ] || continue
        if [ $# -gt 0 ]; then
            named=
            for answer; do [ "$(field 2 "$row")" != "$answer" ] || named=1; done
            [ -n "$named" ] || continue
        fi
        begin=$(now_ms)
        run_row "$row"
        count=$((count + 1))
        echo "ok: $mode, $(field 2 "$row"): $(($(now_ms) - begin)) ms"
    done 3<"$work/rows"
    [ $count -gt 0 ] || fail "no row of mode '$mode' $*"
}
