# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: kernel-tools
# A small kernel of one file, for several GPUs: one layer per arch, proven from its bytes; what moves when something
# changes; and the words for each thing that can be wrong with it.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
kernel_example "$work/a" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090", "RTX 3090"]' '[[layers]]
use = "files"
name = "files"
source = "files"
dest = "/opt/files"'
mkdir "$work/a/files"
t=$work/a/template.toml
# A source that no earlier run compiled into the shared store.
echo "// $(date +%s%N)" >>"$work/a/tiny/src/tiny.cu"
"$tmplbuild" plan "$t" | grep -q "apt:kernel-tools .*unresolved" || fail "plan before the lock"
build "$work/a" >"$work/first"
"$tmplbuild" build "$t" -o "oci:$work/a/out" --progress plain 2>/dev/null >"$work/table"
grep -q '^tiny  *RTX 4090  *sm_89  *exact' "$work/table" || fail "the table: $(cat "$work/table")"
grep -q '^tiny  *RTX 3090  *sm_80  *compatible' "$work/table" || fail "the table: $(cat "$work/table")"
layers "$work/a" >"$work/layers1"

# another FOLDER: the same template elsewhere, without its image, which has the compilers' layers.
another() {
    mkdir "$work/$1"
    (cd "$work/a" && cp -r files tiny template.toml template.lock "$work/$1/")
}

# The manifest alone answers, for GPUs that were no target too.
can() { code=0; "$tmplbuild" inspect "oci:$work/a/out" --can-run "$1" >"$work/answer" 2>&1 || code=$?; [ "$code" = "$2" ] || fail "$1: $code, $(cat "$work/answer")"; }
can "RTX 4090" 0
can "A100" 0
can "L40S" 0
can "H100" 1
can "RTX 5090" 1
can "MI300X" 1
grep -q "CUDA" "$work/answer" || fail "no reason: $(cat "$work/answer")"
can "no such GPU" 2

# pod.json names both variants, and they are where it says.
skopeo copy -q "oci:$work/a/out:latest" "oci:$work/gz:latest"
mkdir "$work/root"
for digest in $(layers "$work/a"); do zstd -dc "$work/a/out/blobs/sha256/${digest#sha256:}" | tar -x -C "$work/root"; done
python3 - "$work/root" <<'PY'
import json, os, sys
root = sys.argv[1]
pod = json.load(open(root + "/opt/tmplbuild/pod.json"))
(kernel,) = pod["kernels"]
assert kernel["name"] == "tiny" and len(kernel["variants"]) == 2, kernel
for v in kernel["variants"]:
    folder = root + v["directory"]
    assert sorted(os.listdir(folder)) == ["__pycache__", "tiny.py", "tiny.so"], os.listdir(folder)
# What a pod needs to compile the arch that is missing, and that it is there.
assert [a["arch"] for a in kernel["archs"]] == ["80", "89", "120"], kernel["archs"]
keys = {a["arch"]: a["key"] for a in kernel["archs"]}
assert all(v["key"] == keys[v["arch"]] for v in kernel["variants"]), keys
assert {c["capability"]: c["arch"] for c in kernel["capabilities"]} == {"8.0": "80", "8.6": "80", "8.9": "89", "12.0": "120"}
assert kernel["build"]["command"][0] == "sh" and kernel["build"]["toolchain"][0]["sha256"], kernel["build"]
assert sorted(os.listdir(root + kernel["source"]["directory"])) == ["tiny.cu", "tiny.py"], kernel["source"]
assert os.access(root + kernel["build"]["nvcc_front"], os.X_OK)
assert kernel["python"]["soabi"].startswith("cpython-3"), kernel["python"]
assert pod["minimum_driver"] and pod["cuda"] == "13.0", pod
PY
find "$work/root" -name cc1plus | grep -q . || fail "a pod could not compile: there is no C++ compiler in the image"
! find "$work/root" -name nvcc | grep -q . || fail "the toolkit is in the image"
log=$(python3 - "$TMPLBUILD_CACHE/records" <<'PY'
import glob, json, sys
for f in glob.glob(sys.argv[1] + "/*.json"):
    r = json.load(open(f))
    if r["step"] == "kernel:tiny:8.9": print(r["facts"]["log"].split(":")[1])
PY
)
grep -qx lo "$TMPLBUILD_CACHE/blobs/sha256/$(echo "$log" | head -n 1)" || fail "the compile had more network than lo"

