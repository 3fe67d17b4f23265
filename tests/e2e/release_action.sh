# SPDX-License-Identifier: Apache-2.0
# The GitHub Action that installs a release: action.yml is what GitHub's schema wants, and its one step, run as a runner
# runs it, takes the archive by file:// and http, refuses another digest before it unpacks anything, and works with
# busybox's programs alone.
set -eu
work=$(mktemp -d)
server=
trap 'rm -rf "$work"; [ -z "$server" ] || kill "$server"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
action=$TMPLBUILD_SOURCE/packaging/action

venv=$TMPLBUILD_BIN/../test-venv-action
if [ ! -x "$venv/bin/check-jsonschema" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check 'check-jsonschema==0.39.0' ||
        { rm -rf "$venv"; echo "skipped: the package index cannot be reached"; exit 77; }
fi
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-actions "$action/action.yml" >"$work/said" || fail "$(cat "$work/said")"

# The workflows that people copy.
check() { "$venv/bin/check-jsonschema" --builtin-schema "$@" >"$work/said" || fail "$(cat "$work/said")"; }
check vendor.github-workflows "$TMPLBUILD_SOURCE"/examples/ci/github/*.yml
check vendor.gitlab-ci --data-transform gitlab-ci "$TMPLBUILD_SOURCE/examples/ci/gitlab/.gitlab-ci.yml"

# A small archive in a release's place.
name=tmplbuild-9.9.9-linux-amd64
mkdir -p "$work/$name/bin" "$work/files"
printf '#!/bin/sh\necho tmplbuild 9.9.9\n' >"$work/$name/bin/tmplbuild"
chmod +x "$work/$name/bin/tmplbuild"
tar -C "$work" -czf "$work/files/$name.tar.gz" "$name"
sha256=$(sha256sum <"$work/files/$name.tar.gz" | cut -d ' ' -f 1)
other=$(echo other | sha256sum | cut -d ' ' -f 1)

# The step's own words, with the inputs put where action.yml puts them.
"$venv/bin/python" - "$action/action.yml" >"$work/step" <<'PY'
import sys
import ruamel.yaml
(step,) = ruamel.yaml.YAML(typ="safe").load(open(sys.argv[1]))["runs"]["steps"]
for name, value in step["env"].items():
    print(f"export {name}=\"${value.removeprefix('${{ inputs.').removesuffix(' }}')}\"")
print(step["run"])
PY
# install VERSION SHA256 URL: as a runner does it, in a tool cache of its own.
install() {
    env -i HOME="$work" PATH="${only:-$PATH}" version="$1" sha256="$2" url="$3" RUNNER_TOOL_CACHE="$work/cache" \
        GITHUB_ACTION_PATH="$action" GITHUB_PATH="$work/path" GITHUB_OUTPUT="$work/output" /bin/sh -e "$work/step" >"$work/said" 2>&1
}
# refused CODE TEXT VERSION SHA256 URL: and nothing is left.
refused() {
    code=$1 text=$2 got=0
    shift 2
    install "$@" || got=$?
    [ "$got" = "$code" ] || fail "'$*' ended with $got, expected $code: $(cat "$work/said")"
    grep -qF -- "$text" "$work/said" || fail "'$*' does not say '$text': $(cat "$work/said")"
    [ -z "$(find "$work/cache" -type f 2>/dev/null)" ] && [ ! -e "$work/path" ] || fail "'$*' left $(find "$work/cache" "$work/path")"
}
refused 1 "nothing was unpacked" 9.9.9 "$other" "file://$work/files"
refused 2 "64 lower-case hex digits" 9.9.9 "${sha256%?}" "file://$work/files"
refused 2 "is none" '9.9.9; touch x' "$sha256" "file://$work/files"
refused 4 "there is no" 9.9.8 "$sha256" "file://$work/files"

install 9.9.9 "$sha256" "file://$work/files" || fail "from a file: $(cat "$work/said")"
[ "$("$(cat "$work/path")/tmplbuild")" = "tmplbuild 9.9.9" ] || fail "PATH got $(cat "$work/path")"
grep -qx "path=$(cat "$work/path")" "$work/output" || fail "the output is $(cat "$work/output")"
# What is there is not fetched again; two jobs at once are no trouble.
install 9.9.9 "$sha256" "file:///none" || fail "the second time: $(cat "$work/said")"
rm -rf "$work/cache" "$work/path"
install 9.9.9 "$sha256" "file://$work/files" & first=$!
install 9.9.9 "$sha256" "file://$work/files/" || fail "beside another: $(cat "$work/said")"
wait "$first" || fail "the first of two: $(cat "$work/said")"
[ "$(find "$work/cache" -name tmplbuild -type f | wc -l)" = 1 ] || fail "two jobs left $(find "$work/cache")"
rm -rf "$work/cache" "$work/path"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -m http.server --bind 127.0.0.1 --directory "$work/files" "$port" >/dev/null 2>&1 &
server=$!
for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    sleep 0.05
done
refused 1 "nothing was unpacked" 9.9.9 "$other" "http://127.0.0.1:$port"
refused 4 "cannot fetch" 9.9.8 "$sha256" "http://127.0.0.1:$port"
install 9.9.9 "$sha256" "http://127.0.0.1:$port/" || fail "by http: $(cat "$work/said")"
rm -rf "$work/cache" "$work/path"
# A container with busybox's programs: wget in curl's place.
mkdir "$work/bin"
for program in sh uname mkdir mktemp rm cp mv tar gzip sha256sum cut head wget; do ln -s "$(command -v busybox)" "$work/bin/$program"; done
only=$work/bin install 9.9.9 "$sha256" "http://127.0.0.1:$port" || fail "with busybox: $(cat "$work/said")"
[ -x "$(cat "$work/path")/tmplbuild" ] || fail "with busybox PATH got $(cat "$work/path")"
