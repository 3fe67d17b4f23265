# SPDX-License-Identifier: Apache-2.0
# The sshd recipe's scripts with a real sshd and ssh on loopback: the key in PUBLIC_KEY logs in and no other does, the
# environment of the pod is in every session byte for byte, files are copied, host keys are made anew, and nothing but
# its own folder is touched.
set -eu
[ "$(id -u)" = 0 ] || { echo "skipped: sshd lets root in, so root has to run this"; exit 77; }
for tool in ssh sshd ssh-keygen scp; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }
done
work=$(mktemp -d)
# sshd trusts no key file below a folder that others may write to, such as /tmp.
state=/run/tmplbuild-sshd-test-$$
daemon=
cleanup() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    rm -rf "$work" "$state"
}
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; cat "$work/log" >&2; exit 1; }
unshare --mount true 2>/dev/null || { echo "skipped: no mount namespaces here"; exit 77; }
recipe=$TMPLBUILD_SOURCE/layers/sshd
touch "$work/log"

# Without a key: a sentence, 0, and nothing started or made.
env -u PUBLIC_KEY SSHD_STATE="$state" sh "$recipe/start" 127.0.0.1 1 >"$work/said" || fail "exit code without PUBLIC_KEY"
grep -q "no PUBLIC_KEY" "$work/said" || fail "it does not say why"
[ ! -e "$state" ] || fail "something was made"

ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ssh-keygen -q -t ed25519 -N '' -f "$work/other"
ssh-keygen -q -t ecdsa -N '' -f "$work/third"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
host_files_before=$(find /etc/ssh /root/.ssh -type f -newer "$work/key" 2>/dev/null || true)

start() { # KEY: as the launcher would, with an environment that is hard to carry
    python3 - "$recipe/start" "$port" "$state" "$1" "$work/expected" >"$work/log" 2>&1 <<'PY' &
import ctypes, os, sys
script, port, state, key, expected = sys.argv[1:]
hard = {
    b"PATH": b"/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    b"PLAIN": b"one", b"EMPTY": b"", b"SPACES": b"  two  words ", b"TAB": b"a\tb",
    b"SEVERAL_LINES": b"first\nsecond\n\nfourth\n", b"SINGLE": b"it's 'quoted' '", b"DOUBLE": b'say "hi"',
    b"DOLLAR": b"$HOME ${x} `id` $(id)", b"SLASH": b"back\\slash \\n \\\\ end\\", b"EQUALS": b"a=b=c",
    b"BYTES": bytes(range(1, 256)), b"HASH": b"# no comment", b"STAR": b"*", b"dotted.name": b"kept", b"NAME-DASH": b"kept",
    b"LONG": b"x" * 100000, b"LC_ALL": b"C.UTF-8",
    b"PUBLIC_KEY": open(key, "rb").read().strip(),
}
with open(expected, "wb") as out:
    out.write(b"\0".join(sorted(name + b"=" + value for name, value in hard.items())))
own = {b"SSHD_STATE": state.encode(), b"HOME": b"/nowhere", b"SHLVL": b"7", b"SSH_AUTH_SOCK": b"/x", b"TERM": b"y"}
# A home folder without the machine's own .bashrc, which bash reads in SSH sessions (CLONE_NEWNS; MS_REC | MS_PRIVATE).
libc = ctypes.CDLL(None, use_errno=True)
for failed in (libc.unshare(0x20000), libc.mount(b"none", b"/", None, 0x44000, None),
               libc.mount(b"tmpfs", b"/root", b"tmpfs", 0, None)):
    if failed:
        sys.exit(os.strerror(ctypes.get_errno()))
os.execve("/bin/sh", [b"sh", script.encode(), b"127.0.0.1", port.encode()], {**hard, **own})
PY
    daemon=$!
    for _ in $(seq 100); do
        python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && return
        sleep 0.1
    done
    fail "sshd does not listen"
}
options="-F none -o UserKnownHostsFile=$work/known -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o IdentitiesOnly=yes
  -o LogLevel=ERROR"
# shellcheck disable=SC2086
remote() { ssh $options -i "$work/key" -p "$port" root@127.0.0.1 "$@"; }

start "$work/key.pub"
[ "$(remote echo hello)" = hello ] || fail "the key in PUBLIC_KEY does not log in"
# shellcheck disable=SC2086
ssh $options -i "$work/other" -p "$port" root@127.0.0.1 true 2>/dev/null && fail "another key logs in"
# shellcheck disable=SC2086
ssh $options -o PubkeyAuthentication=no -o PreferredAuthentications=password,keyboard-interactive -p "$port" root@127.0.0.1 true 2>"$work/denied" &&
    fail "no key at all logs in"
grep -q "(publickey)" "$work/denied" || fail "passwords are offered: $(cat "$work/denied")"

