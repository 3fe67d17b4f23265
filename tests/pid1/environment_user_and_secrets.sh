# SPDX-License-Identifier: Apache-2.0
# The pod's environment arrives byte-exact, the user is the one asked for, signals are in their default state, and a
# secret's value is shown once where it was made and nowhere else.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"env","user":"nobody","umask":63,"command":["sh","-c","id -u; umask; printf %s \"$ODD\" | od -An -tx1; grep SigBlk /proc/self/status; grep SigIgn /proc/self/status; exec sleep 60"]},
      {"name":"secret","generated_secrets":[{"variable":"TOKEN_X","from":"GIVEN"}],"command":["sh","-c","echo token is $TOKEN_X; exec sleep 60"]},
      {"name":"made","generated_secrets":[{"variable":"TOKEN_Y"}],"command":["sh","-c","echo ${#TOKEN_Y} $TOKEN_Y; exec sleep 60"]},
      {"name":"bound","command":["sh","-c","echo $PIP_CONSTRAINT $UV_CONSTRAINT; exec sleep 60"]}]' ',"constraints":"/opt/tmplbuild/constraints.txt"'
export ODD="$(printf 'a\nb\351 =c')" GIVEN=correct-horse
start
until_log "made: 64 "
until_log "bound: /opt/tmplbuild/constraints.txt /opt/tmplbuild/constraints.txt"
until_log "secret: token is ***"
until_log "env: 65534"
until_log "env: 0077"
until_log "env:  61 0a 62 e9 20 3d 63"
until_log "env: SigBlk:	0000000000000000"
until_log "env: SigIgn:	0000000000000000"
! grep -q correct-horse "$work/log" || fail "a given secret was printed"
value=$(sed -n 's/^made: TOKEN_Y was made for this pod: //p' "$work/log")
[ "${#value}" = 64 ] || fail "the made secret was not shown once"
[ "$(grep -c "$value" "$work/log")" = 1 ] || fail "the made secret was shown again"
kill -TERM "$pid"
ended 0
