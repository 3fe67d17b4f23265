# SPDX-License-Identifier: Apache-2.0
# timeout: 2400
# needs: kernel-tools
# The sageattention recipe through `build`: a tree that builds as upstream's does, a small wheel in torch's place, two GPU
# archs of which one links libcuda. What the image holds, what Python finds as a pod switches it, what compiles it again,
# and the words for what cannot work.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
uv=$TMPLBUILD_BIN/../libexec/uv
fakes=$TMPLBUILD_SOURCE/tests/fakes
mkdir "$work/wheels" "$work/a"
python3 "$fakes/torch/make_wheel.py" "$work/wheels"
python3 "$fakes/make_distribution.py" "$work/wheels" triton 3.6.0+standin
export PIP_FIND_LINKS="$work/wheels"
rev=$("$fakes/sageattention/generate.sh" "$work/tree")
t=$work/a/template.toml
cat >"$t" <<TOML
schema = 1
console.enabled = false
name = "attention"
[base]
debian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib", "python3-pip-whl"] }
[targets]
gpus = ["RTX 4090", "H100"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["torch==2.11.0+standin", "triton==3.6.0+standin"]
[[kernels]]
use = "sageattention"
git = "file://$work/tree"
rev = "$rev"
TOML
build "$work/a" >/dev/null
grep -q '^sageattention  *RTX 4090  *sm_89  *exact' "$work/a/said" || fail "the table: $(cat "$work/a/said")"
grep -q '^sageattention  *H100  *sm_90a  *exact' "$work/a/said" || fail "the table: $(cat "$work/a/said")"
layers "$work/a" >"$work/first"

# The image: what pod.json promises is there, and nothing of what only the compile saw.
root=$work/root
mkdir "$root"
for digest in $(layers "$work/a"); do zstd -dc "$work/a/out/blobs/sha256/${digest#sha256:}" | tar -x -C "$root"; done
python3 - "$root" "$rev" <<'PY' || fail "pod.json"
import json, os, sys
root, rev = sys.argv[1:]
pod = json.load(open(root + "/opt/tmplbuild/pod.json"))
(kernel,) = pod["kernels"]
modules = lambda v: sorted(n for n in os.listdir(root + v["directory"] + "/sageattention") if n.endswith(".so"))
found = {v["arch"]: modules(v) for v in kernel["variants"]}
assert found == {"89": ["_fused.so", "_qattn_sm80.so", "_qattn_sm89.so"],
                 "90a": ["_fused.so", "_qattn_sm80.so", "_qattn_sm89.so", "_qattn_sm90.so"]}, found
assert kernel["source"]["commit"] == rev and "directory" not in kernel["source"], kernel["source"]
assert kernel["python"]["torch"] == "2.11.0+standin" and kernel["python"]["torch_git_version"] == "5" * 40
assert {f["project"] for f in kernel["build"]["requirements"]} >= {"setuptools", "wheel", "packaging", "ninja"}
assert kernel["build"]["driver_stub"] is True
assert kernel["refused"][0]["capability"] == "10.0" and "dispatcher" in kernel["refused"][0]["reason"]
fallback = kernel["fallback"]
assert (fallback["distribution"], fallback["version"]) == ("sageattention", "1.0.6"), fallback
assert os.path.isfile(root + fallback["directory"] + "/sageattention/core.py")
assert not [n for n in os.listdir(root + fallback["directory"]) if n.endswith(".dist-info")]
assert os.path.isfile(root + kernel["selftest"])
text = open(root + pod["constraints"]).read()
assert text.startswith("#") and "\ntorch==2.11.0+standin\n" in text and "numpy" not in text, text
folders = {v["arch"]: v["directory"] for v in kernel["variants"]} | {"fallback": fallback["directory"]}
for name, folder in folders.items():
    open(root + "/folder-" + name, "w").write(folder)
PY
! find "$root/opt/venv" -name ninja -o -name setuptools -maxdepth 6 | grep -q . || fail "what the compile alone needs is in the venv"
! find "$root" -name 'libcuda.so*' | grep -q . || fail "the stand-in for libcuda is in the image"
readelf -d "$root$(cat "$root/folder-90a")/sageattention/_qattn_sm90.so" | grep -q 'NEEDED.*libcuda\.so\.1' || fail "Hopper's module does not ask for the driver"

# As a pod switches it: a link and a distribution of metadata alone. `none` takes both away.
cp "$uv" "$root/usr/local/bin/uv"
site=/opt/venv/lib/$(ls "$root/opt/venv/lib")/site-packages
# uv asks for /proc and /dev.
mkdir -p "$root/proc" "$root/dev"
inside() {
    unshare -m sh -euc 'mount --rbind /dev "$0/dev"; mount --rbind /proc "$0/proc"; exec chroot "$0" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root "$@"' \
        "$root" "$@"
}
switch_to() { # FOLDER VERSION, or none
    rm -rf "$root$site"/sageattention-*.dist-info
    mkdir -p "$root/run/tmplbuild/kernels/sageattention"
    rm -f "$root/run/tmplbuild/kernels/sageattention/active"
    [ "$1" != none ] || return 0
    ln -s "$1" "$root/run/tmplbuild/kernels/sageattention/active"
    mkdir "$root$site/sageattention-$2.dist-info"
    printf 'Metadata-Version: 2.1\nName: sageattention\nVersion: %s\n' "$2" >"$root$site/sageattention-$2.dist-info/METADATA"
    echo tmplbuild >"$root$site/sageattention-$2.dist-info/INSTALLER"
}
says() { # VERSION or none: importlib.metadata, pip and uv agree
    got=$(inside /opt/venv/bin/python -I -c 'import importlib.metadata as m
try: print(m.version("sageattention"))
except m.PackageNotFoundError: print("none")')
    [ "$got" = "$1" ] || fail "importlib.metadata says $got instead of $1"
    got=$(inside /opt/venv/bin/python -m pip list --format freeze --disable-pip-version-check | sed -n 's/^sageattention==//p')
    [ "${got:-none}" = "$1" ] || fail "pip says $got instead of $1"
    got=$(inside /usr/local/bin/uv pip list --no-cache --python /opt/venv/bin/python --format freeze 2>/dev/null | sed -n 's/^sageattention==//p' || true)
    [ "${got:-none}" = "$1" ] || fail "uv says $got instead of $1"
}
where='import importlib.util as u; s = u.find_spec("sageattention"); print(s.origin if s else "nothing")'
switch_to none
says none
[ "$(inside /opt/venv/bin/python -I -c "$where")" = nothing ] || fail "without a variant something is found"
switch_to "$(cat "$root/folder-89")" 2.2.0
says 2.2.0
inside /opt/venv/bin/python -I -c 'import torch, sageattention.core as c
assert c.ENABLED == {"sm80": True, "sm89": True, "sm90": False}, c.ENABLED
assert c._fused.loaded() == 1' || fail "the variant cannot be imported"
switch_to "$(cat "$root/folder-fallback")" 1.0.6
says 1.0.6
inside /opt/venv/bin/python -I -c "$where" | grep -q '/active/sageattention/__init__.py' || fail "the fallback is not found"
inside /opt/venv/bin/python -I -c 'import importlib.util as u, os
folder = os.path.dirname(u.find_spec("sageattention").origin)
assert "quant_per_block.py" in os.listdir(folder) and not [n for n in os.listdir(folder) if n.endswith(".so")]' ||
    fail "the fallback is mixed with a variant"

# What compiles a variant again, and what does not.
again() { # NUMBER WHAT: variants that are compiled
    build "$work/a" >/dev/null
    n=$(grep -c 'kernel:sageattention:.*: built' "$work/a/log" || true)
    [ "$n" = "$1" ] || fail "$2: $n variants were compiled, expected $1"
}
sed -i 's/^name = .*/name = "renamed"/' "$t"
again 0 "another name"
rm "$work"/wheels/torch-*.whl
# One that no earlier run left in the shared store.
python3 "$fakes/torch/make_wheel.py" "$work/wheels" --git-version "$(date +%s%N | sha1sum | cut -c1-40)"
rm "$work/a/template.lock"
again 2 "another build of the same torch"

# What cannot work is refused while planning, with the reason.
wrong() { # CODE TEXT SED
    rm -rf "$work/w"
    mkdir "$work/w"
    sed "$3" "$t" >"$work/w/template.toml"
    code=0
    "$tmplbuild" build "$work/w/template.toml" -o "oci:$work/w/new" --progress plain >/dev/null 2>"$work/err" || code=$?
    [ "$code" = "$1" ] || fail "'$2' ended with $code: $(tail -n 8 "$work/err")"
    grep -qF -- "$2" "$work/err" || fail "'$2' is not said: $(tail -n 8 "$work/err")"
    [ ! -e "$work/w/new" ] || fail "'$2' left an output"
}
wrong 2 "refuses the B200 (10.0): SageAttention's own dispatcher knows no 10.0 GPU" 's/"H100"/"B200"/'
rm "$work"/wheels/torch-*.whl
python3 "$fakes/torch/make_wheel.py" "$work/wheels" --version 2.11.0+old --cuda 12
wrong 2 "torch 2.11.0+old is built for CUDA 12, and the kernel would be compiled with CUDA 13.0: their majors must agree" \
    's/2.11.0+standin/2.11.0+old/'
rm "$work"/wheels/torch-*.whl
python3 "$fakes/torch/make_wheel.py" "$work/wheels" --version 2.3.0+early
wrong 2 "sageattention needs torch 2.4 or newer, and the image has 2.3.0+early" 's/2.11.0+standin/2.3.0+early/'
python3 "$fakes/torch/make_wheel.py" "$work/wheels"
git -C "$work/tree" -c user.name=x -c user.email=x@example.org rm -q setup.py
git -C "$work/tree" -c user.name=x -c user.email=x@example.org commit -qm "No setup.py"
wrong 1 "its source has no setup.py" "s/^rev = .*/rev = \"$(git -C "$work/tree" rev-parse HEAD)\"/"

# A pod compiles the same key to the same files, byte for byte.
sed -i 's/^use = "sageattention"/&\nsource_in_image = true/; s/^gpus = .*/gpus = ["H100"]/' "$t"
build "$work/a" >/dev/null
! grep -q 'kernel:sageattention.*: built' "$work/a/log" || fail "where the source lies compiles it again"
"$tmplbuild" run "$t" --volume "$work/volume" -- sh -c \
    'cp /opt/tmplbuild/pod.json /workspace; CFLAGS=-O0 /opt/tmplbuild/kernel-job compile sageattention 90a >/workspace/job' \
    >"$work/said" 2>&1 || fail "the pod's compile: $(cat "$work/volume/job"; tail -n 20 "$work/said")"
same_files "$work/volume" 90a || fail "a pod gives other files than the build"