# Every variable of the pod, byte for byte; sshd's own beside them.
compare() { # FILE: `env -0` of a session
    python3 - "$work/expected" "$1" <<'PY' || fail "the environment differs"
import sys
expected = open(sys.argv[1], "rb").read().split(b"\0")
got = dict(entry.split(b"=", 1) for entry in open(sys.argv[2], "rb").read().split(b"\0") if entry)
wrong = [entry[:60] for entry in expected if got.get(entry.split(b"=", 1)[0]) != entry.split(b"=", 1)[1]]
names = {entry.split(b"=", 1)[0] for entry in expected}
session = {b"HOME", b"LOGNAME", b"MAIL", b"PWD", b"OLDPWD", b"SHELL", b"SHLVL", b"SSH_CLIENT", b"SSH_CONNECTION", b"SSH_TTY",
           b"TERM", b"USER", b"_"}
more = set(got) - names - session
assert not wrong and not more, (wrong, more)
assert got[b"HOME"] == b"/root" and got.get(b"SSH_AUTH_SOCK") is None, got
PY
}
remote env -0 >"$work/got" || fail "a command"
compare "$work/got"
# An interactive shell on a terminal of its own.
printf 'env -0 >%s/interactive; exit\n' "$work" | remote -tt >/dev/null 2>&1 || fail "a shell"
compare "$work/interactive"
# Exit codes, quoting and standard input are those of a plain sshd.
code=0
remote 'exit 42' || code=$?
[ "$code" = 42 ] || fail "exit code $code"
[ "$(remote 'echo "a  b" '"'c  d'")" = "a  b c  d" ] || fail "quoting"
[ "$(head -c 300000 /dev/zero | remote 'wc -c')" = 300000 ] || fail "standard input"
[ "$(remote umask)" = "$(umask)" ] || fail "umask $(remote umask)"
# Files, by the old protocol and by the new.
head -c 100000 /dev/urandom >"$work/file"
for how in -s -O; do
    # shellcheck disable=SC2086
    scp -q $how $options -i "$work/key" -P "$port" "$work/file" "root@127.0.0.1:$work/copy$how" || fail "scp $how"
    cmp "$work/file" "$work/copy$how" || fail "scp $how changed the file"
done
[ "$(stat -c %a "$state" "$state/environment" "$state/host_key_ed25519" | tr '\n' ' ')" = "700 600 600 " ] || fail "modes"

# Another start: other host keys, the new key alone.
first=$(ssh-keygen -l -f "$state/host_key_ed25519.pub")
kill "$daemon"
wait "$daemon" 2>/dev/null || true
start "$work/other.pub"
[ "$(ssh-keygen -l -f "$state/host_key_ed25519.pub")" != "$first" ] || fail "the same host key twice"
remote true 2>/dev/null && fail "the key of the last start still logs in"
rm "$work/known"
# shellcheck disable=SC2086
ssh $options -i "$work/other" -p "$port" root@127.0.0.1 true || fail "the new key does not log in"
[ "$(find /etc/ssh /root/.ssh -type f -newer "$work/key" 2>/dev/null || true)" = "$host_files_before" ] ||
    fail "/etc/ssh or /root/.ssh was changed"

# Keys with options: a command of the key's own holds, and sees the environment; several keys in one line, all of them
# log in; a private key, and what is no key at all, is said.
rm -f "$work/known"
own='restrict,environment="X=command=\\"no\\"",command="printf \"%s|\" \"$DOUBLE\"; id -u"'
printf '%s %s\\n' "$own" "$(cat "$work/key.pub")" >"$work/pasted"
printf '%s;%s\\nssh-rsa nonsense' "$(cat "$work/third.pub")" "$(cat "$work/other.pub")" >>"$work/pasted"
kill "$daemon"
wait "$daemon" 2>/dev/null || true
start "$work/pasted"
[ "$(remote 'echo a shell')" = 'say "hi"|0' ] || fail "a key's own command: $(remote 'echo a shell')"
for key in third other; do
    # shellcheck disable=SC2086
    [ "$(ssh $options -i "$work/$key" -p "$port" root@127.0.0.1 'echo $PLAIN')" = one ] || fail "the key $key of several in one line"
done
grep -q "key 4 of PUBLIC_KEY is none" "$work/log" || fail "a line that is no key is not said"
kill "$daemon"
wait "$daemon" 2>/dev/null || true
start "$work/key"
grep -q "PUBLIC_KEY holds a private key" "$work/log" || fail "a private key is not said"
remote true 2>/dev/null && fail "a private key lets somebody in"
# What sshd's AuthorizedKeysCommand prints for keys of a home folder, and that others may not write them.
mkdir -p "$work/home/.ssh" "$state-keys"
chmod 755 "$work/home"
cat >"$work/home/.ssh/authorized_keys" <<'KEYS'
# a comment
ssh-ed25519 AAAA1 plain
   no-pty,from="10.0.0.0/8,command=\"x\"" ssh-rsa AAAA2 options
COMMAND="a \"b, c\" d",no-pty ssh-rsa AAAA3 own
cert-authority,principals="x" ssh-ed25519 AAAA4 authority
KEYS
sh "$recipe/keys" "$state-keys" "$work/home" >"$work/keys"
rmdir "$state-keys"
session="command=\"exec '$recipe/session' '$state-keys/environment'\""
cat >"$work/keys.right" <<KEYS
$session ssh-ed25519 AAAA1 plain
$session,no-pty,from="10.0.0.0/8,command=\\"x\\"" ssh-rsa AAAA2 options
COMMAND=". '$state-keys/exports'; a \\"b, c\\" d",no-pty ssh-rsa AAAA3 own
cert-authority,principals="x" ssh-ed25519 AAAA4 authority
KEYS
diff "$work/keys" "$work/keys.right" >&2 || fail "the keys are rewritten otherwise"
chmod g+w "$work/home/.ssh/authorized_keys"
[ -z "$(sh "$recipe/keys" "$state" "$work/home" 2>/dev/null | grep AAAA1)" ] || fail "keys that others may write are used"
echo "passed"
