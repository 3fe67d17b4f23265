# SPDX-License-Identifier: Apache-2.0
# Services are started before the GPU probe and every other helper of the launcher: process numbers of a new namespace count
# up, and a probe and a kernel job that only write theirs down tell the order.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
mkdir -p "$work/home/gpu"
for program in gpu/ld-linux-x86-64.so.2 kernel-job; do
    printf '#!/bin/sh\necho $$ >"%s/${0##*/}.pid"\nexec sleep 60\n' "$work" >"$work/home/$program"
    chmod +x "$work/home/$program"
done
export TMPLBUILD_HOME=$work/home
prepare="mount -t tmpfs tmpfs /run"
services=
for n in 1 2 3 4; do services="$services,{\"name\":\"s$n\",\"command\":[\"sh\",\"-c\",\"echo \$\$ >$work/s$n.pid; exec sleep 60\"]}"; done
pod "[${services#,}]" ',"cuda":"13.0","kernels":[{"name":"fast","env_var":"INSTALL_FAST","install":"false"}]'
start
for one in s1 s2 s3 s4 ld-linux-x86-64.so.2 kernel-job; do until_true test -s "$work/$one.pid"; done
for service in s1 s2 s3 s4; do
    for helper in ld-linux-x86-64.so.2 kernel-job; do
        [ "$(cat "$work/$service.pid")" -lt "$(cat "$work/$helper.pid")" ] || fail "$helper was started before $service"
    done
done
# Before them there are this test's mount and the relay of stdout; the log's writer comes later too.
[ "$(cat "$work/s4.pid")" -le 7 ] || fail "something else was started before the services: s4 is process $(cat "$work/s4.pid")"
stop
