# SPDX-License-Identifier: Apache-2.0
# A pod.json that is missing, cut, garbage or of another version: SSH starts all the same, the key of the pod logs in and is
# told why nothing else runs; without a key or without sshd the pod ends with 78 and says so.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
PATH=$PATH:/usr/sbin
need ssh sshd ssh-keygen python3
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
TMPLBUILD_SSH_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PUBLIC_KEY=$(cat "$work/key.pub")
export TMPLBUILD_SSH_PORT PUBLIC_KEY
# Its own /run and /etc, so that nothing of this machine's is touched; sshd trusts no key file below a folder others may write to.
cp -a /etc "$work/etc"
prepare="mount -t tmpfs -o mode=755 none /run; mount --bind $work/etc /etc"
# with_key FILE COMMAND...
with_key() {
    key_file=$1
    shift
    ssh -F none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o BatchMode=yes -o IdentitiesOnly=yes -i "$key_file" -p "$TMPLBUILD_SSH_PORT" root@127.0.0.1 "$@"
}
remote() { with_key "$work/key" "$@"; }
printf '{"version":2,"services":[{"na' >"$work/pod.json"
start
until_log "sshd: ready after"
[ "$(remote echo hello 2>"$work/banner")" = hello ] || fail "the key does not log in: $(cat "$work/banner")"
grep -q "pod.json cannot be used" "$work/banner" || fail "it does not say why: $(cat "$work/banner")"
"$ctl" status >"$work/status"
grep -q "^pod rescue: degraded" "$work/status" && grep -q "pod.json: failed, pod.json cannot be used" "$work/status" ||
    fail "the status does not say why: $(cat "$work/status")"
stop
for text in '' 'garbage' '[]' '{"version":99}' "$(head -c 3000 /dev/urandom | tr -d '\0')"; do
    printf '%s' "$text" >"$work/pod.json"
    start
    until_log "only SSH runs"
    until_log "sshd: ready after"
    stop
done
# Several keys in one line: each of them logs in. A private key lets nobody in, and is said.
ssh-keygen -q -t ed25519 -N '' -C 'the second, of three' -f "$work/second"
ssh-keygen -q -t ecdsa -N '' -f "$work/third"
one_line=$(printf '%s\\n%s;%s' "$(cat "$work/key.pub")" "$(cat "$work/second.pub")" "$(cat "$work/third.pub")")
PUBLIC_KEY=$one_line start
until_log "sshd: ready after"
for key in key second third; do
    [ "$(with_key "$work/$key" echo hello 2>"$work/banner")" = hello ] || fail "$key of several in one line does not log in"
done
stop
PUBLIC_KEY=$(cat "$work/key") start
ended 78
grep -q "PUBLIC_KEY holds a private key" "$work/log" || fail "a private key is not said"
rm "$work/pod.json"
start sh -c 'exit 5'
ended 5
unset PUBLIC_KEY
start
ended 78
grep -q "no PUBLIC_KEY" "$work/log" || fail "it does not say why there is no SSH"
