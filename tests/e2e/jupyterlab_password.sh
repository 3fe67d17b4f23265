# SPDX-License-Identifier: Apache-2.0
# The jupyterlab recipe's settings and JUPYTER_PASSWORD: behind the gateway there is no token, unless that lets everybody in; the login form takes white space off both ends of what is typed, so
# the token has none there, and that is said; white space alone is no password. Without JupyterLab: its settings are a
# Python file that is given a configuration to fill in.
set -eu
command -v python3 >/dev/null || { echo "skipped: python3 is not here"; exit 77; }
exec python3 - "${TMPLBUILD_SOURCE:?}/layers/jupyterlab/jupyter_server_config.py" <<'PY'
import contextlib, io, os, sys
from types import SimpleNamespace

def run(password, host="0.0.0.0", **more):
    """The token that JupyterLab sees, and what was said."""
    os.environ |= {"JUPYTER_TOKEN": password, "POD_JUPYTER_HOST": host, **more}
    config = SimpleNamespace(IdentityProvider=SimpleNamespace(token=None), ServerApp=SimpleNamespace(), FileContentsManager=SimpleNamespace(), LabApp=SimpleNamespace())
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {"get_config": lambda: config})
    return (os.environ["JUPYTER_TOKEN"] if config.IdentityProvider.token is None else config.IdentityProvider.token), said.getvalue()

def check(what, got, want):
    if got != want:
        sys.exit(f"FAILED: {what}: {got!r}, and {want!r} was expected")

words = "JUPYTER_PASSWORD begins or ends with white space: type it without\n"
check("a plain password", run("plain one"), ("plain one", ""))
check("no password, which is no token", run(""), ("", ""))
check("blanks at both ends", run("  two words \t"), ("two words", words))
check("a line's end, as a file of secrets has it", run("word\n"), ("word", words))
check("behind the gateway", run("plain one", "127.0.0.1"), ("", ""))
check("behind a gateway that lets everybody in", run("plain one", "127.0.0.1", CONSOLE_AUTH="none"), ("plain one", ""))
try:
    check("white space alone", run(" \t"), "no JupyterLab")
except SystemExit as stopped:
    if "white space alone" not in str(stopped) or "FAILED" in str(stopped):
        sys.exit(f"FAILED: white space alone: {stopped}")
print("passed")
PY
