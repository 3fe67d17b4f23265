# SPDX-License-Identifier: Apache-2.0
# One service that cannot start is failed with words; the others run.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
echo 'not a program' >"$work/plain"
echo '#!/no/such/sh' >"$work/script"
chmod +x "$work/script"
pod '[{"name":"plain","command":["'"$work/plain"'"],"restart":{"policy":"never"}},
      {"name":"script","command":["'"$work/script"'"],"restart":{"policy":"never"}},
      {"name":"lost-word","command":["no-such-word"],"restart":{"policy":"never"}},
      {"name":"gone","command":["/no/such/program"],"restart":{"policy":"never"}},
      {"name":"who","command":["true"],"user":"nobody-here","restart":{"policy":"never"}},
      {"name":"where","command":["true"],"directory":"/no/such/folder","restart":{"policy":"never"}},
      {"name":"broken","command":[]},
      {"name":"lost","command":["true"],"needs":["nothing"]},
      {"name":"good","command":["sh","-c","echo fine; exec sleep 60"]}]'
start
until_log "good: fine"
until_log "gone: failed: cannot start its program /no/such/program: No such file or directory"
until_log "plain: failed: cannot start its program $work/plain: Permission denied (it is not executable: chmod +x)"
until_log "script: failed: cannot start its program $work/script: its interpreter /no/such/sh (#!) is not in this image"
until_log "lost-word: failed: cannot start its program no-such-word: it is in no folder of PATH ("
until_log "who: failed: the image has no user 'nobody-here'"
until_log "where: failed: cannot enter its directory: No such file or directory"
until_log "broken: failed"
until_log "lost: failed"
kill -TERM "$pid"
ended 0
