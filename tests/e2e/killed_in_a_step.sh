# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# kill -9 of the builder while commands run in sandboxes, and of `tmplbuild run`: no process, mount, control group or
# temporary file is left once the next build was there, and its image is right.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
mark=31337.$$
example "$work/a"
for i in 1 2 3; do
    printf '\n[[layers]]\nuse = "run"\nname = "r%s"\nscript = "head -c 3000000 /dev/urandom >/opt/junk%s; rm /opt/junk%s; sleep 0.%s; echo done%s >/opt/r%s"\n' $i $i $i $i $i $i
done >>"$work/a/template.toml"
sed -i 's/^name = "small"/name = "killed"/' "$work/a/template.toml"
killed=
# Of the builders that this test killed; others may be at work.
groups() { for pid in $killed; do find /sys/fs/cgroup -type d -name "tmplbuild-*.$pid.*" 2>/dev/null; done; }
sleepers() { pgrep -f "sleep $mark" || true; }

build "$work/a" >/dev/null
layers "$work/a" >"$work/right"
for round in $(seq 12); do
    # Other text, so that the steps run each time.
    sed -i "s/echo done1.*>/echo done1 round $round $mark >/" "$work/a/template.toml"
    "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" --progress plain >/dev/null 2>&1 &
    victim=$!
    killed="$killed $victim"
    sleep "$(awk "BEGIN { print 0.05 + $round * 0.07 }")"
    kill -KILL "$victim" 2>/dev/null || true
    wait "$victim" 2>/dev/null || true
    skopeo inspect "oci:$work/a/out:latest" >/dev/null || fail "round $round left a broken layout"
done

# In the middle of a command that would go on for hours.
cp "$work/a/template.toml" "$work/a/long.toml"
cp "$work/a/template.lock" "$work/a/long.lock"
printf '\n[[layers]]\nuse = "run"\nname = "long"\nscript = "sleep %s"\n' "$mark" >>"$work/a/long.toml"
"$tmplbuild" build "$work/a/long.toml" -o "oci:$work/a/none" --progress plain >/dev/null 2>"$work/log" &
victim=$!
killed="$killed $victim"
for _ in $(seq 600); do [ -n "$(sleepers)" ] && break; sleep 0.1; done
[ -n "$(sleepers)" ] || fail "the long step never ran: $(tail "$work/log")"
kill -KILL "$victim"
wait "$victim" 2>/dev/null || true
for _ in $(seq 100); do [ -z "$(sleepers)" ] && break; sleep 0.1; done
[ -z "$(sleepers)" ] || fail "a step's command outlived its builder"
[ ! -e "$work/a/none" ] || fail "a killed build left an output"

# The image itself, running, when its `tmplbuild run` dies.
sed "s/^command = .*/command = [\"sleep\", \"$mark\"]/; /^ready = /d" "$work/a/template.toml" >"$work/a/runs.toml"
cp "$work/a/template.lock" "$work/a/runs.lock"
"$tmplbuild" run "$work/a/runs.toml" --volume "$work/volume" >"$work/run" 2>&1 &
victim=$!
killed="$killed $victim"
for _ in $(seq 600); do [ -n "$(sleepers)" ] && break; sleep 0.1; done
[ -n "$(sleepers)" ] || fail "the image never ran: $(tail "$work/run")"
kill -KILL "$victim"
wait "$victim" 2>/dev/null || true
[ -n "$(groups)" ] || fail "this test looks for control groups in the wrong place"

# Other words for the same: built again, to the same bytes.
sed -i "s/echo done1.*>/echo done1 >/; s/sleep 0\\./: $mark; sleep 0.0/" "$work/a/template.toml"
build "$work/a" >/dev/null
grep -q "run:r3: built" "$work/a/log" || fail "nothing was built after the kills"
layers "$work/a" | diff "$work/right" - || fail "the layers built after the kills differ"
[ -z "$(sleepers)" ] || fail "an image outlived its run and the next build"
[ -z "$(groups)" ] || fail "control groups are left: $(groups)"
[ -z "$(ls "$TMPLBUILD_CACHE/tmp")" ] || fail "the store's tmp holds what dead builds left"
! grep -q "$TMPLBUILD_CACHE" /proc/mounts || fail "a mount is left"
for blob in "$TMPLBUILD_CACHE"/blobs/sha256/*; do
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "the store holds a blob that is not its digest"
done
