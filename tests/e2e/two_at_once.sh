# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# Two builds of one template at once, over one store, agree.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
build "$work/a" >/dev/null
head -c 20000000 /dev/urandom >"$work/a/site/large.bin"
for round in 1 2 3 4 5; do
    echo "$round" >"$work/a/site/round"
    "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/one" --progress plain >"$work/r1" 2>"$work/l1" &
    one=$!
    "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/two" --progress plain >"$work/r2" 2>"$work/l2" || fail "$(cat "$work/l2")"
    wait "$one" || fail "$(cat "$work/l1")"
    [ "$(head -n 1 "$work/r1")" = "$(head -n 1 "$work/r2")" ] || fail "they disagree"
done
