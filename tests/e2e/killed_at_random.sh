# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# kill -9 of the builder at 50 random moments: the next build is right, and nothing half-written is visible.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
example "$work/a"
head -c 60000000 /dev/urandom >"$work/a/site/large.bin"
build "$work/a" >/dev/null
rm -rf "$work/a/out"
for round in $(seq 50); do
    echo "$round" >"$work/a/site/round"
    "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" --progress plain >/dev/null 2>&1 &
    victim=$!
    sleep "0.$(printf %03d $((round * 7 % 350)))"
    kill -KILL "$victim" 2>/dev/null || true
    wait "$victim" 2>/dev/null || true
    if [ -f "$work/a/out/index.json" ]; then skopeo inspect "oci:$work/a/out:latest" >/dev/null || fail "round $round left a broken layout"; fi
done
after=$(build "$work/a")
for blob in "$TMPLBUILD_CACHE"/blobs/sha256/*; do
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "the store holds a blob that is not its digest"
done
[ -z "$(ls "$TMPLBUILD_CACHE/tmp")" ] || fail "the store's tmp holds what dead builds left"
clean=$(build "$work/a" -o "oci:$work/other")
[ "$after" = "$clean" ] || fail "the build after the kills differs"
