# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# serial: yes
# Ctrl-C while the base is installed: children end, temporary files go, exit 130; progress as JSON lines is JSON.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
build "$work/a" >/dev/null
rm "$TMPLBUILD_CACHE"/records/*.json
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
