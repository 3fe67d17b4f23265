# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# serial: yes
# Four run steps that do not stand on each other run at the same time, and a failing one stops the others.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
t=$work/a/template.toml
for i in 1 2 3 4; do
    printf '\n[[layers]]\nuse = "run"\nname = "r%s"\nafter = []\nscript = "sleep 3; echo %s >/opt/r%s"\n' $i $i $i >>"$t"
done
build "$work/a" --set 'layers.r1.environment={ TRY = "warm" }' >/dev/null
sed -i 's/sleep 3;/sleep 3.0;/' "$t"
begin=$(date +%s%N)
build "$work/a" >/dev/null
took=$((($(date +%s%N) - begin) / 1000000))
[ "$took" -lt 9000 ] || fail "four steps of 3 s took $took ms: they ran one after the other"
sed -i 's/sleep 3.0; echo 1/exit 3; echo 1/; s/sleep 3.0/sleep 60.125/' "$t"
begin=$(date +%s)
code=0
"$tmplbuild" build "$t" -o "oci:$work/a/out" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "exit $code"
[ $(($(date +%s) - begin)) -lt 20 ] || fail "the other steps were not stopped"
grep -q "exit 3" "$work/err" || fail "the step that failed is not named: $(cat "$work/err")"
! pgrep -f "sleep 60[.]125" >/dev/null || fail "a command is left running"