# Nothing of this moves a variant: its layer stays as it was.
moved() { # moved NUMBER: layers that differ from the first image's
    build "$work/a" >/dev/null
    layers "$work/a" >"$work/now"
    n=$(grep -vcxFf "$work/layers1" "$work/now" || true)
    [ "$n" = "$1" ] || fail "$2: $n layers moved, expected $1"
    ! grep -q 'kernel:tiny.*: built' "$work/a/log" || fail "$2: a variant was compiled again"
}
echo x >"$work/a/files/x"
moved 1 "a file"
sed -i 's/^name = "tiny"/name = "renamed"/' "$t"
moved 2 "the template's name"          # the file's layer and pod.json
# A compile sees the base's packages: with another one it may give something else. (pip is what a pod fetches the compiler with.)
sed -i 's/"libpython3-stdlib"/"libpython3-stdlib", "python3-pip-whl"/' "$t"
build "$work/a" >/dev/null
[ "$(grep -c 'kernel:tiny.*: built' "$work/a/log")" = 2 ] || fail "another package, which a compile sees, kept a variant"
layers "$work/a" >"$work/layers1"
sed -i 's/gpus = .*/gpus = ["RTX 4090", "RTX 3090", "RTX 5090"]/' "$t"
build "$work/a" >/dev/null
layers "$work/a" >"$work/now"
# the base, the file, both variants, what a pod needs to compile, the launcher
[ "$(grep -cxFf "$work/layers1" "$work/now")" = 6 ] || fail "one more arch moved another layer"
[ "$(grep -c 'kernel:tiny.*: built' "$work/a/log")" = 1 ] || fail "one more arch compiled more than itself"

# The same key gives the same bytes, elsewhere and in another store.
store=$(copy_store other)
for f in "$store"/records/*.json; do ! grep -q '"kernel:tiny' "$f" || rm "$f"; done
another elsewhere
"$tmplbuild" inspect "oci:$work/a/out" >"$work/before"
TMPLBUILD_CACHE=$store unshare -n "$tmplbuild" build "$work/elsewhere/template.toml" -o "oci:$work/elsewhere/out" --progress plain >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
[ "$(grep -c 'kernel:tiny.*: built' "$work/log")" = 3 ] || fail "the variants were not built again: $(cat "$work/log")"
"$tmplbuild" inspect "oci:$work/elsewhere/out" | cmp - "$work/before" || fail "a second compile gives other bytes"

# A pod compiles the same key to the same files, byte for byte.
"$tmplbuild" run "$t" --volume "$work/volume" -- sh -c \
    'cp /opt/tmplbuild/pod.json /workspace; CFLAGS=-O0 NVCC_APPEND_FLAGS=-G /opt/tmplbuild/kernel-job compile tiny 89 >/workspace/job' \
    >"$work/said" 2>&1 || fail "the pod's compile: $(cat "$work/volume/job"; tail -n 20 "$work/said")"
same_files "$work/volume" 89 || fail "a pod gives other files than the build"

# Where no pod compiles, the image has no compiler and no source, and its variants are the same.
another plain
sed -i 's/^use = ".\/tiny"/&\ninstall = "prebuilt"/' "$work/plain/template.toml"
build "$work/plain" >/dev/null
! grep -q 'kernel:tiny.*: built' "$work/plain/log" || fail "another base for the same compilers built a variant again"
for digest in $(layers "$work/plain"); do zstd -dc "$work/plain/out/blobs/sha256/${digest#sha256:}" | tar -t; done >"$work/plain-files"
grep -q '/tiny\.so$' "$work/plain-files" || fail "the plain image has no variant"
! grep -E '/(cc1plus|nvcc-front|tiny\.cu)$' "$work/plain-files" || fail "install = \"prebuilt\" left a compiler or the source in the image"

# What can be wrong, each in words.
wrong() { # wrong CODE TEXT SED-FOR-RECIPE [SED-FOR-TEMPLATE]
    rm -rf "$work/w"
    another w
    sed -i "$3" "$work/w/tiny/layer.toml"
    [ -z "${4:-}" ] || sed -i "$4" "$work/w/template.toml"
    code=0
    "$tmplbuild" build "$work/w/template.toml" -o "oci:$work/w/new" --progress plain >/dev/null 2>"$work/err" || code=$?
    [ "$code" = "$1" ] || fail "'$2' ended with $code: $(tail -n 5 "$work/err")"
    grep -qF -- "$2" "$work/err" || fail "'$2' is not said: $(tail -n 8 "$work/err")"
    [ ! -e "$work/w/new" ] || fail "'$2' left an output"
}
wrong 2 "does not serve the B200 (10.0)" "" 's/gpus = .*/gpus = ["B200"]/'
wrong 2 "is no GPU" "" 's/gpus = .*/gpus = ["RTX 4900"]/'
wrong 2 "no python layer of the template brings torch" "s/^minutes/needs_torch = true\nminutes/"
wrong 2 "'8.0 8.9' names several GPUs in one text" "" 's/gpus = .*/gpus = ["8.0 8.9"]/'
wrong 2 'TORCH_CUDA_ARCH_LIST is "8.0 8.9", and a variant is compiled for one arch alone' \
    's/^minutes/environment = { TORCH_CUDA_ARCH_LIST = "8.0 8.9" }\nminutes/'
