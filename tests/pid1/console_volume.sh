# SPDX-License-Identifier: Apache-2.0
# timeout: 150
# serial: yes
# The volume missing, full, read-only and frozen: the console says so, its pages answer as fast as always, and a console
# that starts while the volume is frozen has a password for this start.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
need python3 fsfreeze mkfs.ext4 losetup
truncate -s 32M "$work/disk"
mkfs.ext4 -q "$work/disk"
mount -o loop "$work/disk" "$work/volume" 2>/dev/null || skip "may not mount a loop device"
alone=
end() {
    [ -z "$alone" ] || kill "$alone" 2>/dev/null
    fsfreeze -u "$work/volume" 2>/dev/null
    umount -l "$work/volume"
}
cleanups=end
unset CONSOLE_PASSWORD JUPYTER_PASSWORD CONSOLE_ORIGINS CONSOLE_AUTH RUNPOD_POD_ID
mkdir "$work/run"
pod '[]' ',"console_port":8765'
begin() {
    TMPLBUILD_POD_SPEC=$spec "$TMPLBUILD_BIN/../libexec/console/tmplbuild-console" >"$work/log" 2>&1 &
    alone=$!
    until_log "Password: "
}
password() { sed -n 's/^Password: \([a-z0-9]*\)  (.*/\1/p' "$work/log"; }
end_alone() {
    kill "$alone"
    wait "$alone" || true
    alone=
}
# is STATE: what the console says of the volume, within the time that a page may take.
is() {
    PYTHONPATH=$TMPLBUILD_SOURCE/tests/pid1 PYTHONDONTWRITEBYTECODE=1 python3 - "$work/run" "$secret" "$1" <<'PY' || fail "$1"
import sys, time
from console_client import Console, check, until
folder, password, wanted = sys.argv[1:]
console, slowest = Console(folder), 0
console.sign_in(password)

def state():
    global slowest
    begin = time.monotonic()
    view = console.get("/api/installation-status").json()
    slowest = max(slowest, time.monotonic() - begin)
    return view["volume"]["state"] == wanted and view["volume"]

volume = until(f"the volume is {wanted}", state, 40)
check(bool(volume["reason"]) == (wanted != "ok"), f"the reason: {volume}")
check(slowest < 1, f"a page took {slowest:.1f} s")
print(f"ok: {wanted}: {volume['reason']}; the slowest answer took {slowest * 1000:.0f} ms")
PY
}
begin
secret=$(password)
is ok
head -c 40000000 /dev/zero >"$work/volume/all" 2>/dev/null || true
is full
rm "$work/volume/all"
is ok
mount -o remount,ro "$work/volume"
is read-only
mount -o remount,rw "$work/volume"
is ok
fsfreeze -f "$work/volume"
is frozen
# Work on the frozen volume costs its own request 10 s, and all others nothing.
PYTHONPATH=$TMPLBUILD_SOURCE/tests/pid1 PYTHONDONTWRITEBYTECODE=1 python3 - "$work/run" "$secret" "$work/volume" <<'PY' || fail "work"
import json, sys, threading, time
from console_client import Console, check
console, slowest, answers = Console(sys.argv[1]), 0, []
console.sign_in(sys.argv[2])
console.connection = lambda timeout=30, connect=console.connection: connect(timeout)
wish = json.dumps({"current_path": sys.argv[3], "folder_name": "new"})
threads = [threading.Thread(target=lambda: answers.append(console.change("/api/create_folder", wish))) for _ in range(26)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    begin = time.monotonic()
    check(console.get("/api/browse?path=/tmp").status == 200, "a list of another disk")
    slowest = max(slowest, time.monotonic() - begin)
check(sorted(one.status for one in answers) == [503] * 2 + [504] * 24, f"the answers: {[one.status for one in answers]}")
check(slowest < 3, f"another list took {slowest:.1f} s")
print(f"ok: 24 workers hang on the frozen volume; the slowest list of another disk took {slowest * 1000:.0f} ms")
PY
end_alone
# It starts while the volume is frozen.
begin
[ "$(password)" != "$secret" ] || fail "the password of the frozen volume was read"
grep -q "made for this start, since the volume did not answer within 2 s" "$work/log" || fail "no words: $(cat "$work/log")"
secret=$(password)
is frozen
fsfreeze -u "$work/volume"
is ok
end_alone
export TMPLBUILD_VOLUME=$work/none
begin
grep -q "made for this start, since there is no volume" "$work/log" || fail "no words: $(cat "$work/log")"
[ "$(password)" = "$secret" ] || fail "another start of the console on this pod has another password"
is missing
[ ! -e "$work/none" ] || fail "something was made in the place of the volume"
