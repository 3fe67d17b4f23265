# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# needs: kernel-tools
# serial: yes
# The example kernel for every GPU of its table, through `build`: six archs' worth of GPUs, each proven from the bytes, and
# each variant the same when it is compiled a second time, elsewhere and with another number of jobs.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
kernel_example "$work/a" "$TMPLBUILD_SOURCE/examples/quickstart/int8-attention" \
    '["A100", "RTX 3090", "RTX 4090", "H100", "B200", "RTX 5090"]' 'cuda = "13.0"'
# A source that no earlier run compiled into the shared store.
echo "// $(date +%s%N)" >>"$work/a/int8-attention/src/layout.hpp"
build "$work/a" >/dev/null
for row in "A100  *sm_80  *exact" "RTX 3090  *sm_80  *compatible" "RTX 4090  *sm_89  *exact" "H100  *sm_90a  *exact" \
    "B200  *sm_100  *exact" "RTX 5090  *sm_120  *exact"; do
    grep -q "^int8-attention  *$row" "$work/a/said" || fail "no row like '$row': $(cat "$work/a/said")"
done
for gpu in A100 A40 "RTX 3090" L40S "RTX 4090" H100 H200 B200 "RTX 5090"; do
    "$tmplbuild" inspect "oci:$work/a/out" --can-run "$gpu" >/dev/null || fail "the image does not run on the $gpu"
done
code=0
"$tmplbuild" inspect "oci:$work/a/out" --can-run V100 >/dev/null || code=$?
[ "$code" = 1 ] || fail "V100: $code"
layers "$work/a" >"$work/first"

store=$(copy_store other)
for f in "$store"/records/*.json; do ! grep -q '"kernel:int8-attention' "$f" || rm "$f"; done
cp -r "$work/a" "$work/elsewhere"
rm -rf "$work/elsewhere/out"
TMPLBUILD_CACHE=$store taskset -c 0 "$tmplbuild" build "$work/elsewhere/template.toml" -o "oci:$work/elsewhere/out" \
    --progress plain >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
[ "$(grep -c 'kernel:int8-attention:.*: built' "$work/log")" = 5 ] || fail "not five variants were built: $(cat "$work/log")"
layers "$work/elsewhere" | cmp - "$work/first" || fail "a second compile gives other bytes"