wrong 2 "no patch 'none.patch' lies beside the recipe" 's/^path = "src"/&\npatches = ["none.patch"]/'
wrong 1 "undefined_thing" 's/nvcc -shared/sed -i s,threadIdx.x,undefined_thing, tiny.cu; nvcc -shared/'
wrong 1 "made no 'tiny.so'" 's/-o {output}\/tiny.so/-o {output}\/other.so/'
# What a compile prints of memory is no sign of it (kernel_memory.sh has the real thing); one that hangs is ended.
wrong 1 "failed (exit 1)" 's/nvcc -shared/echo Killed signal terminated program cc1plus; exit 1; nvcc -shared/' \
    's/gpus = .*/gpus = ["RTX 4090"]/'
! grep -q 'out of memory' "$work/err" || fail "its words are believed: $(cat "$work/err")"
wrong 1 "took longer than its time limit of 0.05 minutes" 's/^minutes/limit_minutes = 0.05\nminutes/; s/nvcc -shared/sleep 300; nvcc -shared/' \
    's/gpus = .*/gpus = ["RTX 4090"]/'
# A patch of the recipe's changes the source, and only where it is made for it.
wrong 1 "the patch is for another commit of 'tiny'" 's/^path = "src"/&\npatches = ["src\/tiny.py"]/'
# Past the front, which lets no other arch through: by the toolkit's own path.
past='s#nvcc -shared#/build/.tiny/toolkit/bin/nvcc -shared#'
wrong 1 "sm_89" "$past"'; s/code={sm}/code=compute_80/; s/compute_$(echo {sm} | tr -d sm_)/compute_80/'
wrong 1 "sm_" "$past"'; s/code={sm}/code=sm_80/; s/compute_$(echo {sm} | tr -d sm_)/compute_80/' 's/gpus = .*/gpus = ["RTX 4090"]/'
# Through it, a source that asks for PTX of its own gets what the variant promises.
sed -i 's/code={sm}/code=compute_80/' "$work/a/tiny/layer.toml"
build "$work/a" >/dev/null
"$tmplbuild" inspect "oci:$work/a/out" --can-run "RTX 4090" | grep -q "exact" || fail "the front did not set the arch"
wrong 1 "tiny.so" 's/cp tiny.py/truncate -s 4000 {output}\/tiny.so; cp tiny.py/' 's/gpus = .*/gpus = ["RTX 4090"]/'
# A compile whose proof fails is kept: a table that is mended needs no other. Its metadata is of the recipe's version.
rm -rf "$work/w"
cp -r "$work/a" "$work/w"
sed -i 's/gpus = .*/gpus = ["RTX 4090"]/' "$work/w/template.toml"
sed -i 's/; cp tiny.py/; touch {output}\/kept; echo \x27int v;\x27 >v.c; gcc -shared -fPIC v.c -o {output}\/_v.so; cp tiny.py/' "$work/w/tiny/layer.toml"
printf '[[module]]\nfile = "_v.so"\n' >>"$work/w/tiny/layer.toml"
rebuild() { "$tmplbuild" build "$work/w/template.toml" -o "oci:$work/w/new" --progress plain >"$work/said" 2>&1; }
! rebuild || fail "a module without device code was promised as one with"
grep -qF 'write device_code = false at its [[module]]' "$work/said" || fail "no way out: $(cat "$work/said")"
echo 'device_code = false' >>"$work/w/tiny/layer.toml"
rebuild || fail "a module of host code cannot be promised: $(tail -n 5 "$work/said")"
grep -qF 'proving what an earlier try compiled' "$work/said" || fail "it was compiled again: $(cat "$work/said")"
sed -i 's/touch {output}\/kept/mkdir {output}\/tiny-2.0.dist-info; touch {output}\/tiny-2.0.dist-info\/METADATA/' "$work/w/tiny/layer.toml"
! rebuild || fail "two versions of one distribution are in one variant"
grep -qF "it left 'tiny-2.0.dist-info', and the recipe says that tiny is version 1.0.0" "$work/said" || fail "$(cat "$work/said")"
