# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# Ctrl-C while the base is installed: children end, temporary files go, exit 130; progress as JSON lines is JSON. KILL
# there: nothing of this machine stays mounted in the store, and the next build clears up. And what is built after both,
# in a store without records, another folder, umask, time zone and locale, has the same digest, the Debian base included.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
first=$(build "$work/a")
# Of the store nothing stays but the packages that were fetched: no base, and nothing that was learned of one.
own_store
rm -rf "$TMPLBUILD_CACHE"/records "$TMPLBUILD_CACHE"/index
b=$work/deep/er/b
mkdir -p "$b"
cp -r "$work/a/site" "$work/a/template.toml" "$work/a/template.lock" "$b/"
chmod -R go-rwx "$work/deep"
"$tmplbuild" build "$b/template.toml" -o "oci:$b/out" --progress plain >"$work/out" 2>"$work/log" &
pid=$!
for _ in $(seq 2400); do ! grep -q 'installing essential packages' "$work/log" || break; sleep 0.05; done
grep -q 'installing essential packages' "$work/log" || fail "the base's install does not say that it installs: $(tail -n 3 "$work/log")"
sleep 1
kill -KILL "$pid"
wait "$pid" || true
for _ in $(seq 100); do pgrep -f "mmdebstrap.*$TMPLBUILD_CACHE" >/dev/null || break; sleep 0.05; done
mounted=$(findmnt -rno TARGET | grep -F "$(realpath "$TMPLBUILD_CACHE")/tmp/" || true)
[ -z "$mounted" ] || fail "still mounted after a KILL: $mounted"
"$tmplbuild" build "$b/template.toml" -o "oci:$b/out" --progress json >"$work/out" 2>"$work/log" &
pid=$!
for _ in $(seq 2400); do ! grep -q '"line"' "$work/log" || break; sleep 0.05; done
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" = 130 ] || fail "exit code $code, expected 130: $(tail -n 3 "$work/log")"
[ -z "$(ls "$TMPLBUILD_CACHE/tmp")" ] || fail "temporary files are left"
! pgrep -f "mmdebstrap.*$TMPLBUILD_CACHE" >/dev/null || fail "a child is left"
python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$work/log" || fail "a line is not JSON"
second=$(umask 077; TZ=Pacific/Chatham LC_ALL=C LANG=de_DE.UTF-8 \
    "$tmplbuild" build "$b/template.toml" -o "oci:$work/deep/out" --progress plain 2>"$work/log" | head -n 1) ||
    fail "$(tail "$work/log")"
[ "$first" = "$second" ] || fail "$first is not $second"
