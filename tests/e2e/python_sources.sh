# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# Requirements that name sources: repositories by branch, tag and commit, folders beside the template and in layers,
# editable ones. What the lock pins, the same bytes from it in another store, and what hostile sources cannot do.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
git_() {
    folder=$1
    shift
    git -C "$folder" -c user.name=t -c user.email=t@t.invalid "$@"
}
# A server's address leads to a folder of this machine; the test's git is set to nothing else.
mkdir "$work/home" "$work/repos"
cat >"$work/gitconfig" <<CONF
[url "file://$work/repos/"]
    insteadOf = https://git.invalid/
CONF
export GIT_CONFIG_GLOBAL="$work/gitconfig" GIT_CONFIG_NOSYSTEM=1
export PIP_DISABLE_PIP_VERSION_CHECK=1
# repository NAME: what lies in $work/repos/NAME becomes a commit on main, which is printed.
repository() {
    git init -q -b main "$work/repos/$1" 2>/dev/null
    git_ "$work/repos/$1" add -A
    GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' \
        git_ "$work/repos/$1" commit -q -m change
    git -C "$work/repos/$1" rev-parse HEAD
}
# A project that says what it is in pyproject.toml, in a folder of its repository, and needs another.
mkdir -p "$work/repos/static/python/static_one"
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "Static_One"\nversion = "1.0"\ndependencies = ["idna==3.10"]\n' >"$work/repos/static/python/pyproject.toml"
echo 'value = 1' >"$work/repos/static/python/static_one/__init__.py"
static=$(repository static)
# One whose setup.py alone knows its version, with a program; and one whose version git's tags say.
mkdir -p "$work/repos/dynamic"
cat >"$work/repos/dynamic/setup.py" <<'PY'
import os
from setuptools import setup
assert not os.path.exists("/work") and os.path.exists("helper.py"), "this runs in the sandbox, in the sources"
setup(name="dynamic", version=open("VERSION").read().strip(), py_modules=["helper"], install_requires=["six"])
PY
echo 2.5 >"$work/repos/dynamic/VERSION"
echo 'value = 2' >"$work/repos/dynamic/helper.py"
repository dynamic >/dev/null
git_ "$work/repos/dynamic" tag -a v2.5 -m tag
mkdir -p "$work/repos/tagged"
printf '[build-system]\nrequires = ["setuptools>=64", "setuptools-scm>=8"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "tagged"\ndynamic = ["version"]\n[tool.setuptools]\npy-modules = ["tagged"]\n[tool.setuptools_scm]\n' >"$work/repos/tagged/pyproject.toml"
echo 'value = 3' >"$work/repos/tagged/tagged.py"
repository tagged >/dev/null
git_ "$work/repos/tagged" tag v1.2.3
# An application whose own requirements name its folders, one of them editable.
mkdir -p "$work/repos/app/lib/applib" "$work/repos/app/src/appmain"
printf '[project]\nname = "applib"\nversion = "0.1"\n' >"$work/repos/app/lib/pyproject.toml"
echo 'value = 4' >"$work/repos/app/lib/applib/__init__.py"
printf '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "appmain"\nversion = "0.2"\n' >"$work/repos/app/pyproject.toml"
echo 'value = 5' >"$work/repos/app/src/appmain/__init__.py"
printf -- '-e .\n./lib\n' >"$work/repos/app/requirements.txt"
app=$(repository app)

mkdir -p "$work/a/own/own_one" "$work/a/copied/pkg"
printf '[project]\nname = "own-one"\nversion = "3.0"\n' >"$work/a/own/pyproject.toml"
echo 'value = 6' >"$work/a/own/own_one/__init__.py"
printf 'from setuptools import setup\nsetup(name="copied", version="4.0", packages=["pkg"])\n' >"$work/a/copied/setup.py"
echo 'value = 7' >"$work/a/copied/pkg/__init__.py"
cat >"$work/a/template.toml" <<TOML
schema = 1
console.enabled = false
name = "sources"
[base]
debian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }
[[layers]]
use = "git"
name = "app"
url = "https://git.invalid/app"
rev = "$app"
dest = "/opt/app"
[[layers]]
use = "files"
name = "copied"
source = "copied"
dest = "/opt/copied"
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["static-one @ git+https://git.invalid/static@$static#subdirectory=python", "git+https://git.invalid/dynamic",
                "tagged @ git+https://git.invalid/tagged@v1.2.3", "./own", "-e ./copied"]
