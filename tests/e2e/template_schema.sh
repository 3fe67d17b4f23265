# SPDX-License-Identifier: Apache-2.0
# The JSON Schema that editors use and the parser agree about tests/golden/templates (see template_schema.py), and
# taplo, the engine behind Even Better TOML, reads the schema as the reference implementation does.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
"$TMPLBUILD_SOURCE/scripts/reference-keys" --check || fail "a key of the schema is not in the reference"
venv=$TMPLBUILD_BIN/../test-venv-schema
if [ ! -x "$venv/bin/taplo" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check 'jsonschema>=4.18,<5' 'taplo==0.9.3' ||
        { rm -rf "$venv"; echo "skipped: the package index cannot be reached"; exit 77; }
fi
"$venv/bin/python" "$TMPLBUILD_SOURCE/tests/e2e/template_schema.py" "$TMPLBUILD_SOURCE" "$TMPLBUILD_BIN/tmplbuild" "$venv/bin/taplo"
"$venv/bin/python" "$TMPLBUILD_SOURCE/tests/e2e/status_schema.py" "$TMPLBUILD_SOURCE"

# As docs/template-reference.md says: the first line of a template names the schema.
cp "$TMPLBUILD_SOURCE/schema/template.schema.json" "$work/"
printf '#:schema ./template.schema.json\nschema = 1\nname = "x"\n[base]\ndebian = { suite = "bookworm" }\n' >"$work/good.toml"
sed 's/bookworm/bokworm/' "$work/good.toml" >"$work/bad.toml"
"$venv/bin/taplo" lint --no-auto-config "$work/good.toml" 2>"$work/log" || fail "taplo: $(cat "$work/log")"
"$venv/bin/taplo" lint --no-auto-config "$work/bad.toml" 2>"$work/log" && fail "taplo did not read the '#:schema' line"
grep -q bokworm "$work/log" || fail "taplo says something else: $(cat "$work/log")"
"$TMPLBUILD_BIN/tmplbuild" plan "$work/good.toml" >/dev/null
