# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# needs: kernel-tools
# A kernel whose source is a project's sdist in a package index: the same files come out as from the folder that was packed,
# the lock says which bytes they were, and other bytes under that name are refused before anything is compiled.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"

index=$work/index
mkdir -p "$index/tiny"
# sdist WORD: the project's sdist as setuptools lays it out, with the kernel's sources of the folder a; WORD makes its bytes differ.
sdist() {
    python3 - "$work/a/tiny/src" "$index/tiny/tiny-1.0.0.tar.gz" "$1" <<'PY'
import io, os, sys, tarfile
source, file, said = sys.argv[1:]
content = {name: open(os.path.join(source, name), "rb").read() for name in sorted(os.listdir(source))}
content["PKG-INFO"] = f"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\nSummary: {said}\n".encode()
with tarfile.open(file, "w:gz", compresslevel=0) as out:
    for name, data in content.items():
        entry = tarfile.TarInfo("tiny-1.0.0/" + name)
        entry.size, entry.mtime = len(data), 1700000000
        out.addfile(entry, io.BytesIO(data))
PY
}
# files FOLDER: the digest of the variant's files that the image's pod.json promises.
files() {
    python3 - "$1/out" <<'PY'
import gzip, hashlib, io, json, os, subprocess, sys, tarfile
layout = sys.argv[1]
read = lambda digest: open(os.path.join(layout, "blobs", *digest.split(":")), "rb").read()
manifest = json.loads(read(json.load(open(os.path.join(layout, "index.json")))["manifests"][0]["digest"]))
tar = subprocess.run(["zstd", "-dc"], input=read(manifest["layers"][-1]["digest"]), capture_output=True, check=True).stdout
with tarfile.open(fileobj=io.BytesIO(tar)) as layer:
    pod = json.load(layer.extractfile("opt/tmplbuild/pod.json"))
(kernel,) = pod["kernels"]
print(json.loads(kernel["variants"][0]["table"])["files"])
PY
}

kernel_example "$work/a" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090"]'
build "$work/a" >/dev/null
kernel_example "$work/b" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090"]'
rm -r "$work/b/tiny/src"
sed -i 's/^path = "src"/sdist = "Tiny == 1.0.0"/' "$work/b/tiny/layer.toml"
sdist first
python3 "$TMPLBUILD_SOURCE/tests/fakes/http_server.py" --folder "$index" >"$work/port" &
server=$!
trap 'kill $server 2>/dev/null || true; tidy' EXIT
until [ -s "$work/port" ]; do sleep 0.05; done
export PIP_EXTRA_INDEX_URL="http://127.0.0.1:$(head -n 1 "$work/port")/"

build "$work/b" >/dev/null
[ "$(files "$work/a")" = "$(files "$work/b")" ] || fail "a folder and its sdist give other files"
sum=$(sha256sum "$index/tiny/tiny-1.0.0.tar.gz")
grep -qF "${sum%% *}" "$work/b/template.lock" || fail "the lock does not name the sdist's digest"
grep -q "GET /tiny/tiny-1.0.0.tar.gz" "$work/port" || fail "the sdist did not come from the index"

# The store has it: nobody is asked again, even when the index is away.
kill $server
build "$work/b" >/dev/null
# A runner without the store gets other bytes from that index than the lock has.
sdist other
python3 "$TMPLBUILD_SOURCE/tests/fakes/http_server.py" --folder "$index" >"$work/port2" &
server=$!
until [ "$(wc -l <"$work/port2")" -ge 1 ]; do sleep 0.05; done
PIP_EXTRA_INDEX_URL="http://127.0.0.1:$(head -n 1 "$work/port2")/"
TMPLBUILD_CACHE=$(copy_store own)
find "$TMPLBUILD_CACHE/blobs" -name "${sum%% *}*" -delete
sed -i 's/"RTX 4090"/"RTX 5090"/' "$work/b/template.toml"
expect 4 "tiny-1.0.0.tar.gz" "$tmplbuild" build "$work/b/template.toml" -o "oci:$work/b/out" --progress plain
grep -qF "${sum%% *}" "$work/out" || fail "it does not say which bytes were expected: $(cat "$work/out")"
# The command that its hint names takes the new bytes.
part=$(sed -n 's/.*`tmplbuild lock --update \([^ ]*\) TEMPLATE`.*/\1/p' "$work/out")
expect 0 "" "$tmplbuild" lock --update "$part" "$work/b/template.toml"
build "$work/b" >/dev/null
