# SPDX-License-Identifier: Apache-2.0
# Shared by the end-to-end tests that need a registry: Debian's docker-registry on loopback, and relays in front of it.
# Sourced after lib.sh; what these start ends with the test.
command -v docker-registry >/dev/null || { echo "skipped: docker-registry is not here"; exit 77; }
registry_pids=
stop_registries() { for pid in $registry_pids; do kill -9 "$pid" 2>/dev/null || true; done; }
trap 'stop_registries; tidy' EXIT

# free_port: prints a port of 127.0.0.1 on which nobody listens.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# wait_for_port PORT
wait_for_port() {
    for _ in $(seq 200); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    fail "nobody listens on port $1"
}
# start_registry FOLDER PORT: a docker-registry that keeps its blobs in FOLDER/data and its log in FOLDER/log; sets
# registry_pid. Where required_login is NAME:PASSWORD, it serves nobody else.
start_registry() {
    mkdir -p "$1/data"
    cat >"$1/config.yml" <<YML
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: $1/data}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:$2
  secret: the-same-after-a-restart
YML
    if [ -n "${required_login:-}" ]; then
        perl -e 'print "$ARGV[0]:", crypt($ARGV[1], q($2y$05$abcdefghijklmnopqrstuu)), "\n"' "${required_login%%:*}" "${required_login#*:}" >"$1/htpasswd"
        printf 'auth:\n  htpasswd: {realm: here, path: %s}\n' "$1/htpasswd" >>"$1/config.yml"
    fi
    docker-registry serve "$1/config.yml" >>"$1/log" 2>&1 &
    registry_pid=$!
    registry_pids="$registry_pids $registry_pid"
    wait_for_port "$2"
}
# start_relay PORT COUNT_FILE [BYTES_PER_SECOND]: sets relay_port; COUNT_FILE says how much clients have sent.
start_relay() {
    python3 "$TMPLBUILD_SOURCE/tests/fakes/counting_proxy.py" "$@" >"$2.port" &
    registry_pids="$registry_pids $!"
    for _ in $(seq 200); do
        [ ! -s "$2.port" ] || break
        sleep 0.05
    done
    relay_port=$(cat "$2.port")
}
