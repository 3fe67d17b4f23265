# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# Clients of the control socket that send garbage, endless input or a thousand connections, or that never read: reaping and
# status go on at once, and the launcher's memory and descriptors stay small.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
pod '[{"name":"talks","command":["sh","-c","while :; do echo 0123456789012345678901234567890123456789; sleep 0.01; done"]},
      {"name":"flaps","command":["true"],"restart":{"backoff_min_ms":20,"backoff_max_ms":20}}]'
start
until_true test -S "$work/run/control.sock"
cat >"$work/rude.py" <<'END'
import json, os, socket, sys, time
path, pid = sys.argv[1], int(sys.argv[2])
def connect():
    s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(path); return s
def ask(s, text):
    s.sendall(text); return s.makefile("rb").readline()
def status():
    begin = time.monotonic(); s = connect(); answer = json.loads(ask(s, b'{"do":"status"}\n')); s.close()
    return answer, time.monotonic() - begin
for bad in [b"\x00\xff\n", b"[]\n", b"{}\n", b'{"do":"logs"}\n', b'{"do":"status","x":1}\n', b"[" * 4000 + b"\n",
            b'{"do":"logs","name":"talks","lines":-1}\n', b"x" * 5000, b'{"do":"status"}\n' * 100]:
    s = connect()
    answer = ask(s, bad)
    if bad.count(b"status") == 100:
        rest = s.makefile("rb").read(); answer = (answer + rest).splitlines()[-1] if rest else answer
    assert b'"error"' in answer, (bad[:40], answer[:100])
    s.close()
# An endless line: the launcher ends the conversation instead of keeping it.
s = connect()
try:
    for _ in range(10_000): s.sendall(b"y" * 65536)
    raise SystemExit("an endless request was taken")
except (BrokenPipeError, ConnectionResetError): pass
# Subscribers and followers that never read, and one that asks and never reads.
deaf = []
for text in [b'{"do":"subscribe"}\n'] * 5 + [b'{"do":"logs","name":"talks","follow":true}\n'] * 5:
    s = connect(); s.sendall(text); deaf.append(s)
s = connect()
try:
    for _ in range(20_000): s.sendall(b'{"do":"status"}\n')
except OSError: pass
crowd = []
for _ in range(1000):
    s = socket.socket(socket.AF_UNIX); s.setblocking(False)
    try: s.connect(path); crowd.append(s)
    except BlockingIOError: s.close(); time.sleep(0.001)
worst = 0
for _ in range(30):
    answer, took = status(); worst = max(worst, took); time.sleep(0.05)
restarts = {x["name"]: x for x in answer["services"]}["flaps"]["restarts"]
assert restarts > 3, restarts
fds = len(os.listdir(f"/proc/{pid}/fd"))
rss = int(open(f"/proc/{pid}/statm").read().split()[1]) * 4096
print(f"worst status {worst * 1000:.0f} ms, {fds} descriptors, {rss / 1e6:.1f} MB")
assert worst < 2 and fds < 120 and (rss < 24e6 or "TMPLBUILD_SANITIZED" in os.environ)
END
python3 "$work/rude.py" "$work/run/control.sock" "$pid" || fail "the launcher was held up"
zombies=$(ps -o state= --ppid "$pid" | grep -c Z || true)
[ "$zombies" -le 1 ] || fail "$zombies zombies"
stop
