# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: kernel-tools
# `verify` on a real image with a real kernel: every form of image, cold and warm, what it says about an image that
# somebody changed, and that a build refuses what `verify` would refuse.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
kernel_example "$work/a" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090", "RTX 3090"]'
printf '[runtime]\nneeds = ["tool:ldconfig", "lib:libstdc++.so.6"]\n' >>"$work/a/tiny/layer.toml"
t=$work/a/template.toml
echo 'install = "prebuilt"' >>"$t"
verify() { # verify CODE TEXT IMAGE [OPTION...]
    code=0
    want=$1 text=$2
    shift 2
    "$tmplbuild" verify "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" = "$want" ] || fail "verify $*: $code, $(cat "$work/said")"
    grep -qF -- "$text" "$work/said" || fail "verify $*: '$text' is not said: $(cat "$work/said")"
}
build "$work/a" >/dev/null
out=$work/a/out

# A yes from every form, from the indexes of the build's own store and without any.
verify 0 "yes: the image keeps what it promises" "oci:$out"
grep -q " 3 of [0-9]* layers read" "$work/said" || fail "more was read than the variants and pod.json: $(cat "$work/said")"
grep -q "^  RTX 4090  *exact" "$work/said" || fail "$(cat "$work/said")"
grep -q "^  RTX 3090  *compatible" "$work/said" || fail "$(cat "$work/said")"
grep -q "^  tiny.so .*sm_89" "$work/said" || fail "$(cat "$work/said")"
grep -q "needs .*libc.so.6" "$work/said" || fail "$(cat "$work/said")"
skopeo copy -q "oci:$out:latest" "oci-archive:$work/oci.tar"
"$tmplbuild" build "$t" -o "docker-archive:$work/docker.tar:proven:latest" --progress plain >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
cp "$work/said" "$work/first"
for image in "$out" "oci-archive:$work/oci.tar" "docker-archive:$work/docker.tar"; do
    TMPLBUILD_CACHE=$work/cold verify 0 "yes: " "$image"
    TMPLBUILD_CACHE=$work/cold verify 0 "layers read" "$image"
    grep -q " 3 of " "$work/said" || fail "the second verify read more than it must: $(cat "$work/said")"
done
verify 0 '"answer": "yes"' "$out" --json
python3 - "$work/said" <<'PY'
import json, sys
said = json.load(open(sys.argv[1]))
assert [v["arch"] for v in said["variants"]] == ["sm_80", "sm_89"], said
for variant in said["variants"]:
    (module,) = variant["modules"]
    assert module["file"] == "tiny.so" and "libc.so.6" in module["needed"], module
    assert variant["symbols"] > 0 and not variant["findings"], variant
    assert any(c["arch"] == variant["arch"] and c["kernels"] == 1 for c in module["cubins"]), module
PY
"$tmplbuild" gpus "$out" | grep -q '^RTX 4090 .*tiny (sm_89, exact)' || fail "gpus of an image"
"$tmplbuild" gpus "$t" | grep -q '^RTX 3090 .*tiny (sm_80)' || fail "gpus of a template"
"$tmplbuild" gpus | grep -q '^RTX 4090 .*sageattention (sm_89)' || fail "gpus of the recipes"
"$tmplbuild" gpus --json | python3 -c '
import json, sys
gpu = next(g for g in json.load(sys.stdin) if g["name"] == "B200")
(kernel,) = [k for k in gpu["kernels"] if k["kernel"] == "sageattention"]
assert kernel["variant"] == "" and "Unsupported" in kernel["reason"], kernel' || fail "the reason of a refused GPU"

"$tmplbuild" inspect "oci-archive:$work/oci.tar" --can-run "RTX 4090" | grep -q "exact" || fail "--can-run of an oci-archive"
code=0
"$tmplbuild" inspect "docker-archive:$work/docker.tar" --can-run "RTX 4090" 2>"$work/err" || code=$?
[ "$code" = 2 ] && grep -q "tmplbuild verify" "$work/err" || fail "--can-run of a docker-archive: $code, $(cat "$work/err")"

