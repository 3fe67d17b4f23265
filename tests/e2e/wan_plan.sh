# SPDX-License-Identifier: Apache-2.0
# wan-plan on the command line: JSON that adds up, words for people, and one error for what cannot be.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
tool=$TMPLBUILD_BIN/tmplbuild
"$tool" wan-plan --frames 200 --overlap 8 --json >"$work/plan.json"
python3 - "$work/plan.json" <<'PY'
import json, sys
plan = json.load(open(sys.argv[1]))
assert plan["target_frames"] == 200 and plan["generated_frames"] == 219, plan
assert [(s["first"], s["last"], s["generated"]) for s in plan["segments"]] == [(1, 81, 81), (74, 154, 81), (147, 200, 57)]
assert sum(s["added"] for s in plan["segments"]) == 200
assert plan["seconds"] is None
PY
"$tool" wan-plan --duration 30 --model minimax-h3 --gpu "RTX 5090" >"$work/said"
grep -q "^MiniMax H3: 720 frames at 24 a second (30 s), 1344x768$" "$work/said" || fail "it says $(cat "$work/said")"
grep -q "How long it takes is not known" "$work/said" || fail "it says $(cat "$work/said")"
[ "$("$tool" wan-plan --models --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" = 10 ] || fail "the models"
expect 2 "take 77 or 81" "$tool" wan-plan --frames 200 --max-frames 80
expect 2 "exactly one of 'frames' and 'seconds'" "$tool" wan-plan
expect 2 "did you mean 'wan22-a14b'?" "$tool" wan-plan --frames 81 --model wan22-14b
expect 2 "RTX 4090" "$tool" wan-plan --frames 81 --gpu "RTX 4091"
