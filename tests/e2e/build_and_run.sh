# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# The example's image: skopeo reads it, umoci unpacks it, runc runs it as PID 1, its service answers over HTTP, and a
# stop signal ends it cleanly within its grace.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
for tool in skopeo umoci runc; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
example "$work/a"
port=$(free_ports 1)
sed -i "s/^port = 8888/port = $port/" "$work/a/template.toml"
digest=$(build "$work/a" --set image.compression=gzip)
[ "$(skopeo inspect --format '{{.Digest}}' "oci:$work/a/out:latest")" = "$digest" ] || fail "skopeo sees another image"
skopeo copy -q "oci:$work/a/out:latest" "dir:$work/copy"
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
chroot "$work/bundle/rootfs" /bin/true || fail "the base's programs do not run"
[ "$(readlink "$work/bundle/rootfs/bin")" = usr/bin ] || fail "the base's links were replaced"
start_pod "$work/bundle"
answer=
for _ in $(seq 100); do
    answer=$(python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/').read().decode())" 2>/dev/null) && break
    sleep 0.1
done
echo "$answer" | grep -q "tmplbuild made" || fail "no answer over HTTP: $(cat "$work/pod.log")"
until_pod_says "web: ready after"
runc exec "$pod" tmpl-ctl status >"$work/status" || fail "tmpl-ctl in the pod's shell: $(cat "$work/status")"
grep -qE "^web +ready" "$work/status" || fail "tmpl-ctl shows something else: $(cat "$work/status")"
stop_pod
# A command beside the services, with options of its own: its exit code is the run's.
code=0
"$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --progress plain -- sh -c 'echo "said $1"; exit 7' x --json >"$work/ran" 2>&1 || code=$?
[ "$code" = 7 ] || fail "the command's exit code 7 became $code: $(cat "$work/ran")"
grep -q "said --json" "$work/ran" || fail "the command got other arguments: $(cat "$work/ran")"
# Its input is the command's: a script on it, none, and a terminal of the size that this one has.
run() { "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --progress plain --set image.directory=/opt/site "$@"; }
code=0
echo 'echo "in $(pwd)"; exit 5' | timeout 60 "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --set image.directory=/opt/site -- --only sh >"$work/ran" 2>&1 || code=$?
[ "$code" = 5 ] || fail "a script on its input ended with $code: $(cat "$work/ran")"
grep -q "in /opt/site" "$work/ran" || fail "it does not start in the image's directory: $(cat "$work/ran")"
run -- --only sh </dev/null >"$work/ran" 2>&1 || fail "an empty input: $(cat "$work/ran")"
python3 - "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" -- --only sh -c 'tty; stty size; read word; echo "got <$word>"; exit 9' >"$work/ran" 2>&1 <<'PY' || fail "a terminal: $(cat "$work/ran")"
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
seen, sent = b"", False
try:
    while piece := os.read(terminal, 4096):
        seen += piece
        if b"33 101" in seen and not sent:
            sent = True
            os.write(terminal, b"word\r")
except OSError:
    pass
print(seen.decode(errors="replace"))
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(0 if code == 9 and b"got <word>" in seen and b"/dev/" in seen else f"exit code {code}")
PY
# Its user is the image's, with the groups and the home that the image's own files say.
for row in "root=0 0 /root" "www-data=33 33 /var/www" "6=6 12 /var/cache/man" "games:video=5 44 /usr/games" "4000=4000 0 /"; do
    "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --progress plain --set "image.user=${row%%=*}" \
        -- --only sh -c 'echo "is $(id -u) $(id -G) $HOME at $HOSTNAME"' >"$work/ran" 2>&1 </dev/null || fail "as '$row': $(cat "$work/ran")"
    grep -q "is ${row#*=} at tmplbuild" "$work/ran" || fail "as '$row': $(cat "$work/ran")"
done
code=0
run --set image.user=nobody-at-all -- --only true >"$work/ran" 2>&1 </dev/null || code=$?
[ "$code" = 1 ] || fail "a user that is not there: exit code $code: $(cat "$work/ran")"
grep -q "the user 'nobody-at-all', which is not in its /etc/passwd" "$work/ran" || fail "$(cat "$work/ran")"
# A port that another program has is refused at once; by another number the service is reached, and a link says so.
python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 &
other=$!
for _ in $(seq 50); do python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && break; sleep 0.1; done
code=0
"$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --progress plain >"$work/ran" 2>&1 || code=$?
[ "$code" = 3 ] || fail "a taken port: exit code $code: $(cat "$work/ran")"
grep -q "another program listens on port $port" "$work/ran" || fail "a taken port: $(cat "$work/ran")"
if command -v slirp4netns >/dev/null; then
    free=$(free_ports 1)
    "$tmplbuild" run "$work/a/template.toml" --volume "$work/volume" --progress plain -p "$free:$port" >"$work/ran" 2>&1 &
    pod=$!
    for _ in $(seq 200); do grep -q "^web: http" "$work/ran" && break; sleep 0.1; done
    grep -qx "web: http://127.0.0.1:$free/" "$work/ran" || fail "no link: $(cat "$work/ran")"
    python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$free/').read().decode())" >"$work/answer" || fail "no answer by the link"
    grep -q "tmplbuild made" "$work/answer" || fail "another program's answer: $(cat "$work/answer")"
    kill "$pod"
    wait "$pod" || fail "its end: $(cat "$work/ran")"
fi
kill "$other"
# A service that could not start on any pod is refused when the image is made, and nothing is written.
sed 's|^command = .*|command = ["/usr/bin/pyton3"]\nuser = "nobody-here"|; s|^directory = .*|directory = "/opt/none"|' "$work/a/template.toml" >"$work/a/wrong.toml"
cp "$work/a/template.lock" "$work/a/wrong.lock"
code=0
"$tmplbuild" build "$work/a/wrong.toml" -o "oci:$work/a/wrong" --progress plain >"$work/refused" 2>&1 || code=$?
[ "$code" = 1 ] || fail "a service without a program: exit code $code: $(cat "$work/refused")"
for words in "its program '/usr/bin/pyton3' is not in the image" "no user 'nobody-here'" "directory '/opt/none' is not in the image"; do
    grep -qF "$words" "$work/refused" || fail "the error does not say \"$words\": $(cat "$work/refused")"
done
[ ! -e "$work/a/wrong" ] || fail "an image was written"
