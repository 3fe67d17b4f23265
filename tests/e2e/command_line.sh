# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# The command line itself: options stand before or after the template, a wrong word is named with the nearest right one,
# and a name with no image behind it is a wrong command line (2), never an answer (1).
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
TMPLBUILD_CACHE=$work/store
cp -r "$TMPLBUILD_SOURCE/tests/fakes/small" "$work/a"
t=$work/a/template.toml

expect 2 "error: a command is missing" "$tmplbuild"
expect 2 "there is no command 'verfy'" "$tmplbuild" verfy "$t"
expect 2 "did you mean 'verify'?" "$tmplbuild" verfy "$t"
expect 2 "there is no option '--progres'" "$tmplbuild" plan "$t" --progres=plain
expect 2 "did you mean '--progress'?" "$tmplbuild" plan "$t" --progres plain
expect 2 "'fancy' is no way to show progress: auto, tty, plain or json" "$tmplbuild" plan "$t" --progress fancy
expect 2 "'a' is one argument too many" "$tmplbuild" plan "$t" a b
expect 2 "error: TEMPLATE is required" "$tmplbuild" plan
expect 0 "KIND" "$tmplbuild" plan --help

# The template that README begins with: ten lines, and one variant for each GPU that it names.
mkdir "$work/readme"
sed -n '/^```toml$/,/^```$/{/^```/d;p}' "$TMPLBUILD_SOURCE/README.md" >"$work/readme/template.toml"
[ "$(wc -l <"$work/readme/template.toml")" = 10 ] || fail "README's template has another length"
expect 0 "base" "$tmplbuild" plan "$work/readme/template.toml" --progress plain
[ "$(grep -c '^sageattention .* compile ' "$work/out")" = 3 ] || fail "README's template: $(cat "$work/out")"

# A repeatable option takes one value each time: the template is not another one.
expect 0 "base" "$tmplbuild" plan --set image.compression=gzip --set targets.cuda=13.0 "$t" --progress plain
expect 2 "'RTX 4900' is no GPU" "$tmplbuild" run --gpu "RTX 4900" "$t" --progress plain
expect 2 "NAME=VALUE" "$tmplbuild" run --env nonsense "$t" --progress plain
expect 2 "not a way to name an image" "$tmplbuild" build -o "ocy:$work/o" "$t" --progress plain
expect 2 "NAME=FILE" "$tmplbuild" build --secret token "$t" --progress plain
# A secret that the template would copy, named for it or not.
echo hush >"$work/a/site/token"
expect 2 "the layer files:site would copy the file of --secret token: $work/a/site/token" "$tmplbuild" build --secret "token=$work/a/site/token" "$t" --progress plain
echo hush >"$work/a/site/key.pem"
expect 2 "would copy the file of --cache-key: $work/a/site/key.pem" "$tmplbuild" plan --cache-from docker://127.0.0.1:1/x --cache-key "$work/a/site/key.pem" "$t"
rm "$work/a/site/token" "$work/a/site/key.pem"

# A place for every wrong name; what the machine lacks is said before a base is made.
sed 's/^source = "site"/source = "sight"/' "$t" >"$work/a/bad.toml"
expect 2 "there is no file or folder $work/a/sight" "$tmplbuild" plan "$work/a/bad.toml"
expect 2 "bad.toml:$(grep -n '^source' "$work/a/bad.toml" | cut -d: -f1):10: error" "$tmplbuild" plan "$work/a/bad.toml"
expect 0 "\`tmplbuild lock\` or \`build\` finds out" "$tmplbuild" plan "$t"
expect 0 "\`tmplbuild lock $t\` finds it out" "$tmplbuild" explain "$t" base
{ cat "$t"; printf '\n[[layers]]\nuse = "python"\nvenv = "/opt/venv"\nrequirements = ["numpy"]\n'; } >"$work/a/venv.toml"
if [ -f "$TMPLBUILD_BIN/../libexec/uv" ]; then
    expect 3 "uv, which resolves Python packages, is not on this machine" timeout 60 unshare --mount sh -c \
        'mount --bind /dev/null "$0" && PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$TMPLBUILD_BIN/../libexec/uv" \
        "$tmplbuild" build "$work/a/venv.toml" --progress plain
    ! grep -q "base: resolving" "$work/out" || fail "the base was begun before uv was missed"
fi

# Where nothing can be written is said before anything is built.
mkdir "$work/ro"
mount -t tmpfs -o ro tmpfs "$work/ro"
trap 'umount "$work/ro"; rm -rf "$work"' EXIT
for output in "oci:$work/ro/new/image" "oci-archive:$work/ro/image.tar" "docker-archive:$work/ro/image.tar"; do
    expect 2 "into the folder $work/ro: Read-only file system" timeout 60 "$tmplbuild" build "$t" -o "$output" --progress plain
    ! grep -q "base: resolving" "$work/out" || fail "the base was begun before the output was looked at"
done

# One place for two outputs, a tag that no layout can have, a pipe that stays one.
ln -s . "$work/here"
for two in "oci-archive:$work/x.tar docker-archive:$work/here/x.tar" "oci:$work/x oci:$work/x:latest"; do
    # shellcheck disable=SC2086
    set -- $two
    expect 2 "write to one place" "$tmplbuild" build "$t" -o "$1" -o "$2" --progress plain
done
expect 2 "'UPPER tag' is no tag" "$tmplbuild" build "$t" -o "oci:$work/x:UPPER tag" --progress plain
expect 2 "is a folder" "$tmplbuild" build "$t" -o "oci-archive:$work/a" --progress plain

# The version names every library in the program, since a fix in one of them calls for a new release.
"$tmplbuild" --version >"$work/versions"
head -n 1 "$work/versions" | grep -qx 'tmplbuild [0-9.]*' || fail "the first line is no version: $(cat "$work/versions")"
for library in Boost CLI11 LZ4 OpenSSL libarchive libcurl libzip 'toml++' zstd; do
    grep -q "^  $library[ /][0-9]" "$work/versions" || fail "--version does not name $library: $(cat "$work/versions")"
done

# An answer that cannot be written is no answer; a reader that has seen enough is no error to talk about.
for answer in "gpus --json" gpus --help --version "plan $t" "plan --json $t"; do
    # shellcheck disable=SC2086
    expect 1 "No space left on device" sh -c '"$@" >/dev/full' sh "$tmplbuild" $answer
done

for question in verify inspect gpus "inspect --can-run A100"; do
    # shellcheck disable=SC2086
    expect 2 "there is no image at '$work/nowhere'" "$tmplbuild" $question "oci:$work/nowhere"
done
expect 2 "is a template, not an image" "$tmplbuild" verify "$t"
expect 2 "no OCI layout" "$tmplbuild" inspect "$work"
