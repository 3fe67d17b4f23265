# SPDX-License-Identifier: Apache-2.0
# timeout: 60
# needs: nginx
# A pod whose /run is read-only: the launcher's folder is in /tmp, and gateway and console find each other there.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3 curl ip nsenter
[ "$(id -u)" = 0 ] || skip "it takes root to have a gateway that is another user"
case $work in /tmp/*) ;; *) skip "this test's folder is not in /tmp" ;; esac
libexec=$TMPLBUILD_BIN/../libexec
chmod 755 "$work"
cp -r "$libexec/gateway" "$work/gateway"
mkdir -p "$work/tmp/${work#/tmp/}"
pod "[{\"name\":\"gateway\",\"command\":[\"$work/gateway/start\"],\"ready\":{\"tcp\":true,\"port\":8765}},
      {\"name\":\"console\",\"command\":[\"$libexec/console/tmplbuild-console\"],\"ready\":{\"log\":\"console: listening\"}}]" ',"console_port":8765'
for file in nginx.conf nginx-ipv4.conf; do "$TMPLBUILD_BIN/../tests/gateway-config" "$spec" --ipv4 >"$work/gateway/$file"; done
unset TMPLBUILD_RUN_DIR CONSOLE_AUTH CONSOLE_ORIGINS
export CONSOLE_PASSWORD=secret-password
# A /tmp without what other pods of this machine left there.
prepare="mount --make-rprivate /; mount -t tmpfs -o ro tmpfs /run; mount --bind $work $work/tmp/${work#/tmp/}; mount --rbind $work/tmp /tmp; true"
runner="unshare --net sh -c 'ip link set lo up; exec \"\$0\" \"\$@\"'"
start
ask() { nsenter --target "$pid" --net curl --silent --max-time 5 --output "$work/page" --write-out '%{http_code}' http://127.0.0.1:8765/sign-in; }
for _ in $(seq 100); do
    [ "$(ask)" != 200 ] || break
    sleep 0.1
done
[ "$(ask)" = 200 ] || fail "the sign-in page: $(cat "$work/page")"
grep -q 'name="password"' "$work/page" || fail "no password is asked for"
[ ! -e /proc/"$pid"/root/run/tmplbuild ] || fail "/run was not read-only"
[ "$(stat -c %a "/proc/$pid/root/tmp/tmplbuild-0")" = 711 ] || fail "others may list the launcher's folder"
stop
