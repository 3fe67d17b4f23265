# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# `run --gpu`: the pod sees the GPU that was asked for, by way of the probe's bundle in the image; every line says that it
# is simulated; what is no CUDA GPU is refused.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
sed -i 's/^\[\[services\]\]/[[services]]\nargs_without_gpu = ["--help"]/; s/^port = .*//; s/^public = .*//; s/^ready = .*//; s/, "--bind", "{host}", "{port}"//' "$work/a/template.toml"
# watch GPU-OPTIONS: what the pod prints until its command ends, in $work/said.
watch() {
    "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" "$@" -- sleep 6 >"$work/said" 2>"$work/err" ||
        fail "run: $(tail -n 5 "$work/err" "$work/said")"
}
watch --gpu "RTX 3090"
grep -qF '[simulated RTX 3090] ' "$work/said" || fail "no line says that it is simulated: $(cat "$work/said")"
! grep -v '^\[simulated RTX 3090\] ' "$work/said" || fail "a line does not say that it is simulated"
grep -qF 'gpu: (simulated) usable: RTX 3090 (8.6), driver 580.95.05' "$work/said" || fail "the probe: $(cat "$work/said")"
watch --gpu "RTX 4090" --gpu "RTX 4090"
grep -qF 'usable: 2 x RTX 4090 (8.9)' "$work/said" || fail "two GPUs: $(cat "$work/said")"
watch
grep -qF 'gpu: no-driver: no NVIDIA driver here: libnvidia-ml.so.1 is not in this container' "$work/said" || fail "without a driver: $(cat "$work/said")"
# Package indexes are reached as this machine reaches them, by services of other users too; what the command line says comes first.
printf '[global]\nindex-url = http://lent.invalid/\n' >"$work/pip.conf"
PIP_CONFIG_FILE=$work/pip.conf PIP_INDEX_URL=http://one.invalid/ PIP_TRUSTED_HOST=lent.invalid "$tmplbuild" run "$work/a/template.toml" \
    --volume "$work/volume" --env PIP_INDEX_URL=http://two.invalid/ \
    -- sh -c 'setpriv --reuid 65534 --regid 65534 --clear-groups cat "$PIP_CONFIG_FILE"; echo "settings $PIP_INDEX_URL $PIP_TRUSTED_HOST"' >"$work/said" 2>"$work/err" ||
    fail "run: $(tail -n 5 "$work/err" "$work/said")"
grep -qF 'index-url = http://lent.invalid/' "$work/said" || fail "pip's file is not lent: $(cat "$work/said")"
grep -qF 'settings http://two.invalid/ lent.invalid' "$work/said" || fail "other settings: $(cat "$work/said")"
refused() {
    code=0
    "$tmplbuild" run "$work/a/template.toml" --gpu "$1" >/dev/null 2>"$work/err" || code=$?
    [ "$code" = 2 ] || fail "--gpu $1 ended with $code"
    grep -qF -- "$2" "$work/err" || fail "--gpu $1: $(cat "$work/err")"
}
refused "MI300X" "it has no CUDA"
refused "RTX 4900" "is no GPU"
