# SPDX-License-Identifier: Apache-2.0
# Templates with a kernel, for the end-to-end tests (lib.sh reads this) and what measures them. All have the base that the
# fixture kernel_tools.sh makes, with the host's compiler for it.

# kernel_template FOLDER NAME GPUS [MORE]: a template in FOLDER with the kernel that lies beside it, for these GPUs, a TOML
# array; MORE: lines between, of [targets] or of tables of their own. Lines of the kernel can be appended.
kernel_template() {
    cat >"$1/template.toml" <<TOML
schema = 1
console.enabled = false
name = "$2"
[base]
debian = { suite = "bookworm", packages = ["python3-minimal", "libpython3-stdlib"] }
[targets]
gpus = $3
${4:-}
[[kernels]]
use = "./$2"
TOML
}
# kernel_example FOLDER KERNEL GPUS [MORE]: a copy of the folder KERNEL, and a template with it.
kernel_example() {
    mkdir -p "$1"
    cp -r "$2" "$1/"
    kernel_template "$1" "${2##*/}" "$3" "${4:-}"
}
