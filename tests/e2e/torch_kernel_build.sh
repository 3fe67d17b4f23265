# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 5400
# serial: yes
# The torch example through `build`, with the real torch of the package index: two modules for two archs, and its service
# answers inside the image, on a machine without a GPU, with the variant switched on and without it.
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
text = re.sub(r'\nport = \d+', f"\nport = {port}", text)
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
