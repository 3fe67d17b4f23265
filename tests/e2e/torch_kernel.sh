# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The torch example's extension compiles by its recipe's own command, each module for one arch though one of them asks
# for six, and its service answers with it and without it on a machine without a GPU. Needs nvcc and the package index;
# TMPLBUILD_TEST_TORCH names a virtual environment that has torch 2.11.0, setuptools and ninja already.
set -eu
work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || { echo "skipped: no nvcc here"; exit 77; }
python3 -c 'import tomllib' 2>/dev/null || { echo "skipped: python3 has no tomllib"; exit 77; }
venv=${TMPLBUILD_TEST_TORCH:-$work/venv}
[ -x "$venv/bin/python" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch==2.11.0 numpy setuptools ninja ||
        { echo "skipped: torch cannot be installed"; exit 77; }
}
# A toolkit whose nvcc is nvcc-front, as the builder puts one together.
cuda=$(dirname "$(dirname "$nvcc")")
mkdir -p "$work/cuda/bin"
for part in "$cuda"/*; do [ "$(basename "$part")" = bin ] || ln -s "$part" "$work/cuda/"; done
for part in "$cuda"/bin/*; do [ "$(basename "$part")" = nvcc ] || ln -s "$part" "$work/cuda/bin/"; done
ln -s "$(realpath "$TMPLBUILD_BIN/../libexec/nvcc-front")" "$work/cuda/bin/nvcc"
example=$TMPLBUILD_SOURCE/examples/torch-kernel

for arch in 8.9 12.0; do
    cp -r "$example/kernel" "$work/source-$arch"
    python3 - "$work" "$arch" "$venv" "$nvcc" <<'PY' >"$work/build.log" 2>&1 || fail "$arch: $(tail -n 20 "$work/build.log")"
import os, sys, tomllib
work, arch, venv, nvcc = sys.argv[1:]
source = f"{work}/source-{arch}"
build = tomllib.load(open(source + "/layer.toml", "rb"))["build"]
def fill(text):
    return text.replace("{arch}", arch).replace("{output}", f"{work}/out-{arch}").replace("{jobs}", "2")
environment = {name: fill(value) for name, value in build["environment"].items()}
environment |= {"PATH": venv + "/bin:/usr/bin:/bin", "CUDA_HOME": work + "/cuda", "HOME": work, "TMPLBUILD_NVCC": nvcc,
                "TMPLBUILD_ARCH": arch.replace(".", ""), "TMPLBUILD_NVCC_LOG": f"{work}/log-{arch}"}
os.chdir(source)
os.execvpe(fill(build["command"][0]), [fill(part) for part in build["command"]], environment)
PY
    grep -q 'code=sm_80.*code=sm_120' "$work/log-$arch" || fail "$arch: the hard-coded list was not changed"
    for module in _norm _gate; do
        [ -f "$work/out-$arch/torch_kernel/$module.so" ] || fail "$arch has no $module.so"
    done
done
python3 -m venv "$work/tools" && "$work/tools/bin/pip" install -q --disable-pip-version-check nvidia-cuda-cuobjdump ||
    { echo "skipped: cuobjdump cannot be installed"; exit 77; }
cuobjdump=$(find "$work/tools" -name cuobjdump -type f)
chmod +x "$cuobjdump"
for arch in 8.9 12.0; do
    for file in "$work/out-$arch"/torch_kernel/*.so; do
        "$cuobjdump" --list-elf "$file" | sed 's/.*\.\(sm_[0-9a-z]*\)\.cubin/\1/' >"$work/archs"
        [ "$(sort -u "$work/archs")" = "sm_$(echo "$arch" | tr -d .)" ] || fail "$file holds $(tr '\n' ' ' <"$work/archs")"
    done
done

ask() { # PYTHONPATH: the service's answer
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    PYTHONPATH=$1 "$venv/bin/python" "$example/app/serve.py" 127.0.0.1 "$port" >"$work/said" 2>&1 &
    server=$!
    answer=
    for _ in $(seq 300); do
        answer=$(python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/').read().decode())" 2>/dev/null) && break
        sleep 0.2
    done
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
    [ -n "$answer" ] || fail "no answer: $(cat "$work/said")"
}
ask "$work/out-8.9"
echo "$answer" | python3 -c '
import json, sys
kernel = json.load(sys.stdin)["kernel"]
assert kernel["modules"] == ["_norm", "_gate"], kernel
assert all(abs(value - 1) < 1e-4 for value in kernel["mean_square"]), kernel' || fail "with the kernel: $answer"
ask ""
echo "$answer" | grep -q '"kernel": null' || fail "without the kernel: $answer"
grep -q "torch_kernel cannot be used" "$work/said" || fail "it does not say that it fell back"
echo "passed"
