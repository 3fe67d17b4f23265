# SPDX-License-Identifier: Apache-2.0
# Catalogues of models: made from workflows, locked by a hub on loopback, brought by a template, and refused where they
# are wrong.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
tool=$TMPLBUILD_BIN/tmplbuild
mkdir "$work/flows"
cat >"$work/flows/one_model.json" <<'JSON'
{"nodes":[{"type":"VAELoader","widgets_values":["v.safetensors"],"properties":{"models":[{"name":"v.safetensors","directory":"vae",
 "url":"https://huggingface.co/o/r/resolve/main/split/v.safetensors?download=true"}]}},
 {"type":"LoraLoader","widgets_values":["gone.safetensors"],"properties":{"models":[{"name":"gone.safetensors","directory":"loras",
 "url":"https://huggingface.co/o/gone/resolve/main/gone.safetensors"}]}},
 {"type":"MarkdownNote","widgets_values":["- [v.safetensors](https://huggingface.co/o/r/resolve/main/split/v.safetensors) (1.5 GB)"]}]}
JSON
echo '[{"templates":[{"name":"one_model","title":"One Model"}]}]' >"$work/flows/index.json"
"$tool" catalogue import "$work/flows" -o "$work/models.toml"
grep -q '^title = "One Model"$' "$work/models.toml" || fail "no title: $(cat "$work/models.toml")"
grep -q '^about_bytes = 1611000000$' "$work/models.toml" || fail "no rough size: $(cat "$work/models.toml")"
python3 -m zipfile -c "$work/w.whl" "$work/flows/"
"$tool" catalogue import "$work/w.whl" >"$work/said" 2>&1 && fail "a wheel without a folder of templates was taken"
expect 2 "did you mean 'one_model'?" "$tool" catalogue import "$work/flows" --workflow one_modell
expect 2 "pip download" "$tool" catalogue import "$work/none"

cat >"$work/hub.py" <<'PY'
import http.server, json, sys
commit, digest = "c" * 40, "d" * 64
class Hub(http.server.BaseHTTPRequestHandler):
    limited = True
    def answer(self, status, body, headers={}):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
    def do_GET(self):
        if self.headers.get("Authorization") != "Bearer hf_secret":
            return self.answer(401, {}, {"X-Error-Message": "who are you"})
        if Hub.limited:
            Hub.limited = False
            return self.answer(429, {}, {"RateLimit": '"api";r=0;t=1'})
        if self.path == "/api/models/o/r/revision/main":
            return self.answer(200, {"sha": commit})
        self.answer(404, {}, {"X-Error-Message": "Repository not found"})
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ok = self.path == f"/api/models/o/r/paths-info/{commit}" and asked["paths"] == ["split/v.safetensors"]
        self.answer(200 if ok else 500, [{"path": "split/v.safetensors", "size": 1610612736, "lfs": {"oid": digest, "size": 1610612736}}])
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Hub)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$work/hub.py" >"$work/port" &
hub=$!
trap 'kill $hub; tidy' EXIT
until [ -s "$work/port" ]; do sleep 0.05; done
export HF_ENDPOINT=http://127.0.0.1:$(cat "$work/port") HF_TOKEN=hf_secret
expect 4 "o/gone" "$tool" catalogue lock "$work/models.toml"
for line in "size = 1610612736" "sha256 = \"$(printf 'd%.0s' $(seq 64))\"" "commit = \"$(printf 'c%.0s' $(seq 40))\""; do
    grep -q "^$line$" "$work/models.toml" || fail "the lock lacks $line: $(cat "$work/models.toml")"
done
grep -q '^id = "gone"$' "$work/models.toml" || fail "the model that was not resolved is gone"
! grep -q hf_secret "$work/models.toml" || fail "the token is in the catalogue"

# A template's own catalogue is read while planning, and its mistakes have their places.
example "$work/a"
sed -i '/^\[console\]/,/^$/s/^enabled = false/enabled = true\ncatalogue = "models.toml"/' "$work/a/template.toml"
grep -q '^catalogue' "$work/a/template.toml" || fail "the example has no [console] enabled = false"
expect 2 "models.toml" "$tool" plan "$work/a/template.toml"
sed 's/^directory = "loras"/directory = "lora"/' "$work/models.toml" >"$work/a/models.toml"
expect 2 "did you mean 'loras'?" "$tool" plan "$work/a/template.toml"
grep -q 'models.toml:[0-9]*:13: error' "$work/out" || fail "no place: $(cat "$work/out")"
ln -sf "$work/models.toml" "$work/a/models.toml"
expect 2 "models.toml" "$tool" plan "$work/a/template.toml"
rm "$work/a/models.toml"
cp "$work/models.toml" "$work/a/models.toml"
expect 0 "runtime" "$tool" plan "$work/a/template.toml"
