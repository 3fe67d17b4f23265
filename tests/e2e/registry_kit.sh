# SPDX-License-Identifier: Apache-2.0
# timeout: 240
# Every registry of tests/registry-kit is refused or survived as its case says: in time, within 150 MB, and no login or
# token reaches another host or the output. And the kit itself sees a client that gives its login away.
set -eu
kit=${TMPLBUILD_SOURCE:?}/tests/registry-kit/kit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$TMPLBUILD_BIN:$PATH"
fail() { echo "FAILED: $*" >&2; exit 1; }

cat >"$work/careless.json" <<'JSON'
{
  "name": "careless",
  "version": ["curl", "--version"],
  "pull": ["curl", "-fsSL", "--location-trusted", "-u", "{user}:{password}", "http://{registry}/v2/kit/image/manifests/1"],
  "credentials_file": "{work}/login"
}
JSON
if command -v curl >/dev/null; then
    ! "$kit" run "$work/careless.json" redirect-manifest >"$work/table" 2>"$work/said" || fail "the kit sees nothing of a login that is given away"
    grep -q "credentials reached other" "$work/said" || fail "$(cat "$work/said")"
fi

"$kit" run tmplbuild >"$work/table" 2>"$work/said" || fail "$(cat "$work/said")"
! grep "skipped" "$work/table" || echo "some cases need a network namespace, and were skipped"
[ "$(grep -c '| refused |\|| survived |' "$work/table")" -gt 100 ] || fail "hardly a case was run: $(cat "$work/table")"
cat "$work/said"
