# SPDX-License-Identifier: Apache-2.0
# How JupyterLab runs on a pod. What stands in ~/.jupyter of the pod's user comes after this file and wins. The token
# comes from JUPYTER_TOKEN, which Jupyter Server reads by itself.
import os
import sys

c = get_config()  # noqa: F821: Jupyter calls this file with it

# The login form takes white space off both ends of what is typed, so a token that begins or ends with it lets nobody in.
# An empty token would let everybody in: it is no token that somebody chose.
token = os.environ.get("JUPYTER_TOKEN", "")
if token and not token.strip():
    sys.exit("JUPYTER_PASSWORD holds white space alone, which is no password; JupyterLab does not start without one")
if token != token.strip():
    print("JUPYTER_PASSWORD begins or ends with white space: type it without", file=sys.stderr)
    os.environ["JUPYTER_TOKEN"] = token.strip()

# On loopback the gateway stands before it, and lets in nobody who has not signed in to the console: a token would be asked
# for a second time. With CONSOLE_AUTH=none the gateway lets everybody in, so that the token stays.
if os.environ.pop("POD_JUPYTER_HOST", "") == "127.0.0.1" and os.environ.get("CONSOLE_AUTH") != "none":
    os.environ.pop("JUPYTER_TOKEN", None)
    c.IdentityProvider.token = ""

# A volume is mounted at /workspace on most pods, and on some it is not.
root = os.environ.pop("POD_JUPYTER_ROOT", "")
root = root if os.path.isdir(root) else os.path.expanduser("~")
c.ServerApp.root_dir = root
os.chdir(root)  # where terminals start

# Terminals: Bash where there is one (without this, Jupyter takes $SHELL, which no pod sets, and ends up with sh). Not as
# a login shell, whose /etc/profile would put PATH back to Debian's. Programs of the virtual environment come first.
shell = next((path for path in ("/bin/bash", "/usr/bin/bash") if os.path.exists(path)), "/bin/sh")
c.ServerApp.terminado_settings = {"shell_command": [shell]}
programs = os.path.join(sys.prefix, "bin")
if programs not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join(filter(None, [programs, os.environ.get("PATH", "/usr/bin:/bin")]))

# Requests come through a proxy: for a name that is not this machine's, and with the browser's protocol in a header.
c.ServerApp.allow_remote_access = True
c.ServerApp.trust_xheaders = True
# RunPod's proxy sends another Host than the page's own, which looks like a request from a foreign page. The pod's own
# public address is let in; "*" would let in every page that the user has open.
public_port = os.environ.pop("POD_JUPYTER_PORT", "")
if os.environ.get("RUNPOD_POD_ID"):
    c.ServerApp.allow_origin = f"https://{os.environ['RUNPOD_POD_ID']}-{public_port}.proxy.runpod.net"

# Deleted files go: a trash folder on a rented volume only fills it.
c.FileContentsManager.delete_to_trash = False
# An image is updated by building a new one, so asking the network for a newer JupyterLab says nothing useful.
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.news_url = None
