# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# Twenty minutes of churn (SOAK_MINUTES): services that end, restarts by hand, orphans, logs and clients that come and go. The
# launcher's memory and descriptors stay flat, no zombie is left.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
minutes=${SOAK_MINUTES:-20}
pod '[{"name":"flaps","command":["sh","-c","echo once; sleep 0.1"],"restart":{"backoff_min_ms":100,"backoff_max_ms":100}},
      {"name":"orphans","command":["sh","-c","while :; do (sleep 0.2 &); sleep 0.05; done"]},
      {"name":"talks","command":["sh","-c","while :; do '"$flood"' 500; sleep 0.2; done"]},
      {"name":"asked","command":["sleep","100000"],"health":{"exec":["true"],"interval_ms":200}},
      {"name":"tossed","command":["sleep","100000"],"needs":["asked"]}]' ',"log_file_bytes":100000'
start_to /dev/null
until_true test -S "$work/run/control.sock"
cat >"$work/soak.py" <<'END'
import os, random, socket, subprocess, sys, time
path, pid, ctl, minutes = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
def sample():
    # Its own memory: its share of the program's text hangs on how many others run the same file just now.
    own = sum(int(l.split()[1]) for l in open(f"/proc/{pid}/smaps_rollup") if l.startswith(("Anonymous:", "Swap:")))
    return own, len(os.listdir(f"/proc/{pid}/fd"))
def zombies():
    out = 0
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        try: out += open(f"/proc/{child}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError: pass
    return out
end, warm, samples, stuck = time.monotonic() + minutes * 60, time.monotonic() + min(120, minutes * 20), [], 0
next_sample = warm
while time.monotonic() < end:
    subprocess.run([ctl, random.choice(["restart", "stop", "start"]), "tossed"], stdout=subprocess.DEVNULL, check=True)
    clients = []
    for text in [b'{"do":"subscribe"}\n', b'{"do":"logs","name":"talks","follow":true}\n', b"nonsense\n", b""]:
        s = socket.socket(socket.AF_UNIX); s.connect(path); s.sendall(text); clients.append(s)
    time.sleep(0.3)
    for s in clients: s.close()
    # A zombie between two looks is one that is just being reaped; one that stays is not.
    stuck = stuck + 1 if zombies() > 3 else 0
    if stuck > 20: sys.exit("FAILED: zombies stay")
    if time.monotonic() >= next_sample:
        samples.append(sample()); next_sample += minutes * 6
own, fds = zip(*samples)
print(f"own memory {min(own)} to {max(own)} kB, descriptors {min(fds)} to {max(fds)}, {len(samples)} samples")
half = len(own) // 2
if min(own[half:]) > max(own[:half]) + 50: sys.exit(f"FAILED: memory grows: {own}")
if max(fds[half:]) > max(fds[:half]) + 4: sys.exit(f"FAILED: descriptors grow: {fds}")
END
python3 "$work/soak.py" "$work/run/control.sock" "$pid" "$ctl" "$minutes" || fail "see above"
stop
