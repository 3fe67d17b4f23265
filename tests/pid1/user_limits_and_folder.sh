# SPDX-License-Identifier: Apache-2.0
# User by name and by number, groups, HOME, limits, umask and directory, seen from inside; a service may set HOME itself.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
mkdir "$work/etc"
cp /etc/passwd /etc/group "$work/etc/"
printf 'tester:x:4321:4322::%s:/bin/sh\n' "$work/home" >>"$work/etc/passwd"
printf 'testers:x:4322:\nextra:x:4323:other,tester\n' >>"$work/etc/group"
prepare="mount --bind $work/etc/passwd /etc/passwd; mount --bind $work/etc/group /etc/group"
mkdir "$work/home"
chmod 755 "$work" "$work/home"
show='echo $(id -u) $(id -g) $(id -G) $HOME $USER $(umask) $(pwd) $(ulimit -n) $(ulimit -Hn) $(ulimit -c)'
pod '[{"name":"name","user":"tester","umask":23,"directory":"'"$work/home"'","rlimits":[{"resource":"nofile","soft":100,"hard":200},{"resource":"core","soft":0,"hard":0}],"command":["sh","-c","'"$show"'; exec sleep 60"]},
      {"name":"number","user":"5000:6000","command":["sh","-c","'"$show"'; exec sleep 60"]},
      {"name":"group","user":"tester:extra","environment":{"HOME":"/elsewhere"},"command":["sh","-c","'"$show"'; exec sleep 60"]}]'
HOME=/root-home start
until_log "name: 4321 4322 4322 4323 $work/home tester 0027 $work/home 100 200 0"
until_log "number: 5000 6000 6000 /root-home"
until_log "group: 4321 4323 4323 /elsewhere tester"
stop
