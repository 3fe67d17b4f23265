# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# needs: base
# makes: kernel-tools
# A fixture: CUDA's compiler, the host's one, and the base that a pod compiles in, as the tests of kernels share them.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
mkdir "$work/a"
cp -r "$TMPLBUILD_SOURCE/tests/fakes/tiny" "$work/a/"
cat >"$work/a/template.toml" <<'TOML'
schema = 1
name = "kernel-tools"
[base]
debian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }
[targets]
gpus = ["RTX 4090"]
[[kernels]]
use = "./tiny"
TOML
build "$work/a" >/dev/null