# Somebody changed the image, and made every digest right again.
variant() { "$tmplbuild" verify "$out" --json | python3 -c 'import json, sys; print(next(v["directory"] for v in json.load(sys.stdin)["variants"] if v["arch"] == sys.argv[1])[1:])' "$1"; }
v80=$(variant sm_80) v89=$(variant sm_89)
for v in "$v80" "$v89"; do
    for digest in $(layers "$work/a"); do zstd -dcq "$out/blobs/sha256/${digest#sha256:}" | tar -x -C "$work" "$v/tiny.so" 2>/dev/null || true; done
    [ -f "$work/$v/tiny.so" ] || fail "no layer has $v/tiny.so"
done
damaged() { # damaged CODE TEXT PATH NEW-CONTENT
    rm -rf "$work/d"
    cp -r "$out" "$work/d"
    python3 "$TMPLBUILD_SOURCE/tests/fakes/damage_image.py" "$work/d" "$3" "$4"
    verify "$1" "$2" "$work/d"
}
head -c 4000 "$work/$v89/tiny.so" >"$work/cut.so"
damaged 1 "tiny.so is no module that can be read" "$v89/tiny.so" "$work/cut.so"
damaged 1 "it was not built into this variant" "$v89/tiny.so" "$work/absent"
damaged 1 "tiny.so (tiny for sm_80) does not run on RTX 3090 (8.6)" "$v80/tiny.so" "$work/$v89/tiny.so"
damaged 1 "tiny.so holds no machine code for sm_89, which it was compiled for" "$v89/tiny.so" "$work/$v80/tiny.so"
# What registers device code and does not show it: nobody knows what it holds.
objcopy --remove-section .nv_fatbin "$work/$v89/tiny.so" "$work/hidden.so"
damaged 5 "the file registers 2 containers, but only 0 could be found" "$v89/tiny.so" "$work/hidden.so"
objcopy --remove-section .nv_fatbin --remove-section .nvFatBinSegment "$work/$v89/tiny.so" "$work/empty.so"
damaged 1 "tiny.so (tiny for sm_89) holds no device code" "$v89/tiny.so" "$work/empty.so"
echo '{' >"$work/pod.json"
damaged 1 "pod.json" opt/tmplbuild/pod.json "$work/pod.json"
# Without its digests made right, the damaged layer itself is named.
rm -rf "$work/d"
cp -r "$out" "$work/d"
last=$(layers "$work/a" | tail -n 1)
chmod u+w "$work/d/blobs/sha256/${last#sha256:}"
printf 'x' | dd of="$work/d/blobs/sha256/${last#sha256:}" bs=1 seek=20 conv=notrunc 2>/dev/null
verify 1 "blobs/sha256/${last#sha256:}" "$work/d"
verify 2 "is no repository" "docker://example/Image"

# A build refuses what verify would.
refused() { # refused TEXT SED
    rm -rf "$work/w"
    cp -r "$work/a" "$work/w"
    rm -rf "$work/w/out"
    sed -i "$2" "$work/w/tiny/layer.toml" "$work/w/tiny/src/tiny.cu"
    code=0
    "$tmplbuild" build "$work/w/template.toml" -o "oci:$work/w/new" --progress plain >/dev/null 2>"$work/err" || code=$?
    [ "$code" = 1 ] || fail "'$1' ended with $code: $(tail -n 5 "$work/err")"
    grep -qF -- "$1" "$work/err" || fail "'$1' is not said: $(tail -n 8 "$work/err")"
    [ ! -e "$work/w/new" ] || fail "'$1' left an output"
}
refused "no library that is loaded exports it: symbol nobody_has_it" 's/^extern "C" int tiny_scale/extern "C" int nobody_has_it();\n&/; s/return static_cast<int>(/return nobody_has_it() + static_cast<int>(/'
refused 'needs "cc" when it runs, and there is no C compiler' 's/needs = .*/needs = ["cc"]/'
grep -q 'add "gcc" and "libc6-dev" to base.debian.packages' "$work/err" || fail "no package is named: $(cat "$work/err")"
refused "needs libnowhere.so.7, and the dynamic linker would not find it" 's/-o {output}/-Xlinker --no-as-needed -Xlinker libnowhere.so.7 -o {output}/; s/nvcc -shared/echo | gcc -shared -x c - -Wl,-soname,libnowhere.so.7 -o libnowhere.so.7; nvcc -shared/'