requirements_from = ["app:requirements.txt"]
[image]
compression = "gzip"
TOML
first=$(build "$work/a")
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin "$@"; }
said=$(inside /opt/venv/bin/python -c 'import static_one, helper, tagged, own_one, applib, appmain, pkg; print([m.value for m in (static_one, helper, tagged, applib, appmain, own_one, pkg)], appmain.__file__, pkg.__file__)')
[ "$said" = "[1, 2, 3, 4, 5, 6, 7] /opt/app/src/appmain/__init__.py /opt/copied/pkg/__init__.py" ] || fail "imports: $said"
inside /opt/venv/bin/python -m pip check | grep -q "No broken requirements" || fail "pip check"
python3 - "$work/a/template.lock" "$static" "$(git -C "$work/repos/dynamic" rev-parse HEAD)" "$app" <<'PY'
import json, sys
lock, static, dynamic, app = sys.argv[1:]
(venv,) = json.load(open(lock))["python"]
said = {d["name"]: (d["version"], d.get("source"), d.get("editable")) for d in venv["distributions"] if "source" in d}
expected = {
    "static-one": ("1.0", f"git+https://git.invalid/static@{static}#subdirectory=python", None),
    "dynamic": ("2.5", f"git+https://git.invalid/dynamic@{dynamic}#rev=HEAD", None),
    "tagged": ("1.2.3", said["tagged"][1], None),
    "own-one": ("3.0", "own/", None),
    "copied": ("4.0", "copied/", "/opt/copied"),
    "applib": ("0.1", f"git+https://git.invalid/app@{app}#subdirectory=lib&submodules=no", None),
    "appmain": ("0.2", f"git+https://git.invalid/app@{app}#submodules=no", "/opt/app"),
}
if said != expected: sys.exit(f"{said}\nexpected {expected}")
if not said["tagged"][1].endswith("#rev=v1.2.3"): sys.exit(str(said))
PY

# The same lock, the same bytes: in a store that has only the base, though the branch has moved since.
echo 'value = 9' >"$work/repos/dynamic/helper.py"
repository dynamic >/dev/null
cp "$work/a/template.lock" "$work/lock"
TMPLBUILD_CACHE=$(copy_store again)
rm -rf "$TMPLBUILD_CACHE/git" "$TMPLBUILD_CACHE/index" "$TMPLBUILD_CACHE/records" "$TMPLBUILD_CACHE/trees"
find "$TMPLBUILD_CACHE/blobs" -type f -size -200k -delete
second=$(build "$work/a")
cmp "$work/lock" "$work/a/template.lock" || fail "a build changed the lock: $(diff "$work/lock" "$work/a/template.lock")"
[ "$first" = "$second" ] || fail "another image from the same lock: $first, then $second"
# A branch is looked up again when it is asked for; a changed folder is taken as it is now.
"$tmplbuild" lock --update python:/opt/venv "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
grep -q "dynamic@$(git -C "$work/repos/dynamic" rev-parse HEAD)" "$work/a/template.lock" || fail "the branch was not looked up again"
cp "$work/a/template.lock" "$work/lock"
mkdir -p "$work/a/own/own_one/__pycache__" && echo x >"$work/a/own/own_one/__pycache__/x.pyc"
"$tmplbuild" lock "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
cmp "$work/lock" "$work/a/template.lock" || fail "Python's own caches changed the lock"
sed -i 's/3.0/3.1/' "$work/a/own/pyproject.toml"
"$tmplbuild" lock "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
grep -q '"version": "3.1"\|"version":"3.1"' "$work/a/template.lock" || fail "the changed folder was not taken"

# Hostile or wrong, one at a time: refused by its line or with the sources' name, before anything is installed.
wrong() {
    sed "s|^requirements = .*|requirements = [\"$1\"]|; /^ *\"tagged/d; /requirements_from/d" "$work/a/template.toml" >"$work/a/wrong.toml"
    cp "$work/lock" "$work/a/wrong.lock"
    expect 2 "$2" "$tmplbuild" lock "$work/a/wrong.toml" --progress plain
}
wrong "git+https://git.invalid/dynamic@--upload-pack=touch" "is not a Python requirement"
wrong "git+https://git.invalid/dynamic@absent" "no branch and no tag 'absent'"
wrong "git+https://git.invalid/static@$static#subdirectory=../x" "inside of the source"
wrong "git+https://git.invalid/static@$static#subdirectory=absent" "no folder 'absent'"
wrong "git+https://me:secret@git.invalid/x" "no address"
wrong "./../outside" "outside of the template's folder"
wrong "-e ./own" "no layer puts it there"
wrong "other @ git+https://git.invalid/static@$static#subdirectory=python" "not 'other'"
ln -s /etc "$work/a/own/leads-out"
wrong "./own" "leads out of the sources"
rm "$work/a/own/leads-out"
mkdir -p "$work/repos/nested"
printf '[project]\nname = "nested"\nversion = "1"\ndependencies = ["hidden @ git+https://git.invalid/dynamic"]\n' >"$work/repos/nested/pyproject.toml"
repository nested >/dev/null
wrong "git+https://git.invalid/nested" "require it yourself"
