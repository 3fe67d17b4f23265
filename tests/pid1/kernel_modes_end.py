# SPDX-License-Identifier: Apache-2.0
"""Follows a pod's status until its kernel and the service that uses it have come to rest, and prints how:

    HOST KERNEL VERDICT RUNS-WITH STARTS

usage: kernel_modes_end.py SOCKET PORT WORDS-OF-THE-HOST WORDS-OF-THE-KERNEL. Exit code 1, with words, when it does not come
to rest, the reasons do not hold the words, or something was shown on the way that must never be.
"""

import json
import socket
import sys
import time
import urllib.request

path, port, host_words, kernel_words = sys.argv[1:]
patience = 400


def end(words, snapshot=None):
    print(words + ("" if snapshot is None else ": " + json.dumps(snapshot)))
    sys.exit(1)


def runs_with():
    try:
        with urllib.request.urlopen("http://127.0.0.1:%s/arguments" % port, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return "nothing"


def by_name(snapshot, kind):
    return {part["name"]: part for part in snapshot[kind]}


def at_rest(snapshot):
    app, kernel = by_name(snapshot, "services")["app"], snapshot["kernels"][0]
    if snapshot["host"]["state"] in ("unknown", "probing") or kernel["state"] in ("waiting", "compiling"):
        return False
    if app["state"] != "ready":
        return False
    # A service that is to be restarted for its kernel is not at rest.
    return kernel["state"] == "off" or runs_with() == "kernel"


def connect():
    while time.monotonic() < give_up:
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            return connection
        except OSError:
            time.sleep(0.02)
    end("no launcher answers")


def moment(snapshot, who, text):
    for one in snapshot["timeline"]:
        if one["who"] == who and text in one["text"]:
            return one["at"]
    end("the time line has no '%s: %s'" % (who, text), snapshot)


give_up = time.monotonic() + patience
connection = connect()
connection.sendall(b'{"do":"subscribe"}\n')
lines = connection.makefile("rb")
snapshot, quiet_since = None, None
connection.settimeout(0.3)
buffer = b""
while True:
    if time.monotonic() > give_up:
        end("it does not come to rest", snapshot)
    try:
        part = connection.recv(1 << 16)
        if not part:
            end("the launcher went away", snapshot)
        buffer += part
    except TimeoutError:
        part = b""
    while b"\n" in buffer:
        line, buffer = buffer.split(b"\n", 1)
        snapshot = json.loads(line)
        if "kernels" not in snapshot:
            end("no status", snapshot)
        if snapshot["kernels"][0]["state"] == "active":
            end("active with a stand-in for a driver", snapshot)
    if not part and snapshot is not None and at_rest(snapshot):
        break  # nothing new for a while, and nothing is under way

host, kernel = snapshot["host"], snapshot["kernels"][0]
services = by_name(snapshot, "services")
if services["web"]["state"] != "ready":
    end("web is not ready", snapshot)
# The order tells nothing about answers that come within milliseconds; those that hang take a second for each source.
if moment(snapshot, "web", "ready after") > moment(snapshot, "gpu", ": ") + 500:
    end("web waited for the GPU", snapshot)
for part, words in ((host, host_words), (kernel, kernel_words)):
    if words not in part["reason"]:
        end("the reason '%s' does not say '%s'" % (part["reason"], words))
if kernel["state"] == "available" and not (kernel["simulated"] and host["simulated"]):
    end("a stand-in for a driver is not called one", snapshot)
print(host["state"], kernel["state"], kernel["verdict"] or "-", runs_with(), services["app"]["restarts"] + 1)
