# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# A real Jupyter kernel, started before the switch and told to import the kernel in vain, gets it afterwards without a restart;
# and what it sees is what `uv pip list` and a new Python see. Needs the machine's package index, for ipykernel.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
uv=$TMPLBUILD_BIN/../libexec/uv
[ -x "$uv" ] || skip "uv is not in build/*/libexec (scripts/install-uv puts it there)"
venv=$work/site
rm -rf "$venv"
python3 -m venv "$venv" || skip "python3-venv is not here"
"$venv/bin/python" -m pip install -q --disable-pip-version-check ipykernel jupyter-client || skip "the package index has no ipykernel"
serve_index
site=$(echo "$venv"/lib/python3*/site-packages)
echo "import sys; sys.path[:0] = ['/run/tmplbuild/kernels/attention/active']" >"$site/zz_tmplbuild_kernels.pth"
kernel_pod "kernel['python']['venvs'] = [{'directory': '$venv', 'site_packages': '$site'}]; kernel['python']['interpreter'] = '$venv/bin/python'
app['on_kernel_ready'] = 'notify'"
inside() { nsenter -t "$pid" -m "$@"; }
cat >"$work/notebook.py" <<'PY'
"""One notebook session: a cell before the switch and a cell after it, in one Jupyter kernel."""
import sys, time
from jupyter_client.manager import start_new_kernel
go, = sys.argv[1:]
manager, client = start_new_kernel(kernel_name="python3")
def cell(code):
    out = []
    client.execute_interactive(code, timeout=300, output_hook=lambda message: out.append(message["content"].get("text", "")))
    return "".join(out).strip()
question = """
import importlib.metadata
try:
    import attention
    print(attention.version, attention.__file__, importlib.metadata.version("attention"))
except ImportError:
    print("none")
"""
print("before:", cell(question), flush=True)
open(go).read()
print("after:", cell(question), flush=True)
client.stop_channels()
manager.shutdown_kernel(now=True)
PY
mkfifo "$work/go"
export TMPLBUILD_FAKE_GPUS="$rtx3090" NVCC_WAITS=$work/may_compile
export JUPYTER_RUNTIME_DIR=$work/jupyter IPYTHONDIR=$work/ipython JUPYTER_PLATFORM_DIRS=1
start
until_log "attention: compiling for sm_86"
inside "$venv/bin/python" "$work/notebook.py" "$work/go" >"$work/notebook" 2>"$work/notebook.err" &
notebook=$!
until_file "$work/notebook" "before:"
grep -qF "before: none" "$work/notebook" || fail "before the switch: $(cat "$work/notebook")"
touch "$work/may_compile"
until_log "attention: available (simulated)"
echo >"$work/go"
wait "$notebook" || fail "the notebook ended with $?: $(cat "$work/notebook.err")"
active=/run/tmplbuild/kernels/attention/active/attention/__init__.py
grep -qF "after: 2.2.0 $active 2.2.0" "$work/notebook" || fail "after the switch: $(cat "$work/notebook" "$work/notebook.err")"
listed=$(inside "$uv" pip list -q --python "$venv/bin/python" --format=freeze | sed -n 's/^attention==//p')
[ "$listed" = 2.2.0 ] || fail "uv lists '$listed'"
stop
