#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify and inspect --can-run on an image with five variants and a torch, in one run, against cuobjdump over the same
# kernel files. Not a test. Needs hyperfine, jq, python3, and nvcc and cuobjdump on PATH or named by CUDA_HOME. TMPLBUILD names the
# program (a release build); IMAGE an image with kernels and torch that was built before, else one is made here: the
# int8-attention kernel of the examples for five archs over torch 2.11.0 from the package index.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin

image=${IMAGE:-}
if [ -z "$image" ]; then
    export TMPLBUILD_CACHE=${TMPLBUILD_CACHE:-$work/store}
    cp -r "$here/examples/quickstart/int8-attention" "$work/kernel"
    cat >"$work/template.toml" <<'TOML'
schema = 1
console.enabled = false
name = "bench"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[targets]
gpus = ["8.0", "8.6", "8.9", "9.0", "12.0"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["torch==2.11.0"]
[[kernels]]
use = "./kernel"
TOML
    sed -i '/^build_as = "8.0"/d' "$work/kernel/layer.toml"
    "$tmplbuild" build "$work/template.toml" -o "oci:$work/out" --progress plain
    image=$work/out
fi
"$tmplbuild" verify "$image" --json >"$work/verified.json"
jq -r '"\(.variants | length) variants, \(.layers_read) of \(.layers) layers read, \([.variants[].symbols] | add) symbols looked up"' "$work/verified.json"

# The same kernel files, as cuobjdump has to be given them: unpacked.
mkdir "$work/root"
for digest in $("$tmplbuild" inspect "$image" --json | jq -r '.manifest.layers[].digest'); do
    zstd -dcq "$image/blobs/sha256/${digest#sha256:}" | tar -x -C "$work/root" --wildcards 'opt/tmplbuild/kernels/*' 2>/dev/null || true
done
find "$work/root" -name '*.so' >"$work/modules"
cat >"$work/list" <<'SH'
#!/bin/sh
while read -r module; do
    cuobjdump --list-elf "$module" >/dev/null
    cuobjdump --list-ptx "$module" >/dev/null 2>&1 || true
done <"$1"
SH
chmod +x "$work/list"
hyperfine -N --warmup 2 --runs "${RUNS:-10}" --export-json "$work/result.json" \
    "$tmplbuild verify $image" "$work/list $work/modules" "$tmplbuild inspect $image --can-run 8.9" >/dev/null
jq -r '.results | "verify: \(.[0].median * 1000 | round) ms; cuobjdump over the same files: \(.[1].median * 1000 | round) ms, \(.[1].median / .[0].median * 10 | round / 10) times as long\ninspect --can-run: \(.[2].median * 1000 | round) ms"' "$work/result.json"
