# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# The example kernel computes attention: its sources as they are, compiled for the CPU with every GPU instruction done as
# the manual describes it, against exact attention and against the method in NumPy. All three paths.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
kernel=$TMPLBUILD_SOURCE/examples/quickstart/int8-attention

python3 -m venv "$work/venv" || { echo "skipped: python3 cannot make a virtual environment"; exit 77; }
OUT="$work/out" "$kernel/emulator/build.sh" || fail "the emulator does not compile"

# Importing needs neither NumPy nor a GPU.
cd "$work/out"
"$work/venv/bin/python" - <<'PY' || fail "import"
import int8_attention as a, sys
assert "numpy" not in sys.modules
assert a.modules() == ["_fused", "_int8_sm80", "_fp8_sm89", "_wgmma_sm90a"], a.modules()
want = {(8, 0): "fp16", (8, 6): "fp16", (8, 9): "fp8", (9, 0): "wgmma", (10, 0): "fp8", (12, 0): "fp8"}
assert {c: a.path_for(c) for c in want} == want
for wrong in [lambda: a.path_for((7, 5)), lambda: a.Shape(1, 3, 2, 1, 1, 64), lambda: a.Shape(1, 1, 1, 1, 1, 36)]:
    try:
        wrong()
    except ValueError:
        continue
    raise AssertionError("no ValueError")
PY

"$work/venv/bin/pip" install -q --disable-pip-version-check numpy || { echo "skipped: NumPy cannot be installed"; exit 77; }
"$work/venv/bin/python" -m int8_attention.check --quick --path fp16 --path fp8 --path wgmma || fail "the numbers are wrong"

# The C ABI refuses what it cannot do, instead of computing something else.
"$work/venv/bin/python" - <<'PY' || fail "a wrong call was not refused"
import ctypes
from int8_attention import _library as l
for path in l.PATHS.values():
    for change in [{"size": 4}, {"head_size": 20}, {"padded": 96}, {"group": 0}, {"q": None}, {"heads": 70000}]:
        good = dict(size=ctypes.sizeof(l.Arguments), heads=1, group=1, queries=1, keys=1, head_size=64, padded=64,
                    q=16, q_scale=16, k=16, k_scale=16, v=16, v_scale=16 if path.fp8 else None, out=16)
        arguments = l.Arguments(**{**good, **change})
        assert getattr(l.library(path.module), path.entry)(ctypes.byref(arguments), None) == 1, (path.name, change)
PY
echo "passed"
