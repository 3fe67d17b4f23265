# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Ctrl-C while the base is installed: children end, temporary files go, exit 130; progress as JSON lines is JSON. KILL
# there: nothing of this machine stays mounted in the store, and the next build clears up.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
example "$work/a"
build "$work/a" >/dev/null
rm "$TMPLBUILD_CACHE"/records/*.json
"$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" --progress plain >"$work/out" 2>"$work/log" &
pid=$!
for _ in $(seq 600); do ! grep -q 'installing essential packages' "$work/log" || break; sleep 0.05; done
grep -q 'installing essential packages' "$work/log" || fail "the base's install does not say that it installs: $(tail -n 3 "$work/log")"
sleep 1
kill -KILL "$pid"
wait "$pid" || true
for _ in $(seq 100); do pgrep -f "mmdebstrap.*$TMPLBUILD_CACHE" >/dev/null || break; sleep 0.05; done
mounted=$(findmnt -rno TARGET | grep -F "$(realpath "$TMPLBUILD_CACHE")/tmp/" || true)
[ -z "$mounted" ] || fail "still mounted after a KILL: $mounted"
"$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" --progress json >"$work/out" 2>"$work/log" &
pid=$!
for _ in $(seq 200); do ! grep -q '"line"' "$work/log" || break; sleep 0.05; done
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" = 130 ] || fail "exit code $code, expected 130: $(tail -n 3 "$work/log")"
[ -z "$(ls "$TMPLBUILD_CACHE/tmp")" ] || fail "temporary files are left"
! pgrep -f "mmdebstrap.*$TMPLBUILD_CACHE" >/dev/null || fail "a child is left"
python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$work/log" || fail "a line is not JSON"
build "$work/a" >/dev/null
