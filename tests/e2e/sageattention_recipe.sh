# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The sageattention recipe on a tree that builds as upstream's does: its command and environment give each arch just the
# modules of its table; without nvcc-front and with a list of archs the build fails, as upstream's does. Its self-test
# passes what computes attention, and no constant, stale, noisy or broken one. Needs nvcc and the package index;
# TMPLBUILD_TEST_TORCH names a virtual environment that has torch 2.11.0 and the recipe's build requirements already.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || { echo "skipped: no nvcc here"; exit 77; }
python3 -c 'import tomllib' 2>/dev/null || { echo "skipped: python3 has no tomllib"; exit 77; }
cuda=$(dirname "$(dirname "$nvcc")")
stub=$(find -L "$cuda" -name libcuda.so -path '*stubs*' | head -n 1)
[ -n "$stub" ] || { echo "skipped: the toolkit has no stub of libcuda"; exit 77; }
venv=${TMPLBUILD_TEST_TORCH:-$work/venv}
[ -x "$venv/bin/python" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch==2.11.0 numpy setuptools wheel packaging ninja ||
        { echo "skipped: torch cannot be installed"; exit 77; }
}
mkdir -p "$work/cuda/bin"
for part in "$cuda"/*; do [ "$(basename "$part")" = bin ] || ln -s "$part" "$work/cuda/"; done
for part in "$cuda"/bin/*; do [ "$(basename "$part")" = nvcc ] || ln -s "$part" "$work/cuda/bin/"; done
ln -s "$(realpath "$TMPLBUILD_BIN/../libexec/nvcc-front")" "$work/cuda/bin/nvcc"
recipe=$TMPLBUILD_SOURCE/layers/sageattention
generate=$TMPLBUILD_SOURCE/tests/fakes/sageattention/generate.sh

first=$("$generate" "$work/tree")
[ "$("$generate" "$work/again")" = "$first" ] || fail "the same tree gives another commit"

for capability in 8.0 8.6 8.9 9.0 12.0; do
    rm -rf "$work/source"
    cp -r "$work/tree" "$work/source"
    python3 - "$recipe/layer.toml" "$work" "$capability" "$venv" "$nvcc" "$(dirname "$stub")" <<'PY' >"$work/log" 2>&1 || fail "$capability: $(tail -n 20 "$work/log")"
import os, sys, tomllib
recipe, work, capability, venv, nvcc, stubs = sys.argv[1:]
layer = tomllib.load(open(recipe, "rb"))
rule = next(rule for rule in layer["arch"] if rule["capability"] == capability)
arch = rule.get("build_as", capability)
def fill(text):
    return text.replace("{arch}", arch).replace("{output}", f"{work}/out-{capability}").replace("{jobs}", "2")
build = layer["build"]
environment = {name: fill(value) for name, value in {**build["environment"], **rule.get("environment", {})}.items()}
environment |= {"PATH": venv + "/bin:/usr/bin:/bin", "CUDA_HOME": work + "/cuda", "HOME": work, "TMPLBUILD_NVCC": nvcc,
                "TMPLBUILD_ARCH": arch.replace(".", "")}
if layer["toolchain"].get("driver_stub"):
    environment["LIBRARY_PATH"] = stubs
os.chdir(work + "/source")
os.execvpe(fill(build["command"][0]), [fill(part) for part in build["command"]], environment)
PY
    python3 - "$recipe/layer.toml" "$work/out-$capability" "$capability" <<'PY' || fail "$capability has other modules than the table says"
import os, sys, tomllib
recipe, out, capability = sys.argv[1:]
layer = tomllib.load(open(recipe, "rb"))
archs = [rule["capability"] for rule in layer["arch"]]
want = {m["file"] for m in layer["module"] if capability in m.get("capabilities", archs)}
have = {os.path.relpath(os.path.join(folder, name), out) for folder, _, names in os.walk(out) for name in names if name.endswith(".so")}
assert have == want, (have, want)
PY
done

# Upstream's own way, several archs at once: Hopper's instructions for every arch, so the build dies.
rm -rf "$work/source"
cp -r "$work/tree" "$work/source"
cd "$work/source"
env -i PATH="$venv/bin:/usr/bin:/bin" CUDA_HOME="$cuda" HOME="$work" TORCH_CUDA_ARCH_LIST="9.0;12.0" MAX_JOBS=2 EXT_PARALLEL=1 \
    LIBRARY_PATH="$(dirname "$stub")" "$venv/bin/python" setup.py build --build-lib="$work/mixed" >"$work/log" 2>&1 &&
    fail "a mix of archs compiled"
grep -q "wgmma.fence.*sm_120a\|not supported on .target 'sm_120a'" "$work/log" || fail "another error: $(tail "$work/log")"

# The self-test. No GPU: it says so. With torch made to believe in one: what it passes and what it does not.
cd "$work"
code=0
PYTHONPATH=$work/out-9.0 "$venv/bin/python" "$recipe/selftest.py" >"$work/said" 2>&1 || code=$?
[ $code = 77 ] || fail "without a GPU: exit code $code, $(cat "$work/said")"
selftest() { # CODE: replaces or wraps sageattn before the self-test runs
    code=0
    PYTHONPATH=$work/out-9.0 "$venv/bin/python" - "$recipe/selftest.py" "$1" >"$work/said" 2>&1 <<'PY' || code=$?
import runpy, sys
import torch
torch.cuda.is_available = lambda: True
torch.cuda.synchronize = lambda *_: None
torch.Tensor.cuda = lambda self: self
exec(sys.argv[2])
sys.argv = sys.argv[1:2]
runpy.run_path(sys.argv[0], run_name="__main__")
PY
}
selftest "pass"
[ $code = 0 ] || fail "a working one does not pass: $(cat "$work/said")"
[ "$(grep -c '^ok' "$work/said")" = 8 ] || fail "not eight cases: $(cat "$work/said")"
wrong() { # CODE WORDS
    selftest "$1"
    [ $code = 1 ] || fail "$1: exit code $code, $(cat "$work/said")"
    grep -q "^FAILED .*$2" "$work/said" || fail "$1: $(cat "$work/said")"
}
real="import sageattention; real = sageattention.sageattn; "
wrong "${real}sageattention.sageattn = lambda q, k, v, **o: torch.zeros_like(q)" "cosine"
wrong "${real}sageattention.sageattn = lambda q, k, v, **o: torch.full_like(q, float('nan'))" "not finite"
wrong "${real}sageattention.sageattn = lambda q, k, v, **o: real(q, k, v, tensor_layout='HND')" "causal"
wrong "${real}sageattention.sageattn = lambda q, k, v, **o: real(q, k, v, **o) + 0.02 * torch.randn_like(q)" "relative error"
wrong "${real}once = {}; sageattention.sageattn = lambda q, k, v, **o: once.setdefault(q.shape, real(q, k, v, **o))" "very result"
wrong "${real}sageattention.sageattn = lambda q, k, v, **o: 1 / 0" "ZeroDivisionError"
wrong "sys.modules['sageattention'] = None" "cannot be imported"
echo "passed"
