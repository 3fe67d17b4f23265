# SPDX-License-Identifier: Apache-2.0
# Log files of pods of before: the newest ten stay and none older than 30 days; a pod that gives a sign of life keeps all,
# what lies behind a link too; it is said in the log, and each line is still written.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
export RUNPOD_POD_ID=mine
pods=$work/volume/.tmplbuild/pods
# former NAME DAYS: a pod whose last line is so old.
former() {
    mkdir -p "$pods/$1/logs"
    echo line >"$pods/$1/logs/web.log"
    touch -d "$2 days ago" "$pods/$1/logs/web.log" "$pods/$1/alive" "$pods/$1/logs"
}
for i in $(seq 2 14); do former "pod-$i" "$i"; done
former ancient 40
former silent 40
touch "$pods/silent/alive"
mkdir -p "$work/elsewhere/logs"
echo mine >"$work/elsewhere/logs/web.log"
touch -d "40 days ago" "$work/elsewhere/logs" "$work/elsewhere/logs/web.log"
ln -s "$work/elsewhere" "$pods/linked"
ln -s "$work/elsewhere/logs/web.log" "$pods/ancient/logs/x.log"
touch -h -d "40 days ago" "$pods/ancient/logs/x.log"
touch -d "40 days ago" "$pods/ancient/logs"
pod '[{"name":"talks","command":["sh","-c","while :; do echo tick; sleep 0.05; done"]}]'
start
until_log "launcher: log files: those of the former pod ancient are removed; its last sign of life is 40 days old"
until_log "launcher: log files: those of the former pod pod-14 are removed"
until_true test ! -e "$pods/ancient"
until_true test ! -e "$pods/pod-12"
for kept in pod-2 pod-11 silent linked mine; do [ -e "$pods/$kept/logs" ] || fail "$kept is gone"; done
for gone in pod-13 pod-14; do [ ! -e "$pods/$gone" ] || fail "$gone is there"; done
[ -e "$work/elsewhere/logs/web.log" ] || fail "what a link names is gone"
[ -e "$pods/mine/alive" ] || fail "this pod leaves no sign of life"
until_file "$work/volume/installation_progress.log" "those of the former pod pod-14 are removed"
until_file "$pods/mine/logs/talks.log" "tick"
stop
! grep -q "lines were dropped" "$work/log" || fail "lines were dropped: $(cat "$work/log")"
