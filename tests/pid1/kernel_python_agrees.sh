# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: uv
# Every way to ask Python for the kernel gives one answer, before and after the switch: -I, an empty environment, a
# process that was started before it (as a notebook's is), pip's list and uv's. A person's own install changes no byte of
# a variant.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
python3 -c 'import ensurepip' 2>/dev/null || skip "python3-venv is not here"
uv=$TMPLBUILD_BIN/../libexec/uv
[ -x "$uv" ] || skip "uv is not in build/*/libexec (scripts/install-uv puts it there)"
serve_index
venv=$work/site
rm -rf "$venv"
python3 -m venv "$venv"
site=$(echo "$venv"/lib/python3*/site-packages)
echo "import sys; sys.path[:0] = ['/run/tmplbuild/kernels/attention/active']" >"$site/zz_tmplbuild_kernels.pth"
kernel_pod "kernel['python']['venvs'] = [{'directory': '$venv', 'site_packages': '$site'}]; kernel['python']['interpreter'] = '$venv/bin/python'"
inside() { nsenter -t "$pid" -m "$@"; }
question='
import importlib.metadata
try:
    import attention
    found = attention.version + " " + attention.__file__
except ImportError:
    found = "none"
try:
    found += " " + importlib.metadata.version("attention")
except importlib.metadata.PackageNotFoundError:
    found += " none"
print(found)'
# all_say WORDS: however Python is asked.
all_say() {
    [ "$(inside "$venv/bin/python" -I -c "$question")" = "$1" ] || fail "-I: $(inside "$venv/bin/python" -I -c "$question"), expected $1"
    [ "$(inside env -i "$venv/bin/python" -c "$question")" = "$1" ] || fail "env -i: $(inside env -i "$venv/bin/python" -c "$question")"
    [ "$(PYTHONPATH=$work/other inside "$venv/bin/python" -c "$question")" = "$1" ] || fail "with PYTHONPATH"
    listed=$(inside "$venv/bin/python" -m pip list --format=freeze --disable-pip-version-check | sed -n 's/^attention==//p')
    [ "${listed:-none}" = "${1##* }" ] || fail "pip lists '$listed', expected ${1##* }"
    listed=$(inside "$uv" pip list -q --python "$venv/bin/python" --format=freeze | sed -n 's/^attention==//p')
    [ "${listed:-none}" = "${1##* }" ] || fail "uv lists '$listed', expected ${1##* }"
}
export TMPLBUILD_FAKE_GPUS="$rtx3090"
mkfifo "$work/go"
export NVCC_WAITS=$work/may_compile
start
until_log "attention: compiling for sm_86"
all_say "none none"
# A notebook's process: it has looked for the kernel before there is one.
inside "$venv/bin/python" -c "
import importlib.util
print(importlib.util.find_spec('attention'), flush=True)
open('$work/go').read()
$question" >"$work/notebook" &
notebook=$!
until_file "$work/notebook" None
touch "$work/may_compile"
until_log "attention: available (simulated)"
active=/run/tmplbuild/kernels/attention/active/attention/__init__.py
all_say "2.2.0 $active 2.2.0"
echo >"$work/go"
wait "$notebook"
grep -qF "2.2.0 $active 2.2.0" "$work/notebook" || fail "a process from before the switch: $(cat "$work/notebook")"

# A person's own install of another version: pip may refuse it or do it, the variant stays what it was.
made=$(dirname "$(ls -d "$home/kernels/attention"/built-*/files)")
before=$("$make_variant" digest "$made/files")
python3 - "$work" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/attention-1.0.6-py3-none-any.whl", "w") as wheel:
    wheel.writestr("attention/__init__.py", 'version = "1.0.6"\n')
    wheel.writestr("attention-1.0.6.dist-info/METADATA", "Metadata-Version: 2.1\nName: attention\nVersion: 1.0.6\n")
    wheel.writestr("attention-1.0.6.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("attention-1.0.6.dist-info/RECORD", "")
PY
wheel=$work/attention-1.0.6-py3-none-any.whl
# same WHO: not a byte of the variant is another, and Python still gets it.
same() {
    [ "$("$make_variant" digest "$made/files")" = "$before" ] || fail "a variant was changed by $1"
    [ "$(inside "$venv/bin/python" -I -c 'import attention; print(attention.version)')" = 2.2.0 ] || fail "$1 hides the variant"
}
pip() { inside "$venv/bin/python" -m pip "$@" --disable-pip-version-check; }
pip install -q --no-index --no-deps "$wheel" 2>"$work/pip" || true
same "pip install"
pip install -q --no-index --no-deps --ignore-installed "$wheel"
same "pip install --ignore-installed"
[ "$(cat "$site/attention/__init__.py")" = 'version = "1.0.6"' ] || fail "the person's install did not happen"
pip uninstall -q -y attention 2>"$work/pip" || true
same "pip uninstall"
inside "$uv" pip install -q --no-index --no-deps --reinstall --python "$venv/bin/python" "$wheel" 2>"$work/pip" || true
same "uv pip install: $(cat "$work/pip")"
inside "$uv" pip uninstall -q --python "$venv/bin/python" attention 2>"$work/pip" || true
same "uv pip uninstall"
stop
