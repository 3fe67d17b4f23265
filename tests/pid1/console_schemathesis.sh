# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 300
# Schemathesis makes requests from the API's document, right and wrong ones, and holds each answer to it.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
venv=$TMPLBUILD_BIN/../test-venv-schemathesis
if [ ! -x "$venv/bin/schemathesis" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check 'schemathesis==4.32.5' ||
        { rm -rf "$venv"; skip "the package index cannot be reached"; }
fi
unset CONSOLE_ORIGINS CONSOLE_AUTH RUNPOD_POD_ID
export CONSOLE_PASSWORD=password PYTHONPATH=$TMPLBUILD_SOURCE/tests/pid1 PYTHONDONTWRITEBYTECODE=1
libexec=$(realpath "$TMPLBUILD_BIN/../libexec")
program=$libexec/console/tmplbuild-console
mkdir -p "$work/home"
cp -r "$libexec/download" "$work/home/"
export TMPLBUILD_HOME=$work/home
pod "[{\"name\":\"console\",\"command\":[\"$program\"],\"port\":8765,\"ready\":{\"log\":\"console: listening\"}},
      {\"name\":\"web\",\"port\":8188,\"private_port\":41000,\"command\":[\"sleep\",\"600\"]}]" ',"console_port":8765'
start
until_log "console: Password: "
front_port=18765
python3 "$TMPLBUILD_SOURCE/tests/pid1/console_front.py" "$work/run" $front_port &
front=$!
end_front() { kill "$front" 2>/dev/null; }
cleanups=end_front
token=$(python3 -c 'import sys
from console_client import Console, until
console = Console(sys.argv[1])
console.sign_in("password")
print(console.change("/api/tokens", "{\"name\":\"schemathesis\"}").json()["token"])' "$work/run")
answers() { python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$front_port/healthz')" 2>/dev/null; }
until_true answers
# Streams have no end that it could wait for. What the document calls right may still be refused: a name of a token has
# at most 80 bytes, whatever its letters are.
"$venv/bin/schemathesis" run "$TMPLBUILD_SOURCE/schema/console.openapi.json" --url "http://127.0.0.1:$front_port" \
    --header "Authorization: Bearer $token" --exclude-path-regex '/follow$|^/api/(downloads/)?events$' --checks all \
    --exclude-checks positive_data_acceptance --max-examples "${EXAMPLES:-30}" --workers 1 --seed 1 \
    --generation-database none >"$work/said" 2>&1 || { cat "$work/said"; fail "an answer is not as the document says"; }
tail -n 20 "$work/said"
