# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 5400
# needs: kernel-tools
# serial: yes
# The torch example through `build`, with the real torch of the package index: two modules for two archs, and its service
# answers inside the image, on a machine without a GPU, with the variant switched on and without it. The proof holds every
# symbol of the modules against the real torch, and knows a module of another one.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
command -v runc >/dev/null || { echo "skipped: runc is not here"; exit 77; }
cp -r "$TMPLBUILD_SOURCE/examples/torch-kernel" "$work/a"
rm -rf "$work/a/template.lock" "$work/a/out"
build "$work/a" >/dev/null
grep -q '^torch-kernel  *RTX 4090  *sm_89  *exact' "$work/a/said" || fail "the table: $(cat "$work/a/said")"
grep -q '^torch-kernel  *RTX 5090  *sm_120  *exact' "$work/a/said" || fail "the table: $(cat "$work/a/said")"

# ask PORT SCRIPT: the service's answer, its command run by a shell that does SCRIPT first.
ask() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    python3 - "$work/a/template.toml" "$port" "$1" <<'PY'
import json, re, sys
file, port, script = sys.argv[1:]
text = open(file).read()
text = re.sub(r'\ncommand = .*', lambda _: "\ncommand = " + json.dumps(
    ["/bin/sh", "-euc", script + '; exec /opt/venv/bin/python /opt/app/serve.py "$1" "$2"', "app", "{host}", "{port}"]), text)
text = re.sub(r'\nport = \d+(\npublic = true)?', f"\nport = {port}\npublic = true", text)
if "console.enabled" not in text:
    text = text.replace("schema = 1\n", "schema = 1\nconsole.enabled = false\n", 1)
open(file, "w").write(text)
PY
    "$tmplbuild" run "$work/a/template.toml" --progress plain >"$work/run.log" 2>&1 &
    pid=$!
    answer=
    for _ in $(seq 600); do
        answer=$(python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/').read().decode())" 2>/dev/null) && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.5
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ -n "$answer" ] || fail "no answer: $(tail -n 20 "$work/run.log")"
}
ask true
echo "$answer" | grep -q '"kernel": null' || fail "without the variant: $answer"
folder=$(python3 - "$work/a/out" <<'PY'
import json, os, sys
out = sys.argv[1]
blob = lambda digest: os.path.join(out, "blobs", *digest.split(":"))
manifest = json.load(open(blob(json.load(open(out + "/index.json"))["manifests"][0]["digest"])))
import subprocess, io, tarfile
tar = subprocess.run(["zstd", "-dc", blob(manifest["layers"][-1]["digest"])], capture_output=True, check=True).stdout
pod = json.load(tarfile.open(fileobj=io.BytesIO(tar)).extractfile("opt/tmplbuild/pod.json"))
(kernel,) = pod["kernels"]
assert kernel["python"]["torch"].startswith("2.11.0") and len(kernel["python"]["torch_git_version"]) == 40, kernel["python"]
print(next(v["directory"] for v in kernel["variants"] if v["arch"] == "89"))
PY
)
ask "mkdir -p /run/tmplbuild/kernels/torch-kernel; ln -sfn $folder /run/tmplbuild/kernels/torch-kernel/active"
echo "$answer" | python3 -c '
import json, sys
kernel = json.load(sys.stdin)["kernel"]
assert kernel["modules"] == ["_norm", "_gate"], kernel
assert kernel["file"].startswith("/run/tmplbuild/kernels/torch-kernel/active/"), kernel
assert all(abs(value - 1) < 1e-4 for value in kernel["mean_square"]), kernel' || fail "with the variant: $answer"

# Nothing but the variants and pod.json is read; every symbol is found in the real torch's libraries.
"$tmplbuild" verify "$work/a/out" --json >"$work/verified.json" || fail "verify: $(cat "$work/verified.json")"
python3 - "$work/verified.json" <<'PY'
import json, sys
said = json.load(open(sys.argv[1]))
assert said["answer"] == "yes" and not said["findings"], said
assert said["layers_read"] == 3 + 1 and said["layers"] > 6, said["layers_read"]
assert sorted(v["arch"] for v in said["variants"]) == ["sm_120", "sm_89"], said
for variant in said["variants"]:
    assert variant["torch"] == "2.11.0" and variant["symbols"] > 100 and not variant["findings"], variant
    modules = {m["file"]: m for m in variant["modules"]}
    assert set(modules) == {"torch_kernel/_norm.so", "torch_kernel/_gate.so"}, modules
    for module in modules.values():
        assert {c["arch"] for c in module["cubins"]} == {variant["arch"]} and not module.get("ptx"), module
        assert {"libc10.so", "libtorch_cpu.so", "libcudart.so.13"} <= set(module["needed"]), module
PY
can() { code=0; "$tmplbuild" inspect "$work/a/out" --can-run "$1" >"$work/answer" 2>&1 || code=$?; [ "$code" = "$2" ] || fail "$1: $code, $(cat "$work/answer")"; }
can "RTX 4090" 0
can "L40S" 0
can "RTX 5090" 0
can "H100" 1
can "B200" 1

# A module that asks libc10 for what it does not export, and a variant that says it was compiled against torch 2.10.
for digest in $(layers "$work/a" | tac); do
    [ ! -d "$work/opt" ] || [ ! -e "$work/$folder/torch_kernel/_norm.so" ] || [ ! -e "$work/opt/tmplbuild/pod.json" ] || break
    zstd -dcq "$work/a/out/blobs/sha256/${digest#sha256:}" |
        tar -x -C "$work" --wildcards 'opt/tmplbuild/pod.json' "${folder#/}/*" 2>/dev/null || true
done
python3 - "$work/$folder/torch_kernel/_norm.so" "$work/opt/tmplbuild/pod.json" <<'PY'
import json, sys
module, pod = sys.argv[1:]
code = open(module, "rb").read()
assert b"torchCheckFail" in code
open(module, "wb").write(code.replace(b"torchCheckFail", b"torchCheckFall"))
text = json.load(open(pod))
for variant in text["kernels"][0]["variants"]:
    table = json.loads(variant["table"])
    assert table["torch"] == "2.11.0", variant
    table["torch"] = "2.10.0"
    variant["table"] = json.dumps(table)
json.dump(text, open(pod, "w"))
PY
damage() { python3 "$TMPLBUILD_SOURCE/tests/fakes/damage_image.py" "$work/d" "$1" "$work/$1"; }
said() { # said TEXT
    code=0
    "$tmplbuild" verify "$work/d" >"$work/said" 2>&1 || code=$?
    [ "$code" = 1 ] || fail "verify of a damaged image ended with $code: $(cat "$work/said")"
    grep -qF -- "$1" "$work/said" || fail "verify does not say '$1': $(cat "$work/said")"
}
cp -rl "$work/a/out" "$work/d"
cp --remove-destination "$work/a/out/index.json" "$work/d/index.json"
damage "${folder#/}/torch_kernel/_norm.so"
said "compiled against another torch, which the image's 2.11.0 is not: symbol _ZN3c106detail14torchCheckFall"
damage opt/tmplbuild/pod.json
said "torch_kernel/_norm.so: built against torch 2.10.0, image has 2.11.0: symbol _ZN3c106detail14torchCheckFall"
