# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# needs: kernel-tools
# serial: yes
# The whole promise, as a person watches it: `run --gpu "RTX 3090"` on the shipped example, which holds no variant for that
# GPU. Services start at once; the pod fetches NVIDIA's compiler with its own pip, compiles for that one arch at idle
# priority, proves it, and switches it on. A second pod on the same volume takes it from there.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
quickstart "$work/q"
t=$work/q/template.toml
# What a person in the pod's shell would do: look at the status again and again. Ends when the kernel has a state that
# lasts. One status a file, and what the compiler runs as.
mkdir -p "$work/volume"
cat >"$work/volume/watch" <<'END'
#!/bin/sh
mkdir -p /workspace/$1
n=0
while n=$((n + 1)); do
    tmpl-ctl status >/workspace/$1/$(printf %05d $n)
    for stat in /proc/[0-9]*/stat; do
        read -r line <"$stat" || continue
        case $line in *"(cicc)"* | *"(ptxas)"*) echo "$line" >>/workspace/$1/compilers ;; esac
    done 2>/dev/null
    ! grep -qE "^int8-attention  *(available|active|failed|off)" /workspace/$1/$(printf %05d $n) || break
    sleep 0.3
done
/opt/venv/bin/python -I -c 'import int8_attention; print("imported from", int8_attention.__file__)'
/opt/venv/bin/python -m pip list 2>/dev/null | grep '^int8-attention'
END
chmod +x "$work/volume/watch"
# watch NAME: a pod until the kernel's state lasts; what it prints in $work/NAME, its statuses in the volume's NAME/.
watch() {
    code=0
    "$tmplbuild" run "$t" --gpu "RTX 3090" --volume "$work/volume" --progress plain -- /workspace/watch "$1" >"$work/$1" 2>"$work/err" || code=$?
    [ "$code" = 0 ] || fail "run ended with $code: $(tail -n 30 "$work/err" "$work/$1")"
}
says() { grep -qF -- "$2" "$work/$1" || fail "'$1' does not say \"$2\": $(cat "$work/$1")"; }
# line NAME WORDS: where that is said; the first line is 1.
line() { grep -nF -m 1 -- "$2" "$work/$1" | cut -d: -f1; }
ever() { cat "$work/volume/$1"/[0-9]* | grep -qE -- "$2" || fail "no status of '$1' had \"$2\""; }

watch first
keep_lock "$work/q"
says first "int8-attention: RTX 3090 (8.6), driver 580.95.05: int8-attention missing"
says first "int8-attention: compiling for sm_80"
says first "int8-attention: kept on the volume for the next pod"
says first "int8-attention: available (simulated)"
says first "imported from /run/tmplbuild/kernels/int8-attention/active/"
grep -qE '^\[simulated RTX 3090\] .*int8-attention +1\.0\.0' "$work/first" || fail "pip does not see it: $(cat "$work/first")"
[ "$(line first "jupyterlab: ready after")" -lt "$(line first "int8-attention: available")" ] || fail "JupyterLab waited for the compile"
ever first '^int8-attention  *(waiting|compiling)'
ever first '^int8-attention  *compiling \(simulated\) [0-9]+ %, [0-9]+ s left'
ever first '^int8-attention  *available \(simulated\)'
ever first '^jupyterlab  *(starting|ready)'
# SCHED_IDLE and nice 19 (proc_pid_stat(5), fields 41 and 19; 39 and 17 after the command's name).
[ -s "$work/volume/first/compilers" ] || fail "no compiler was seen at work"
sed 's/.*) //' "$work/volume/first/compilers" | while read -r fields; do
    # shellcheck disable=SC2086
    set -- $fields
    [ "${17}" = 19 ] && [ "${39}" = 5 ] || { echo "FAILED: a compiler ran with nice ${17} and policy ${39}" >&2; exit 1; }
done
! grep -q "━" "$work/first" || fail "pip draws its bars into the log of the pod"
ls -d "$work"/volume/.tmplbuild/kernels/int8-attention/built-*/ >/dev/null || fail "nothing is on the volume"

watch second
says second "int8-attention: taken from the volume"
says second "int8-attention: available (simulated)"
says second "imported from /run/tmplbuild/kernels/int8-attention/active/"
! grep -qE "fetching the compiler|compiling for sm_80" "$work/second" || fail "the second pod compiled: $(cat "$work/second")"
