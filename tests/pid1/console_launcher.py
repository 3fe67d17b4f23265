# SPDX-License-Identifier: Apache-2.0
"""Waits until the console says how it stands with the launcher, and checks what it says meanwhile. Arguments: the run
folder, the password, and "connected", "lost" or "hanging"."""
import sys

from console_client import Console, check, until

folder, password, wanted = sys.argv[1:]
console = Console(folder)
until("signing in", lambda: console.ask("POST", "/sign-in", "password=" + password,
                                        {"Origin": "http://localhost:8765"}).status == 303)
console.sign_in(password)
view = until(f"the launcher is {wanted}", lambda: next(
    (one for one in [console.get("/api/installation-status").json()] if one["launcher"]["state"] == wanted), None))
check((view["launcher"]["reason"] == "") == (wanted == "connected"), f"the reason: {view['launcher']}")
check((view["pod"]["state"] == "unknown") == (wanted != "connected"), f"the pod: {view['pod']}")
command = console.change("/api/services/web/restart")
expected = {"connected": 200, "lost": 503, "hanging": 504}[wanted]
check(command.status == expected, f"a command answers {command.status}: {command.text()}")
if wanted == "connected":
    check(any(one["name"] == "web" for one in view["services"]), "no service web")
else:
    check(command.json()["error"]["message"], "no words")
